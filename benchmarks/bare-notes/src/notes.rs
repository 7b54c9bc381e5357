//! The handlers of notes.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Error, Request, RequestExt as _, Response};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Clients, empty, json};

pub(crate) const TABLE: &str = "notes";
const OWNERS: &str = "owners";
const PAGE: i32 = 20;

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    owner: String,
    id: String,
    text: String,
    tags: Vec<String>,
    edits: i64,
}

#[derive(Debug, Deserialize)]
struct Draft {
    text: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Serialize)]
struct NotePage {
    notes: Vec<Note>,
    after: Option<String>,
}

pub(crate) fn key(owner: &str, id: &str) -> HashMap<String, AttributeValue> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    HashMap::from([("owner".into(), text(owner)), ("id".into(), text(id))])
}

pub(crate) async fn create(
    clients: &Clients,
    owner: &str,
    request: &Request,
) -> Result<Response<Body>, Error> {
    let draft: Draft = serde_json::from_slice(request.body())?;
    let note = Note {
        owner: owner.to_owned(),
        id: Uuid::now_v7().to_string(),
        text: draft.text,
        tags: draft.tags,
        edits: 0,
    };
    let put = clients.documents.put_item().table_name(TABLE);
    let put = put.set_item(Some(serde_dynamo::to_item(&note)?));
    let put = put.condition_expression("attribute_not_exists(id)");
    match put.send().await {
        Ok(_) => {}
        Err(SdkError::ServiceError(error))
            if error.err().is_conditional_check_failed_exception() =>
        {
            return empty(StatusCode::CONFLICT);
        }
        Err(error) => return Err(error.into()),
    }
    let count = clients.documents.update_item().table_name(OWNERS);
    let count = count.key("name", AttributeValue::S(owner.to_owned()));
    let count = count.update_expression("ADD noteCount :one");
    let count = count.expression_attribute_values(":one", AttributeValue::N("1".into()));
    count.send().await?;
    json(StatusCode::CREATED, &note)
}

pub(crate) async fn list(
    clients: &Clients,
    owner: &str,
    request: &Request,
) -> Result<Response<Body>, Error> {
    let query = clients.documents.query().table_name(TABLE);
    let query = query.key_condition_expression("#owner = :owner");
    let query = query.expression_attribute_names("#owner", "owner");
    let query = query.expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()));
    let query = query.scan_index_forward(false).limit(PAGE);
    let parameters = request.query_string_parameters();
    let after = parameters.first("after").map(|id| key(owner, id));
    let page = query.set_exclusive_start_key(after).send().await?;
    let last = page.last_evaluated_key().and_then(|last| last.get("id"));
    let after = last.and_then(|id| id.as_s().ok().cloned());
    let notes = serde_dynamo::from_items(page.items.unwrap_or_default())?;
    json(StatusCode::OK, &NotePage { notes, after })
}

pub(crate) async fn read(
    clients: &Clients,
    owner: &str,
    id: &str,
) -> Result<Response<Body>, Error> {
    match find(clients, owner, id).await? {
        Some(item) => json(StatusCode::OK, &serde_dynamo::from_item::<_, Note>(item)?),
        None => empty(StatusCode::NOT_FOUND),
    }
}

pub(crate) async fn find(
    clients: &Clients,
    owner: &str,
    id: &str,
) -> Result<Option<HashMap<String, AttributeValue>>, Error> {
    let get = clients.documents.get_item().table_name(TABLE);
    let get = get.set_key(Some(key(owner, id))).consistent_read(true);
    Ok(get.send().await?.item)
}

pub(crate) async fn change(
    clients: &Clients,
    owner: &str,
    id: &str,
    request: &Request,
) -> Result<Response<Body>, Error> {
    let draft: Draft = serde_json::from_slice(request.body())?;
    let update = clients.documents.update_item().table_name(TABLE);
    let update = update.set_key(Some(key(owner, id)));
    let update = update.condition_expression("attribute_exists(id)");
    let update = update.update_expression("SET #text = :text, tags = :tags ADD edits :one");
    let tags = draft.tags.into_iter().map(AttributeValue::S).collect();
    let update = update
        .expression_attribute_names("#text", "text")
        .expression_attribute_values(":text", AttributeValue::S(draft.text))
        .expression_attribute_values(":tags", AttributeValue::L(tags))
        .expression_attribute_values(":one", AttributeValue::N("1".into()))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
    let item = update.send().await?.attributes.unwrap_or_default();
    json(StatusCode::OK, &serde_dynamo::from_item::<_, Note>(item)?)
}

pub(crate) async fn delete(
    clients: &Clients,
    owner: &str,
    id: &str,
) -> Result<Response<Body>, Error> {
    crate::photos::delete(clients, &crate::photos::key(owner, id)).await?;
    let delete = clients.documents.delete_item().table_name(TABLE);
    delete.set_key(Some(key(owner, id))).send().await?;
    empty(StatusCode::NO_CONTENT)
}
