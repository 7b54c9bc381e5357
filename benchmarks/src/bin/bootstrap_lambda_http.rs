//! The peer: the smallest function on lambda_http.

use lambda_http::{Body, Error, Request, Response, run, service_fn};

async fn hello(request: Request) -> Result<Response<Body>, Error> {
    let body = match request.body().len() {
        0 => Body::from(r#"{"hello":"world"}"#),
        length => Body::from(serde_json::json!({ "length": length }).to_string()),
    };
    Ok(Response::builder()
        .header("content-type", "application/json")
        .body(body)?)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(hello)).await
}
