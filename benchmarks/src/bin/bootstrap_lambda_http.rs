//! The peer: the smallest function on lambda_http.

use lambda_http::{Body, Error, Request, Response, run, service_fn};

async fn hello(_: Request) -> Result<Response<Body>, Error> {
    let body = Body::from(r#"{"hello":"world"}"#);
    Ok(Response::builder()
        .header("content-type", "application/json")
        .body(body)?)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(hello)).await
}
