//! The peer: bare axum answering a constant JSON document.
#![expect(clippy::print_stdout, reason = "the address is this program's answer")]

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

async fn hello() -> Json<Value> {
    Json(json!({ "hello": "world" }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/", get(hello))).await
}
