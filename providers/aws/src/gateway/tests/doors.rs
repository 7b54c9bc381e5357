//! REST APIs, HTTP APIs with payload format 1.0, load balancers; what is told from what.

use bytes::Bytes;
use http::Response;
use isobar::driver::gateway::GatewayDriver as _;
use isobar::http::{RebuiltQuery, RemoteAddress};
use serde_json::{Value, json};

use super::super::FrontDoor;
use super::{event, shown};

fn rest(members: &Value) -> Value {
    merged(
        json!({
            "resource": "/{proxy+}",
            "path": "/",
            "httpMethod": "GET",
            "headers": null,
            "multiValueHeaders": null,
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": null,
            "requestContext": {
                "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
                "stage": "prod",
                "protocol": "HTTP/1.1",
                "identity": { "sourceIp": "192.0.2.1" },
            },
            "body": null,
            "isBase64Encoded": false,
        }),
        members,
    )
}

fn balanced(members: &Value) -> Value {
    let arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/t/6d0e";
    merged(
        json!({
            "requestContext": { "elb": { "targetGroupArn": arn } },
            "httpMethod": "GET",
            "path": "/",
            "body": "",
            "isBase64Encoded": false,
        }),
        members,
    )
}

/// Members of objects within are merged as well.
fn merged(mut event: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        let place = &mut event[name];
        *place = match (place.is_object(), value.is_object()) {
            (true, true) => merged(place.take(), value),
            _ => value.clone(),
        };
    }
    event
}

fn check(event: &Value, door: FrontDoor, expected: &str) {
    let raw = serde_json::to_vec(event).unwrap();
    assert_eq!(shown(&raw), expected);
    let (told, _) = FrontDoor::read(&raw.into()).unwrap().unwrap();
    assert_eq!(told, door);
}

fn refused(event: &Value) -> String {
    shown(&serde_json::to_vec(event).unwrap())
}

#[test]
fn a_rest_api_tells_duplicate_headers_and_they_stay_in_order() {
    let event = rest(&json!({
        "headers": { "X-List": "c", "Cookie": "b=2", "X-Alone": "1", "x-list": "ignored" },
        "multiValueHeaders": { "X-List": ["a", "b", "c"], "Cookie": ["a=1", "b=2"] },
    }));
    let expected =
        "GET / HTTP/1.1\nx-list: a\nx-list: b\nx-list: c\ncookie: a=1\ncookie: b=2\nx-alone: 1";
    check(&event, FrontDoor::RestApi, expected);
}

#[test]
fn a_rest_api_keeps_the_encoding_of_paths_and_decodes_queries() {
    let event = rest(&json!({
        "path": "/a%2Fb/%25/c+d",
        "queryStringParameters": { "a": "2", "q": "&= +é%", "last": "x" },
        "multiValueQueryStringParameters": { "a": ["1", "2"], "q": ["&= +é%"], "e": [""] },
    }));
    let expected = "GET /a%2Fb/%25/c+d?a=1&a=2&q=%26%3D%20%2B%C3%A9%25&e=&last=x HTTP/1.1";
    check(&event, FrontDoor::RestApi, expected);
    let raw = serde_json::to_vec(&event).unwrap();
    let request = FrontDoor::RestApi.decode(&raw).unwrap();
    assert!(request.extensions().get::<RebuiltQuery>().is_some());
    let address = request.extensions().get::<RemoteAddress>().unwrap().0;
    assert_eq!(address.to_string(), "192.0.2.1");
}

