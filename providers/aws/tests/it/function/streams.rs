//! Responses that are streamed through a function URL (cases G-105, G-106, G-228).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{event, get};
use crate::runtime_api::{Function, Reply, Stream};

async fn streaming() -> Function {
    let mode = ("ISOBAR_LAMBDA_INVOKE_MODE", "RESPONSE_STREAM");
    Function::start(&[("ECHO_GREETING", "hello"), mode]).await
}

fn stream(reply: Reply) -> Stream {
    match reply {
        Reply::Stream(stream) => *stream,
        Reply::Response(answer) => unreachable!("it was answered whole: {answer}"),
        Reply::Error { message, .. } => unreachable!("it failed: {message}"),
    }
}

/// The head, and the content after the eight zero bytes.
fn read(stream: &Stream) -> (Value, Vec<u8>) {
    assert_eq!(
        stream.content_type,
        "application/vnd.awslambda.http-integration-response"
    );
    let pieces = stream.pieces.iter();
    let whole: Vec<u8> = pieces.flat_map(|(_, piece)| piece.to_vec()).collect();
    let end = whole
        .windows(8)
        .position(|window| window == [0; 8])
        .expect("a streamed response");
    let head = serde_json::from_slice(&whole[..end]).expect("a streamed response");
    (head, whole[end + 8..].to_vec())
}

#[tokio::test]
async fn the_first_piece_is_there_before_the_second_is_made() {
    let function = streaming().await;
    let stream = stream(function.invoke(get("/pieces/400")).await);
    let (head, content) = read(&stream);
    assert_eq!(
        head,
        json!({ "statusCode": 200, "headers": { "x-request-id": "invocation-0" }, "cookies": [] })
    );
    assert_eq!(content, b"first second");
    assert!(stream.trailers.is_empty());
    let (at, second) = stream.pieces.last().unwrap();
    assert_eq!(&second[..], b"second");
    let first = stream
        .pieces
        .iter()
        .find(|(_, piece)| piece.ends_with(b"first "));
    assert!(
        *at > first.unwrap().0 + Duration::from_millis(200),
        "{:?}",
        stream.pieces
    );
}

#[tokio::test]
async fn a_response_without_content_has_its_head_streamed() {
    let function = streaming().await;
    for (path, status) in [
        ("/status/204", 204),
        ("/status/304", 304),
        ("/status/302", 302),
    ] {
        let (head, content) = read(&stream(function.invoke(get(path)).await));
        assert_eq!((&head["statusCode"], content.len()), (&json!(status), 0));
    }
    let domain = "id.lambda-url.eu-central-1.on.aws";
    let of_head =
        json!({ "http": { "method": "HEAD" }, "stage": "$default", "domainName": domain });
    let head = event(&[("requestContext", of_head), ("rawPath", "/large/5".into())]);
    let (head, content) = read(&stream(function.invoke(head).await));
    assert_eq!(
        (&head["headers"]["content-length"], content.len()),
        (&json!("5"), 0)
    );
    let (head, _) = read(&stream(function.invoke(get("/cookies")).await));
    assert_eq!(head["cookies"].as_array().unwrap().len(), 3);
    assert_eq!(head["headers"]["vary"], "x, x, x");
}

#[tokio::test]
async fn content_is_streamed_beyond_what_lambda_takes_whole() {
    let function = streaming().await;
    let (head, content) = read(&stream(function.invoke(get("/large/9000000")).await));
    assert_eq!(
        (&head["statusCode"], content.len()),
        (&json!(200), 9_000_000)
    );
}

fn failure(stream: &Stream) -> (String, Value) {
    let text = |name: &str| {
        stream.trailers[name]
            .to_str()
            .expect("a failure in trailers")
            .to_owned()
    };
    let body = STANDARD
        .decode(text("lambda-runtime-function-error-body"))
        .expect("a failure in trailers");
    let kind = text("lambda-runtime-function-error-type");
    (
        kind,
        serde_json::from_slice(&body).expect("a failure in trailers"),
    )
}

#[tokio::test]
async fn a_failure_on_the_way_is_told_by_trailers_and_is_no_content() {
    let function = streaming().await;
    let broken = stream(function.invoke(get("/broken")).await);
    let (head, content) = read(&broken);
    assert_eq!(
        (&head["statusCode"], content),
        (&json!(200), b"first ".to_vec())
    );
    let (kind, body) = failure(&broken);
    assert_eq!(kind, "Isobar.Internal");
    assert_eq!(body["errorMessage"], "the response's body failed");
    let begun = Instant::now();
    let time = Duration::from_secs(1);
    let late = stream(function.invoke_within(get("/pieces/60000"), time).await);
    assert!(begun.elapsed() < time, "{:?}", begun.elapsed());
    assert_eq!(failure(&late).0, "Isobar.DeadlineExceeded");
    let (head, _) = read(&stream(function.invoke(get("/status/200")).await));
    assert_eq!(head["statusCode"], 200);
}

#[tokio::test]
async fn other_doors_and_events_are_answered_whole_all_the_same() {
    let function = streaming().await;
    let of_head = json!({
        "http": { "method": "GET" },
        "stage": "$default",
        "domainName": "id.execute-api.eu-central-1.amazonaws.com",
    });
    let reply = function.invoke(event(&[("requestContext", of_head)])).await;
    assert!(matches!(reply, Reply::Response(answer) if answer["statusCode"] == 200));
}

#[tokio::test]
async fn a_mode_that_does_not_exist_is_told_at_start() {
    let mode = ("ISOBAR_LAMBDA_INVOKE_MODE", "stream");
    let mut function = Function::start(&[("ECHO_GREETING", "hello"), mode]).await;
    let report = function.init_errors.recv().await.unwrap();
    let Reply::Error { message, .. } = report else {
        panic!("{report:?}")
    };
    assert!(message.contains("RESPONSE_STREAM"), "{message}");
}
