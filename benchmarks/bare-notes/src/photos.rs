//! The handlers of photos, one for each note at most.

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use lambda_http::http::StatusCode;
use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::{Body, Error, Request, Response};

use crate::{Clients, empty, notes};

const BUCKET: &str = "photos";

pub(crate) fn key(owner: &str, id: &str) -> String {
    format!("{owner}/{id}")
}

pub(crate) async fn store(
    clients: &Clients,
    owner: &str,
    id: &str,
    request: &Request,
) -> Result<Response<Body>, Error> {
    if notes::find(clients, owner, id).await?.is_none() {
        return empty(StatusCode::NOT_FOUND);
    }
    let declared = request.headers().get(CONTENT_TYPE);
    let declared = declared.and_then(|value| value.to_str().ok());
    let put = clients.blobs.put_object().bucket(BUCKET);
    let put = put.key(key(owner, id));
    let put = put.set_content_type(declared.map(ToOwned::to_owned));
    let content = ByteStream::from(request.body().to_vec());
    put.body(content).send().await?;
    empty(StatusCode::NO_CONTENT)
}

pub(crate) async fn read(
    clients: &Clients,
    owner: &str,
    id: &str,
) -> Result<Response<Body>, Error> {
    content(clients, BUCKET, &key(owner, id)).await
}

/// A whole blob as an answer.
pub(crate) async fn content(
    clients: &Clients,
    bucket: &str,
    key: &str,
) -> Result<Response<Body>, Error> {
    let get = clients.blobs.get_object().bucket(bucket).key(key);
    let blob = match get.send().await {
        Ok(blob) => blob,
        Err(error) => {
            let absent = error.as_service_error();
            if absent.is_some_and(GetObjectError::is_no_such_key) {
                return empty(StatusCode::NOT_FOUND);
            }
            return Err(error.into());
        }
    };
    let content_type = blob.content_type.unwrap_or_default();
    let content = blob.body.collect().await?.to_vec();
    let answer = Response::builder().header(CONTENT_TYPE, content_type);
    Ok(answer.body(Body::from(content))?)
}

pub(crate) async fn delete(clients: &Clients, key: &str) -> Result<(), Error> {
    let delete = clients.blobs.delete_object().bucket(BUCKET).key(key);
    delete.send().await?;
    Ok(())
}

/// Removes the photos of notes that are not there any more.
pub(crate) async fn delete_orphans(clients: &Clients) -> Result<Response<Body>, Error> {
    let mut next = None;
    loop {
        let list = clients.blobs.list_objects_v2().bucket(BUCKET);
        let page = list.set_continuation_token(next).send().await?;
        for photo in page.contents().iter().filter_map(|photo| photo.key()) {
            let Some((owner, id)) = photo.split_once('/') else {
                continue;
            };
            if notes::find(clients, owner, id).await?.is_none() {
                delete(clients, photo).await?;
            }
        }
        next = page.next_continuation_token;
        if next.is_none() {
            return empty(StatusCode::NO_CONTENT);
        }
    }
}
