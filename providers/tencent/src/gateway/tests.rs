//! The published integration request, and responses as API Gateway takes them.

use axum::extract::OriginalUri;
use http::Response;
use http_body_util::BodyExt as _;
use isobar::driver::gateway::GatewayDriver as _;
use isobar::function::BasePath;
use isobar::http::{RebuiltQuery, RemoteAddress};
use serde_json::Value;

use super::{ApiGateway, ToldBase, is_request};

const REQUEST: &str = include_str!("tests/request.json");

#[tokio::test]
async fn the_published_request_is_read() {
    assert!(is_request(REQUEST.as_bytes()));
    let request = ApiGateway.decode(REQUEST.as_bytes()).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "/test/value?foo=bar&bob=alice");
    let extensions = request.extensions();
    assert!(extensions.get::<RebuiltQuery>().is_some());
    assert_eq!(extensions.get::<OriginalUri>().unwrap().0, *request.uri());
    let remote = extensions.get::<RemoteAddress>().unwrap();
    assert_eq!(remote.0.to_string(), "10.0.2.14");
    assert_eq!(request.headers()["user-agent"], "User Agent String");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "{\"test\":\"body\"}");
}

#[test]
fn the_stage_is_the_base_path_at_hosts_of_api_gateway_alone() {
    let own = "service-f94sy04v-1251000691.gz.apigw.tencentcs.com";
    for (host, base) in [
        (own, BasePath::Told("/release".to_owned())),
        (
            "S-1.gz.TencentApiGW.com:443",
            BasePath::Told("/release".to_owned()),
        ),
        ("shop.example", BasePath::Untold),
        ("apigw.tencentcs.com.example", BasePath::Untold),
    ] {
        let event = format!(
            r#"{{"httpMethod":"GET","path":"/a","queryString":{{"b":"1"}},"headers":{{"host":"{host}"}},
            "requestContext":{{"serviceId":"s","stage":"release"}}}}"#
        );
        let request = ApiGateway.decode(event.as_bytes()).unwrap();
        assert_eq!(request.uri(), "/a?b=1");
        let original = if base == BasePath::Untold {
            "/a?b=1"
        } else {
            "/release/a?b=1"
        };
        let extensions = request.extensions();
        assert_eq!(
            extensions.get::<OriginalUri>().unwrap().0,
            original,
            "{host}"
        );
        assert_eq!(extensions.get::<ToldBase>().unwrap().0, base, "{host}");
    }
}

#[tokio::test]
async fn packed_content_and_lists_are_unpacked() {
    let event = r#"{"httpMethod":"PUT","path":"/a%2Fb c","requestContext":{"serviceId":"s"},"body":"AP8=",
        "isBase64Encoded":true,"queryString":{"a":["1","2"],"b":true},"headers":{"x":["1","2"]}}"#;
    let request = ApiGateway.decode(event.as_bytes()).unwrap();
    assert_eq!(request.uri(), "/a%2Fb%20c?a=1&a=2&b=true");
    let values: Vec<_> = request.headers().get_all("x").iter().collect();
    assert_eq!(values, ["1", "2"]);
    let body = request.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body.as_ref(), [0, 255]);
}

#[test]
fn queries_and_fields_keep_the_order_in_which_they_were_told() {
    let event = r#"{"httpMethod":"GET","path":"/","requestContext":{"serviceId":"s"},
        "queryString":{"b":"2","a":"1"},"headers":{"y":"2","x":"1"}}"#;
    let request = ApiGateway.decode(event.as_bytes()).unwrap();
    assert_eq!(request.uri(), "/?b=2&a=1");
    let names: Vec<_> = request.headers().keys().collect();
    assert_eq!(names, ["y", "x"]);
}

#[test]
fn a_length_is_told_only_where_there_may_be_content() {
    let told = |status: u16| {
        let response = Response::builder().status(status);
        let response = response.header("content-length", "5");
        answer(response.body(&b""[..]).unwrap())["headers"].clone()
    };
    assert_eq!(told(204), serde_json::json!({}));
    assert_eq!(told(103), serde_json::json!({}));
    assert_eq!(told(304)["content-length"], "5");
}

#[test]
fn members_that_are_null_are_as_those_that_are_not_there() {
    let event = r#"{"httpMethod":"GET","path":"/a","requestContext":{"serviceId":"s","sourceIp":null},"body":null,
        "isBase64Encoded":null,"queryString":null,"headers":null}"#;
    let request = ApiGateway.decode(event.as_bytes()).unwrap();
    assert_eq!(request.uri(), "/a");
    assert!(request.headers().is_empty());
    let event = event
        .replace(
            "\"queryString\":null",
            r#""queryString":{"a":null,"b":[null,"1"]}"#,
        )
        .replace("\"headers\":null", r#""headers":{"x":null,"y":"1"}"#);
    let request = ApiGateway.decode(event.as_bytes()).unwrap();
    assert_eq!(request.uri(), "/a?b=1");
    assert_eq!(request.headers().len(), 1);
}

#[test]
fn what_is_no_request_is_refused_with_what_is_wrong() {
    for (event, expected) in [
        ("[]", "no integration request"),
        ("{}", "no integration request"),
        (
            r#"{"httpMethod":" ","path":"/","requestContext":{}}"#,
            "httpMethod is malformed",
        ),
        (
            r#"{"httpMethod":"GET","path":"a","requestContext":{}}"#,
            "path or queryString is malformed",
        ),
        (
            r#"{"httpMethod":"GET","path":"/","requestContext":{},"headers":{"a b":"c"}}"#,
            "the header field \"a b\" is malformed",
        ),
        (
            r#"{"httpMethod":"GET","path":"/","requestContext":{},"isBase64Encoded":true,"body":"?"}"#,
            "body is malformed",
        ),
    ] {
        let error = ApiGateway.decode(event.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(!is_request(br#"{"httpMethod":"GET"}"#));
    assert!(!is_request(br#"["GET",{"serviceId":"s"}]"#));
}

fn answer(response: Response<&'static [u8]>) -> Value {
    let answer = ApiGateway.encode(response.map(Into::into)).unwrap();
    serde_json::from_slice(&answer).unwrap()
}

#[test]
fn text_is_told_as_text_and_bytes_in_base64_with_all_values_of_a_field() {
    let text = Response::builder()
        .header("content-type", "text/plain; charset=utf-8")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .header("connection", "close, x-mine")
        .header("x-mine", "1");
    let told = answer(text.body("é".as_bytes()).unwrap());
    assert_eq!(told["isBase64Encoded"], false);
    assert_eq!(told["statusCode"], 200);
    assert_eq!(told["body"], "é");
    assert_eq!(
        told["headers"]["set-cookie"],
        serde_json::json!(["a=1", "b=2"])
    );
    assert!(told["headers"].get("connection").is_none());
    assert!(told["headers"].get("x-mine").is_none());
    let svg = Response::builder().header("content-type", "image/svg+xml");
    let told = answer(svg.body("<svg/>".as_bytes()).unwrap());
    assert_eq!(told["body"], "<svg/>");
    let bytes = Response::builder().header("content-type", "text/plain");
    let told = answer(bytes.body(&[0xff, 0][..]).unwrap());
    assert_eq!(
        (&told["isBase64Encoded"], &told["body"]),
        (&true.into(), &"/wA=".into())
    );
    let none = Response::builder().status(204).body(&b"x"[..]).unwrap();
    assert_eq!(answer(none)["body"], "");
}
