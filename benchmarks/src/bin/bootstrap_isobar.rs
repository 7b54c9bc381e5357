//! The same answer as the peer's, by an Isobar application that finds itself on Lambda.

use std::process::ExitCode;

use axum::Json;
use axum::body::Bytes;
use isobar::App;
use isobar::http::Routes;
use isobar::http::routing::get;
use serde_json::{Value, json};

async fn hello() -> Json<Value> {
    Json(json!({ "hello": "world" }))
}

async fn length(content: Bytes) -> Json<Value> {
    Json(json!({ "length": content.len() }))
}

#[tokio::main]
async fn main() -> ExitCode {
    let routes = Routes::new().route("/", get(hello).post(length));
    isobar_connect::run(App::new("hello", |_| Ok(())).routes(routes)).await
}
