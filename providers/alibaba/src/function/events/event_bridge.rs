//! CloudEvents that EventBridge brings without saying so in a content type.
//!
//! <https://www.alibabacloud.com/help/en/functioncompute/fc/mns-queue-triggers>: one event where each is delivered for
//! itself, a list of them where they come as a stream. Older samples of streams have each event as text in the list.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use isobar::{ErrorKind, Result};
use isobar_serve::event::{Arrivals, Arrived, CloudEvent, Delivery, elements, members, read};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{EVENTS, oss};
use crate::error::unsupported;

const STRUCTURED: HeaderValue = HeaderValue::from_static("application/cloudevents+json");
/// The attributes with the account that an event is of, and with that which it came from.
///
/// <https://www.alibabacloud.com/help/en/eventbridge/user-guide/event-overview>
const ACCOUNTS: [&str; 2] = ["aliyunaccountid", "aliyunoriginalaccountid"];
/// As many as an event stream sends at once.
const MOST: usize = 10_000;

/// The events, of a list each for itself, where there is at least one; `LimitExceeded` where there are too many.
pub(super) fn unpacked(delivery: &Delivery) -> Result<Option<Arrivals>> {
    let content = &delivery.body;
    if is_event(content) {
        return Ok(Some(vec![one(delivery, content.clone())]));
    }
    if !content.trim_ascii_start().starts_with(b"[") {
        return Ok(None);
    }
    let parts = match elements(content, MOST) {
        Ok(parts) => parts,
        Err(error) if error.kind() == ErrorKind::LimitExceeded => return Err(error),
        Err(_) => return Ok(None),
    };
    let parts: Vec<Bytes> = parts.into_iter().map(unquoted).collect();
    if !parts.iter().any(|part| is_event(part)) {
        return Ok(None);
    }
    let arrived = parts.into_iter().map(|part| one(delivery, part));
    Ok(Some(arrived.collect()))
}

/// Whether it is an object with that member, also where it is there twice, so that nobody takes it for something else.
fn is_event(content: &[u8]) -> bool {
    members::<Mark>(content).is_some_and(|Mark(is_there)| is_there)
}

/// Whether an object has the mark.
struct Mark(bool);

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Mark;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Mark, A::Error> {
        let mut is_there = false;
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            is_there |= name == "specversion";
        }
        Ok(Mark(is_there))
    }
}

/// An event that stands as text in the list; anything else as it is.
fn unquoted(part: Bytes) -> Bytes {
    if !part.starts_with(b"\"") {
        return part;
    }
    let text: Option<String> = serde_json::from_slice(&part).ok();
    text.map_or(part, Bytes::from)
}

fn one(delivery: &Delivery, event: Bytes) -> Result<Arrived> {
    let none = || unsupported("an element of the list is no CloudEvent");
    if !is_event(&event) {
        return Err(none());
    }
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, STRUCTURED)]);
    let event = Delivery::new(headers, event)
        .with_name(delivery.name.clone())
        .with_accounts(delivery.accounts.clone());
    read(&event, &EVENTS)?.pop().ok_or_else(none)
}

/// The accounts in the attributes that are EventBridge's own, and in the names of resources.
pub(super) fn owners(event: &CloudEvent) -> Vec<String> {
    let told = ACCOUNTS
        .iter()
        .filter_map(|name| event.extensions.get(*name).cloned());
    let named = [Some(&event.source), event.subject.as_ref()];
    let named = named
        .into_iter()
        .flatten()
        .filter_map(|name| account_of(name));
    let named = named.map(str::to_owned);
    told.chain(named).chain(oss::owner(event)).collect()
}

/// The account in `acs:SERVICE:REGION:ACCOUNT:RESOURCE`, where it has one.
pub(super) fn account_of(resource: &str) -> Option<&str> {
    let account = resource.strip_prefix("acs:")?.split(':').nth(2)?;
    (!account.is_empty()).then_some(account)
}
