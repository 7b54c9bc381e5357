//! The same answer as the peer's, by an Isobar application that finds itself on Lambda.

use std::process::ExitCode;

use axum::Json;
use isobar::App;
use isobar::http::Routes;
use serde_json::{Value, json};

async fn hello() -> Json<Value> {
    Json(json!({ "hello": "world" }))
}

#[tokio::main]
async fn main() -> ExitCode {
    isobar_connect::run(App::new("hello", |_| Ok(())).routes(Routes::new().get("/", hello))).await
}