#[test]
fn the_stage_of_a_rest_api_is_only_in_the_original() {
    let at = |path: &str, whole: &str| {
        rest(&json!({ "path": path, "requestContext": { "path": whole } }))
    };
    check(
        &at("/a%2Fb", "/prod/a%2Fb"),
        FrontDoor::RestApi,
        "GET /a%2Fb HTTP/1.1\nwas /prod/a%2Fb",
    );
    check(
        &at("/prod", "/prod/prod"),
        FrontDoor::RestApi,
        "GET /prod HTTP/1.1\nwas /prod/prod",
    );
    // What the gateway's console sends, and what would be no original.
    check(&at("/a", "/a"), FrontDoor::RestApi, "GET /a HTTP/1.1");
    check(&at("/a", "/other"), FrontDoor::RestApi, "GET /a HTTP/1.1");
}

#[test]
fn the_base_path_of_a_custom_domain_is_stripped_once() {
    let at = |path: &str, resource: &str, parameters: Value| {
        rest(&json!({
            "path": path,
            "resource": resource,
            "pathParameters": parameters,
            "requestContext": { "path": path, "domainName": "api.example.org" },
        }))
    };
    let proxy = |proxy: &str| json!({ "proxy": proxy });
    let none = Value::Null;
    for (event, expected) in [
        (
            at("/v1/a/b", "/{proxy+}", proxy("a/b")),
            "GET /a/b HTTP/1.1\nwas /v1/a/b",
        ),
        (
            at("/v1/v1/a", "/{proxy+}", proxy("v1/a")),
            "GET /v1/a HTTP/1.1\nwas /v1/v1/a",
        ),
        (at("/a/b", "/{proxy+}", proxy("a/b")), "GET /a/b HTTP/1.1"),
        (
            at("/v1/notes/x%20y", "/notes/{id}", json!({ "id": "x y" })),
            "GET /notes/x%20y HTTP/1.1\nwas /v1/notes/x%20y",
        ),
        (
            at("/v1/notes/x%20y", "/notes/{id}", json!({ "id": "x%20y" })),
            "GET /notes/x%20y HTTP/1.1\nwas /v1/notes/x%20y",
        ),
        (at("/v1", "/", none.clone()), "GET / HTTP/1.1\nwas /v1"),
        (
            at("/v1/x/a/", "/{proxy+}", proxy("a")),
            "GET /a/ HTTP/1.1\nwas /v1/x/a/",
        ),
        (at("/a", "$default", none.clone()), "GET /a HTTP/1.1"),
        (at("/a", "/else", none), "GET /a HTTP/1.1"),
    ] {
        check(&event, FrontDoor::RestApi, expected);
    }
}

#[test]
fn an_http_api_has_decoded_the_path_and_a_function_url_has_not() {
    let at = |domain: &str| {
        let http = json!({ "method": "GET" });
        event(json!({
            "rawPath": "/a b/50%/%20",
            "requestContext": { "http": http, "domainName": domain, "stage": "$default" },
        }))
    };
    let own = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
    for domain in [own, "api.example.org"] {
        check(
            &at(domain),
            FrontDoor::HttpApi,
            "GET /a%20b/50%25/%2520 HTTP/1.1",
        );
    }
    let url = at("id.lambda-url.eu-central-1.on.aws");
    check(&url, FrontDoor::FunctionUrl, "GET /a%20b/50%/%20 HTTP/1.1");
    for local in [
        "localhost:3000",
        "127.0.0.1",
        "x.execute-api.localhost.example.cloud:4566",
    ] {
        check(
            &at(local),
            FrontDoor::HttpApi,
            "GET /a%20b/50%/%20 HTTP/1.1",
        );
    }
}

#[test]
fn an_http_api_may_have_payload_format_1() {
    let event = rest(&json!({
        "version": "1.0",
        "path": "/prod/a b",
        "multiValueHeaders": { "Cookie": ["a=1; b=2"] },
        "queryStringParameters": { "a": "1,2" },
        "requestContext": { "path": "/prod/a b" },
    }));
    let expected = "GET /a%20b?a=1,2 HTTP/1.1\nwas /prod/a%20b?a=1,2\ncookie: a=1; b=2";
    check(&event, FrontDoor::HttpApiV1, expected);
}

