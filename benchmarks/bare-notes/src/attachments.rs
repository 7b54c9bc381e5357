//! The handlers of attachments, which pages send to the store themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Error, Request, Response};
use serde::{Deserialize, Serialize};

use crate::{Clients, empty, json, notes, photos};

const BUCKET: &str = "attachments";
const VALID: Duration = Duration::from_mins(15);

#[derive(Debug, Deserialize)]
struct File {
    name: String,
    #[serde(rename = "type")]
    content_type: String,
    size: i64,
}

#[derive(Debug, Serialize)]
struct Attachment<'p> {
    name: &'p str,
    size: i64,
}

#[derive(Debug, Serialize)]
struct Presigned<'p> {
    method: &'p str,
    url: &'p str,
    headers: BTreeMap<&'p str, &'p str>,
}

/// Gives out a request that stores one file.
pub(crate) async fn sign(
    clients: &Clients,
    owner: &str,
    id: &str,
    request: &Request,
) -> Result<Response<Body>, Error> {
    if notes::find(clients, owner, id).await?.is_none() {
        return empty(StatusCode::NOT_FOUND);
    }
    let file: File = serde_json::from_slice(request.body())?;
    let put = clients.blobs.put_object().bucket(BUCKET);
    let put = put.key(format!("{owner}/{id}/{}", file.name));
    let put = put.content_type(file.content_type);
    let put = put.content_length(file.size);
    let signed = put.presigned(PresigningConfig::expires_in(VALID)?).await?;
    let signed = Presigned {
        method: signed.method(),
        url: signed.uri(),
        headers: signed.headers().collect(),
    };
    json(StatusCode::OK, &signed)
}

pub(crate) async fn list(
    clients: &Clients,
    owner: &str,
    id: &str,
) -> Result<Response<Body>, Error> {
    let folder = format!("{owner}/{id}/");
    let list = clients.blobs.list_objects_v2().bucket(BUCKET);
    let page = list.prefix(&folder).send().await?;
    let attachments = page.contents().iter().filter_map(|blob| {
        let name = blob.key()?.strip_prefix(&folder)?;
        let size = blob.size()?;
        Some(Attachment { name, size })
    });
    json(StatusCode::OK, &attachments.collect::<Vec<_>>())
}

pub(crate) async fn read(
    clients: &Clients,
    owner: &str,
    id: &str,
    name: &str,
) -> Result<Response<Body>, Error> {
    photos::content(clients, BUCKET, &format!("{owner}/{id}/{name}")).await
}
