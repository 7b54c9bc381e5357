//! An application that sends itself messages, which must come in the order of their groups, for tests of what
//! deploys applications.

use std::process::ExitCode;

use axum::Json;
use axum::extract::{Path, State};
use isobar::document::{CollectionSpec, Query, SortType};
use isobar::function::{Event, Message, Outcome, OutgoingMessage, Topic, TopicSpec};
use isobar::http::Routes;
use isobar::http::routing::{get, post};
use isobar::{App, Collection, Environment, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

const ORDERS: TopicSpec = TopicSpec::new("orders").ordered();
const SEEN: CollectionSpec<Seen> = CollectionSpec::new("seen")
    .partition("group")
    .sort("at", SortType::I64);

/// A message whose first delivery fails.
const FAILS_ONCE: &str = "fail once";

/// A message to be sent.
#[derive(Debug, Deserialize)]
struct Order {
    body: String,
    group: String,
    /// What it is known again by.
    id: String,
}

/// A delivery.
#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    group: String,
    /// In microseconds.
    at: i64,
    body: String,
    attempt: Option<u32>,
}

#[derive(Debug, Clone)]
struct Relay {
    orders: Topic,
    seen: Collection<Seen>,
}

async fn send(State(relay): State<Relay>, Json(orders): Json<Vec<Order>>) -> Result<()> {
    let messages = orders.into_iter().map(|order| {
        let message = OutgoingMessage::new(order.body);
        message.group(order.group).deduplication(order.id)
    });
    let messages: Vec<_> = messages.collect();
    for sent in relay.orders.publish_all(&messages).await? {
        sent?;
    }
    Ok(())
}

async fn list(State(relay): State<Relay>, Path(group): Path<String>) -> Result<Json<Vec<Seen>>> {
    let page = relay.seen.query(&Query::partition(group)).await?;
    Ok(Json(
        page.items.into_iter().map(|item| item.value).collect(),
    ))
}

async fn take(relay: Relay, event: Event<Message>) -> Result<Outcome> {
    let message = event.data;
    let now = isobar::document::Timestamp::from(std::time::SystemTime::now());
    let seen = Seen {
        group: message.group.unwrap_or_default(),
        at: now.as_micros(),
        body: String::from_utf8_lossy(&message.body).into_owned(),
        attempt: message.attempt,
    };
    relay.seen.upsert(&seen).await?;
    if seen.body == FAILS_ONCE && seen.attempt == Some(1) {
        return Err(Error::new(ErrorKind::Internal, "as it was told to"));
    }
    Ok(Outcome::Ack)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let routes = Routes::new()
        .route("/orders", post(send))
        .route("/seen/{group}", get(list));
    let app = App::new("relay", |env: &Environment| {
        Ok(Relay {
            orders: env.topic(&ORDERS)?,
            seen: env.collection(&SEEN)?,
        })
    });
    let app = app.topic(&ORDERS).collection(&SEEN).routes(routes);
    isobar_connect::run(app.subscribe(&ORDERS, take)).await
}
