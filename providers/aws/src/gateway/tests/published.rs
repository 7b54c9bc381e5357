//! Events that AWS has published, or real doors have sent.

use super::super::FrontDoor;
use super::shown;

fn fixture(name: &str) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root
        .join("../../conformance-tests/fixtures/events/aws")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn door(name: &str) -> Option<FrontDoor> {
    let read = FrontDoor::read(&fixture(name).into()).unwrap();
    read.map(|(door, _)| door)
}

#[test]
fn events_of_http_apis_are_read() {
    assert_eq!(
        shown(&fixture("apigw-v2-request-multi-value-parameters.json")),
        "GET /my/path?Parameter1=value1&Parameter1=value2 HTTP/1.1\nheader2: value1,value2\n\
         cookie: cookie1; cookie2\n\n{\\r\\n\\t\\\"a\\\": 1\\r\\n}"
    );
    for name in ["iam", "jwt-authorizer", "lambda-authorizer"] {
        let name = format!("apigw-v2-request-{name}.json");
        let shown = shown(&fixture(&name));
        let expected = "GET /my/path?parameter1=value1&parameter1=value2&parameter2=value HTTP/1.1\n\
                        header1: value1\nheader2: value2\ncookie: cookie1; cookie2";
        assert!(shown.starts_with(expected), "{name}: {shown}");
        assert_eq!(door(&name), Some(FrontDoor::HttpApi));
    }
    let shown = shown(&fixture("apigw-v2-request-no-authorizer.json"));
    assert!(shown.starts_with("GET / HTTP/1.1\naccept: */*"), "{shown}");
}

#[test]
fn events_of_rest_apis_are_read() {
    let name = "apigw-request.json";
    assert_eq!(door(name), Some(FrontDoor::RestApi));
    let shown = shown(&fixture(name));
    assert!(
        shown.starts_with("POST /hello/world?name=me HTTP/1.1\n"),
        "{shown}"
    );
    assert!(
        shown.ends_with("\n\n{\\r\\n\\t\\\"a\\\": 1\\r\\n}"),
        "{shown}"
    );
}

#[test]
fn events_of_load_balancers_are_read() {
    let name = "alb-lambda-target-request-headers-only.json";
    assert_eq!(door(name), Some(FrontDoor::LoadBalancer));
    let shown = shown(&fixture(name));
    assert!(shown.starts_with("GET /?key=hello HTTP/1.1\n"), "{shown}");
}

#[test]
fn events_of_others_are_no_requests() {
    for name in [
        "sqs-event.json",
        "sns-event.json",
        "s3-event.json",
        "dynamodb-event.json",
        "eventbridge-schedule.json",
    ] {
        assert_eq!(door(name), None, "{name}");
    }
}
