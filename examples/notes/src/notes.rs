//! The handlers of notes.

use axum::Json;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use isobar::Result;
use isobar::document::{Cursor, Query as NoteQuery, Update, UpdateOptions};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Stores;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) owner: String,
    pub(crate) id: String,
    text: String,
    tags: Vec<String>,
    edits: i64,
}

/// What the older application knows of an owner, as far as this one uses it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Owner {
    name: String,
    note_count: i64,
}

/// What a client writes of a note.
#[derive(Debug, Deserialize)]
pub(crate) struct Draft {
    text: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Paging {
    after: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NotePage {
    notes: Vec<Note>,
    after: Option<Cursor>,
}

/// The key in a path.
pub(crate) type NoteKey = Path<(String, String)>;

/// Ids of version 7 grow with time, so that the last note is the last of its owner.
pub(crate) async fn create(
    State(stores): State<Stores>,
    Path(owner): Path<String>,
    Json(draft): Json<Draft>,
) -> Result<(StatusCode, Json<Note>)> {
    let note = Note {
        owner,
        id: Uuid::now_v7().to_string(),
        text: draft.text,
        tags: draft.tags,
        edits: 0,
    };
    stores.notes.create(&note).await?;
    let count = Update::new().increment("noteCount", 1);
    let options = UpdateOptions::default().with_create_missing();
    stores
        .owners
        .update_with(note.owner.as_str(), count, options)
        .await?;
    Ok((StatusCode::CREATED, Json(note)))
}

/// The newest first, twenty at a time.
pub(crate) async fn list(
    State(stores): State<Stores>,
    Path(owner): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<NotePage>> {
    let mut query = NoteQuery::partition(owner).descending().limit(20);
    if let Some(after) = paging.after {
        query = query.after(Cursor::from_token(after));
    }
    let page = stores.notes.query(&query).await?;
    Ok(Json(NotePage {
        notes: page.items.into_iter().map(|item| item.value).collect(),
        after: page.cursor,
    }))
}

pub(crate) async fn read(State(stores): State<Stores>, Path(key): NoteKey) -> Result<Json<Note>> {
    Ok(Json(stores.notes.fetch(key).await?.value))
}

pub(crate) async fn change(
    State(stores): State<Stores>,
    Path(key): NoteKey,
    Json(draft): Json<Draft>,
) -> Result<Json<Note>> {
    let tags: Vec<_> = draft.tags.into_iter().map(Into::into).collect();
    let update = Update::new()
        .set("text", draft.text)
        .set("tags", tags)
        .increment("edits", 1);
    Ok(Json(stores.notes.update(key, update).await?.value))
}

pub(crate) async fn delete(State(stores): State<Stores>, Path(key): NoteKey) -> Result<StatusCode> {
    stores.photos.delete(crate::photos::key(&key)).await?;
    stores.notes.delete(key).await?;
    Ok(StatusCode::NO_CONTENT)
}
