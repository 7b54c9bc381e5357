//! The handlers of attachments, which pages send to the store themselves: this program only signs.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use isobar::blob::{Attributes, Entry, List, PresignPutOptions, PresignedRequest};
use isobar::{Capability, Result};
use serde::{Deserialize, Serialize};

use crate::Stores;
use crate::notes::NoteKey;

/// What a page says of a file before it sends it.
#[derive(Debug, Deserialize)]
pub(crate) struct File {
    name: String,
    #[serde(rename = "type")]
    content_type: String,
    size: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Attachment {
    name: String,
    size: u64,
}

fn key((owner, id): &(String, String), name: &str) -> String {
    format!("{owner}/{id}/{name}")
}

/// The page on which files are chosen.
pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("attachments.html"))
}

/// Gives out a request that stores one file, whatever else its holder would like to do with it.
pub(crate) async fn sign(
    State(stores): State<Stores>,
    Path(note): NoteKey,
    Json(file): Json<File>,
) -> Result<Json<PresignedRequest>> {
    stores.notes.fetch(note.clone()).await?;
    let mut options = PresignPutOptions::default();
    // Azure's signatures say nothing of headers: there the page could send other content.
    if stores
        .attachments
        .capabilities()
        .has(Capability::SignedHeaders)
    {
        let attributes = Attributes::default().with_content_type(file.content_type);
        options = options.with_attributes(attributes).with_size(file.size);
    }
    let key = key(&note, &file.name);
    Ok(Json(stores.attachments.presign_put(key, options).await?))
}

pub(crate) async fn list(
    State(stores): State<Stores>,
    Path(note): NoteKey,
) -> Result<Json<Vec<Attachment>>> {
    let folder = key(&note, "");
    let page = stores
        .attachments
        .list(&List::new().prefix(&folder))
        .await?;
    let attachments = page.entries.iter().filter_map(|entry| match entry {
        Entry::Blob(blob) => Some(Attachment {
            name: blob.key.as_str().strip_prefix(&folder)?.to_owned(),
            size: blob.size,
        }),
        Entry::Prefix(_) => None,
    });
    Ok(Json(attachments.collect()))
}

pub(crate) async fn read(
    State(stores): State<Stores>,
    Path((owner, id, name)): Path<(String, String, String)>,
) -> Result<impl IntoResponse> {
    let blob = stores.attachments.get(key(&(owner, id), &name)).await?;
    let content_type = blob.meta.attributes.content_type.unwrap_or_default();
    let length = blob.meta.size.to_string();
    let headers = [(CONTENT_TYPE, content_type), (CONTENT_LENGTH, length)];
    Ok((headers, Body::from_stream(blob.body)))
}
