//! What the example `notes` does, on the bare SDKs of AWS and `lambda_http`: its peer in size, never started.

mod attachments;
mod notes;
mod photos;

use aws_config::BehaviorVersion;
use aws_smithy_http_client::{Builder, tls};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use serde::Serialize;

#[derive(Debug, Clone)]
struct Clients {
    documents: aws_sdk_dynamodb::Client,
    blobs: aws_sdk_s3::Client,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // As Isobar has it: HTTPS on rustls with ring.
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let http = Builder::new().tls_provider(ring).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    let config = config.load().await;
    let clients = Clients {
        documents: aws_sdk_dynamodb::Client::new(&config),
        blobs: aws_sdk_s3::Client::new(&config),
    };
    let answer = |request| {
        let clients = clients.clone();
        async move { answer(&clients, request).await }
    };
    run(service_fn(answer)).await
}

async fn answer(clients: &Clients, request: Request) -> Result<Response<Body>, Error> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (request.method().as_str(), segments.as_slice()) {
        ("GET", ["notes", owner]) => notes::list(clients, owner, &request).await,
        ("POST", ["notes", owner]) => notes::create(clients, owner, &request).await,
        ("GET", ["notes", owner, id]) => notes::read(clients, owner, id).await,
        ("PATCH", ["notes", owner, id]) => notes::change(clients, owner, id, &request).await,
        ("DELETE", ["notes", owner, id]) => notes::delete(clients, owner, id).await,
        ("GET", ["notes", owner, id, "photo"]) => photos::read(clients, owner, id).await,
        ("PUT", ["notes", owner, id, "photo"]) => photos::store(clients, owner, id, &request).await,
        ("DELETE", ["orphans"]) => photos::delete_orphans(clients).await,
        ("GET", ["notes", owner, id, "attachments", "files"]) => {
            attachments::list(clients, owner, id).await
        }
        ("POST", ["notes", owner, id, "attachments", "files"]) => {
            attachments::sign(clients, owner, id, &request).await
        }
        ("GET", ["notes", owner, id, "attachments", "files", name]) => {
            attachments::read(clients, owner, id, name).await
        }
        _ => empty(StatusCode::NOT_FOUND),
    }
}

fn empty(status: StatusCode) -> Result<Response<Body>, Error> {
    Ok(Response::builder().status(status).body(Body::Empty)?)
}

fn json(status: StatusCode, value: &impl Serialize) -> Result<Response<Body>, Error> {
    let answer = Response::builder().status(status);
    let answer = answer.header("content-type", "application/json");
    Ok(answer.body(Body::from(serde_json::to_string(value)?))?)
}
