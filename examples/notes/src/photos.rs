//! The handlers of photos, one for each note at most.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use isobar::Result;
use isobar::blob::{Attributes, List, PutBlobOptions};

use crate::Stores;
use crate::notes::NoteKey;

const UNKNOWN: &str = "application/octet-stream";

/// Where the photo of a note is.
pub(crate) fn key((owner, id): &(String, String)) -> String {
    format!("{owner}/{id}")
}

pub(crate) async fn store(
    State(stores): State<Stores>,
    Path(note): NoteKey,
    headers: HeaderMap,
    content: Bytes,
) -> Result<StatusCode> {
    stores.notes.fetch(note.clone()).await?;
    let declared = headers.get(CONTENT_TYPE);
    let declared = declared.and_then(|value| value.to_str().ok());
    let attributes = Attributes::default().with_content_type(declared.unwrap_or(UNKNOWN));
    let options = PutBlobOptions::default().with_attributes(attributes);
    stores.photos.put_with(key(&note), content, options).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn read(
    State(stores): State<Stores>,
    Path(note): NoteKey,
) -> Result<impl IntoResponse> {
    let photo = stores.photos.get(key(&note)).await?;
    let content_type = photo.meta.attributes.content_type.clone();
    let content_type = content_type.unwrap_or_else(|| UNKNOWN.to_owned());
    Ok(([(CONTENT_TYPE, content_type)], photo.bytes().await?))
}

/// Removes the photos of notes that are not there any more.
pub(crate) async fn delete_orphans(stores: &Stores) -> Result<()> {
    let mut list = List::new();
    loop {
        let page = stores.photos.list(&list).await?;
        for photo in page.keys() {
            let Some((owner, id)) = photo.split_once('/') else {
                continue;
            };
            if stores.notes.get((owner, id)).await?.is_none() {
                stores.photos.delete(photo).await?;
            }
        }
        match page.next {
            Some(next) => list = list.resume(next),
            None => return Ok(()),
        }
    }
}
