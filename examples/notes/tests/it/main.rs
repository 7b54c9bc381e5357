//! The application as a Lambda function on an emulator of AWS: deployed, called over HTTP, and its
//! table and bucket read with the vendor's own clients; and on this machine, with a browser before it.

mod attachments;
mod cloud;
mod http;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use cloud::Cloud;
use http::Answer;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn send(cloud: &Cloud, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = body.to_string();
    let Answer { status, body, .. } = cloud.call((method, path), &[JSON], body.as_bytes()).await;
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn attributes(item: &std::collections::HashMap<String, AttributeValue>) -> Vec<&str> {
    let mut names: Vec<_> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn the_application_runs_unchanged_as_a_lambda_function() {
    let cloud = Cloud::with_function(env!("CARGO_BIN_EXE_notes")).await;

    let draft = json!({ "text": "hello", "tags": ["a", "b"] });
    let (status, note) = send(&cloud, "POST", "/notes/alice", draft).await;
    assert_eq!(status, 201, "{note}");
    let id = note["id"].as_str().unwrap();
    let path = format!("/notes/alice/{id}");
    let (status, found) = send(&cloud, "GET", &path, Value::Null).await;
    assert_eq!((status, &found), (200, &note));

    let (status, changed) = send(&cloud, "PATCH", &path, json!({ "text": "world" })).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        (&changed["text"], &changed["edits"]),
        (&json!("world"), &json!(1))
    );
    let (_, page) = send(&cloud, "GET", "/notes/alice", Value::Null).await;
    assert_eq!(page, json!({ "notes": [changed], "after": null }));
    let (status, problem) = send(&cloud, "GET", "/notes/alice/missing", Value::Null).await;
    assert_eq!((status, &problem["title"]), (404, &json!("Not Found")));

    let photo: Vec<u8> = (0..=255).collect();
    let target = format!("{path}/photo");
    let stored = cloud
        .call(("PUT", &target), &[("content-type", "image/png")], &photo)
        .await;
    assert_eq!(stored.status, 204);
    let read = cloud.call(("GET", &target), &[], &[]).await;
    assert_eq!(
        (read.status, read.content_type.as_str()),
        (200, "image/png")
    );
    assert_eq!(read.body, photo);

    let item = cloud
        .item("test-notes", &[("owner", "alice"), ("id", id)])
        .await;
    assert_eq!(
        attributes(&item),
        ["_rev", "edits", "id", "owner", "tags", "text"]
    );
    assert_eq!(item["text"], AttributeValue::S("world".to_owned()));
    assert_eq!(item["edits"], AttributeValue::N("1".to_owned()));
    let item = cloud.item("test-owners", &[("name", "alice")]).await;
    assert_eq!(attributes(&item), ["name", "noteCount"]);
    assert_eq!(item["noteCount"], AttributeValue::N("1".to_owned()));
    assert_eq!(
        cloud.object("test-photos", &format!("alice/{id}")).await,
        photo
    );

    let (status, _) = send(&cloud, "DELETE", &path, Value::Null).await;
    assert_eq!(status, 204);
    let (status, _) = send(&cloud, "GET", &path, Value::Null).await;
    assert_eq!(status, 404);
}