#[test]
fn a_load_balancer_does_not_decode_queries() {
    let single = balanced(&json!({
        "path": "/a%2Fb",
        "headers": { "x-forwarded-for": "192.0.2.66, 198.51.100.7", "host": "example.org" },
        "queryStringParameters": { "q": "%26+%3D", "a%5B%5D": "1" },
    }));
    let expected = "GET /a%2Fb?q=%26+%3D&a%5B%5D=1 HTTP/1.1\n\
                    x-forwarded-for: 192.0.2.66, 198.51.100.7\nhost: example.org";
    check(&single, FrontDoor::LoadBalancer, expected);
    let multi = balanced(&json!({
        "multiValueHeaders": { "x-list": ["a", "b"] },
        "multiValueQueryStringParameters": { "a": ["1", "%32"], "b": [""] },
    }));
    let expected = "GET /?a=1&a=%32&b= HTTP/1.1\nx-list: a\nx-list: b";
    check(&multi, FrontDoor::LoadBalancerMulti, expected);
}

#[test]
fn the_client_behind_a_load_balancer_is_what_that_appended() {
    for (told, expected) in [
        ("192.0.2.66, 198.51.100.7", Some("198.51.100.7")),
        ("192.0.2.66,198.51.100.7:50123", Some("198.51.100.7")),
        ("[2001:db8::1]:50123", Some("2001:db8::1")),
        ("2001:db8::1", Some("2001:db8::1")),
        ("198.51.100.7, unknown", None),
        ("", None),
    ] {
        let event = balanced(&json!({ "headers": { "x-forwarded-for": told } }));
        let raw = serde_json::to_vec(&event).unwrap();
        let request = FrontDoor::LoadBalancer.decode(&raw).unwrap();
        let address = request.extensions().get::<RemoteAddress>();
        let address = address.map(|address| address.0.to_string());
        assert_eq!(address.as_deref(), expected, "{told}");
    }
}

#[test]
fn the_health_check_of_a_load_balancer_is_a_request() {
    let event = balanced(&json!({
        "queryStringParameters": {},
        "headers": { "user-agent": "ELB-HealthChecker/2.0" },
    }));
    let expected = "GET / HTTP/1.1\nuser-agent: ELB-HealthChecker/2.0";
    check(&event, FrontDoor::LoadBalancer, expected);
}

#[test]
fn what_is_no_request_of_a_client_is_refused_by_its_name() {
    let socket = |http: Value| {
        merged(
            http,
            &json!({ "requestContext": { "connectionId": "x=", "eventType": "CONNECT" } }),
        )
    };
    let of_socket = "Unsupported: events of a WebSocket API are not handled here";
    assert_eq!(refused(&socket(json!({ "requestContext": {} }))), of_socket);
    assert_eq!(refused(&socket(rest(&json!({})))), of_socket);
    let of_authorizer =
        "Unsupported: events of a gateway that asks an authorizer are not handled here";
    assert_eq!(refused(&rest(&json!({ "type": "REQUEST" }))), of_authorizer);
    assert_eq!(refused(&event(json!({ "type": "REQUEST" }))), of_authorizer);
    assert_eq!(refused(&json!({ "Records": [] })), "no request");
    let other = serde_json::to_vec(&rest(&json!({}))).unwrap();
    let error = FrontDoor::HttpApi.decode(&other).unwrap_err().to_string();
    assert!(
        error.contains("one of api-gateway-rest, not of api-gateway-http"),
        "{error}"
    );
}

