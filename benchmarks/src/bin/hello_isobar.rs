//! The same answer as the peer's, by an Isobar application on the local platform.
#![expect(clippy::print_stdout, reason = "the address is this program's answer")]

use std::sync::Arc;

use axum::Json;
use isobar::driver::function::FunctionDriver as _;
use isobar::http::Routes;
use isobar::{App, Environment, Result};
use isobar_local::LocalPlatform;
use serde_json::{Value, json};

async fn hello() -> Json<Value> {
    Json(json!({ "hello": "world" }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let platform = LocalPlatform::bind("127.0.0.1:0").await?;
    println!("http://{}", platform.local_addr());
    let clock = Arc::new(isobar_local::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let app = App::new("hello", |_| Ok(())).routes(Routes::new().get("/", hello));
    platform.serve(app.build(&environment)?).await
}