#[test]
fn a_malformed_event_names_the_member() {
    for (event, expected) in [
        (
            rest(&json!({ "multiValueHeaders": { "a": "1" } })),
            "multiValueHeaders.a: invalid type",
        ),
        (
            rest(&json!({ "multiValueHeaders": { "a b": ["1"] } })),
            "headers.a b",
        ),
        (rest(&json!({ "path": null })), "has no path"),
        (rest(&json!({ "path": "a" })), "path"),
        (rest(&json!({ "httpMethod": "G T" })), "httpMethod"),
        (
            balanced(&json!({ "body": "?", "isBase64Encoded": true })),
            "body",
        ),
        (
            balanced(&json!({ "path": 5 })),
            "path: invalid type: integer",
        ),
    ] {
        let shown = refused(&event);
        assert!(shown.starts_with("InvalidArgument: "), "{shown}");
        assert!(shown.contains(expected), "{shown}");
    }
}

fn answered(door: FrontDoor) -> Value {
    let response = Response::builder()
        .status(226)
        .header("set-cookie", "a=1; Path=/")
        .header("vary", "accept")
        .header("set-cookie", "b=2, 3")
        .header("vary", "origin")
        .header("set-cookie", "c")
        .header("content-type", "text/plain");
    let response = response.body(Bytes::from_static(b"ok")).unwrap();
    serde_json::from_slice(&door.encode(response).unwrap()).unwrap()
}

#[test]
fn each_door_is_answered_in_its_own_form() {
    let multi = json!({
        "vary": ["accept", "origin"],
        "content-type": ["text/plain"],
        "set-cookie": ["a=1; Path=/", "b=2, 3", "c"],
    });
    let of_api = json!({
        "statusCode": 226, "multiValueHeaders": multi, "isBase64Encoded": false, "body": "ok",
    });
    assert_eq!(answered(FrontDoor::RestApi), of_api);
    assert_eq!(answered(FrontDoor::HttpApiV1), of_api);
    assert_eq!(
        answered(FrontDoor::LoadBalancerMulti),
        json!({
            "statusCode": 226, "statusDescription": "226 IM Used", "multiValueHeaders": multi,
            "isBase64Encoded": false, "body": "ok",
        })
    );
    assert_eq!(
        answered(FrontDoor::LoadBalancer),
        json!({
            "statusCode": 226,
            "statusDescription": "226 IM Used",
            "headers": {
                "vary": "accept, origin",
                "content-type": "text/plain",
                "set-cookie": "a=1; Path=/",
                "Set-cookie": "b=2, 3",
                "sEt-cookie": "c",
            },
            "isBase64Encoded": false,
            "body": "ok",
        })
    );
}

#[test]
fn a_load_balancer_takes_one_megabyte() {
    for door in [FrontDoor::LoadBalancer, FrontDoor::LoadBalancerMulti] {
        let response = Response::new(Bytes::from(vec![0; 800_000]));
        let error = door.encode(response).unwrap_err();
        assert_eq!(error.limit(), Some(1_048_576));
        door.encode(Response::new(Bytes::from(vec![0; 700_000])))
            .unwrap();
    }
}

#[test]
fn a_load_balancer_of_single_values_takes_as_many_cookies_as_the_name_has_spellings() {
    let with = |cookies: usize| {
        let mut response = Response::new(Bytes::new());
        for nth in 0..cookies {
            let cookie = format!("c{nth}=1").parse().unwrap();
            response.headers_mut().append("set-cookie", cookie);
        }
        response
    };
    let answer = FrontDoor::LoadBalancer.encode(with(512)).unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["headers"].as_object().unwrap().len(), 512);
    let error = FrontDoor::LoadBalancer.encode(with(513)).unwrap_err();
    assert_eq!(error.kind(), isobar::ErrorKind::Unsupported);
    FrontDoor::LoadBalancerMulti.encode(with(513)).unwrap();
}

#[test]
fn a_length_is_told_only_where_there_may_be_content() {
    let told = |status: u16| {
        let response = Response::builder().status(status);
        let response = response.header("content-length", "5").body(Bytes::new());
        let answer = FrontDoor::HttpApi.encode(response.unwrap()).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["headers"].get("content-length").is_some()
    };
    assert!(!told(204) && !told(103) && told(304) && told(200));
}
