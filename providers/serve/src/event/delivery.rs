//! A request that brings events, and what it brings.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use isobar::document::CollectionSchema;
use isobar::driver::function::is_named;
use isobar::function::{
    AppService, EventAttributes, EventData, Message, Messages, Schedule, Trace,
};
use isobar::{Error, ErrorKind, Result};

use super::cloud_event::{instant, media_type};
use super::own::OWN;
use super::{Accounts, CloudEvent, EventFacts, EventForm, binary, structured};

/// A request that brings events.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Delivery {
    /// The trigger that its path names.
    pub name: Option<String>,
    /// Its fields.
    pub headers: HeaderMap,
    /// Its content.
    pub body: Bytes,
    /// Whose resources it may be of.
    pub accounts: Accounts,
    /// Whom it is brought to.
    app: Option<AppService>,
}

/// An event for an application.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Arrived {
    /// What it says.
    pub data: EventData,
    /// The same for every delivery; where there is none, the invocation's id stands for it.
    pub id: Option<String>,
    /// Where it happened, in the sender's words.
    pub source: Option<String>,
    /// What kind of event it is, where its sender alone knows the type.
    pub event_type: Option<String>,
    /// What else its sender tells of it.
    pub attributes: EventAttributes,
    /// The bytes it came in.
    pub raw: Bytes,
    /// The trace that it tells itself, which counts where its request tells none.
    pub trace: Option<Trace>,
}

/// The events of a request, or why one of them cannot be read.
pub type Arrivals = Vec<Result<Arrived>>;

impl Delivery {
    /// A request with these fields and this content.
    pub fn new(headers: HeaderMap, body: Bytes) -> Self {
        Self {
            name: None,
            headers,
            body,
            accounts: Accounts::default(),
            app: None,
        }
    }

    /// With the trigger that its path names.
    #[must_use]
    pub fn with_name(mut self, name: Option<String>) -> Self {
        self.name = name;
        self
    }

    /// With the accounts whose resources it may be of.
    #[must_use]
    pub fn with_accounts(mut self, accounts: Accounts) -> Self {
        self.accounts = accounts;
        self
    }

    /// Whether the application has a handler for the messages of a topic that has this name in the sender's words.
    pub fn is_of_topic(&self, native: &str) -> bool {
        let mut topics = self.app.iter().flat_map(AppService::subscriptions);
        topics.any(|topic| topic == native || is_named(native, &topic))
    }

    /// With the application that it is brought to.
    #[must_use]
    pub fn with_app(mut self, app: &AppService) -> Self {
        self.app = Some(app.clone());
        self
    }

    /// What is declared of the collection whose changes in this table wake the application; `NotFound` where none do.
    pub fn collection(&self, table: &str) -> Result<&CollectionSchema> {
        self.receiver()?.watched_collection(table)
    }

    /// The same of the collection that has this very table, for senders that tell the changes of all.
    pub fn table(&self, table: &str) -> Result<&CollectionSchema> {
        let app = self.receiver()?;
        if app
            .watched_collections()
            .all(|schema| schema.table != table)
        {
            let message = format!("the changes of {table:?} are watched by nobody");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        app.watched_collection(table)
    }

    fn receiver(&self) -> Result<&AppService> {
        let nobody = || Error::new(ErrorKind::NotFound, "the request is brought to nobody");
        self.app.as_ref().ok_or_else(nobody)
    }

    /// The value of a field, where there is one and it is text.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type of the content.
    fn media_type(&self) -> String {
        let content_type = self.headers.get(CONTENT_TYPE);
        let text = content_type.and_then(|value| value.to_str().ok());
        text.map(media_type).unwrap_or_default()
    }
}

impl Arrived {
    /// An event of which only this is known.
    pub fn new(data: impl Into<EventData>, raw: Bytes) -> Self {
        Self {
            data: data.into(),
            id: None,
            source: None,
            event_type: None,
            attributes: EventAttributes::default(),
            raw,
            trace: None,
        }
    }

    /// A tick by a resource of this name, due at this time as RFC 3339 writes it, which each have one id; `InvalidArgument`
    /// where it is no time.
    pub fn tick(name: &str, due: &str, raw: Bytes) -> Result<Self> {
        let tick = Schedule::new(name, instant(due)?);
        Ok(Self::new(tick, raw).with_id(format!("{name}@{due}")))
    }

    /// With the id that every delivery of it has; an empty one tells none from another, and counts as none.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into()).filter(|id| !id.is_empty());
        self
    }

    /// With the place where it happened.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// The CloudEvents of a request; nothing where it brings none.
///
/// `InvalidArgument` where one is malformed, `Unsupported` where its format or version is not known; then none is handled.
pub fn cloud_events(delivery: &Delivery) -> Result<Option<Vec<CloudEvent>>> {
    match delivery.media_type().as_str() {
        "application/cloudevents+json" => Ok(Some(vec![structured::read(&delivery.body)?])),
        "application/cloudevents-batch+json" => structured::read_batch(&delivery.body).map(Some),
        other if other.starts_with("application/cloudevents") => {
            let message = format!("CloudEvents in the format {other:?} are not known here");
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        _ if binary::is_marked(&delivery.headers) => {
            let event = binary::read(&delivery.headers, &delivery.body)?;
            Ok(Some(vec![event]))
        }
        _ => Ok(None),
    }
}

/// The events of a request, where all of them are known and whole.
///
/// `Unsupported` where one is of a type that nobody here knows, `InvalidArgument` where one is malformed.
pub fn read(delivery: &Delivery, facts: &EventFacts) -> Result<Vec<Arrived>> {
    read_each(delivery, facts)?.into_iter().collect()
}

/// The events of a request, of which those that stand for themselves may be unreadable each for itself.
pub fn read_each(delivery: &Delivery, facts: &EventFacts) -> Result<Arrivals> {
    if let Some(events) = cloud_events(delivery)? {
        let events = events.into_iter();
        let events = events.map(|event| arrived(event, delivery, facts));
        let events: Vec<_> = events.collect::<Result<_>>()?;
        return Ok(events.into_iter().map(Ok).collect());
    }
    for source in facts.sources {
        match source.form {
            EventForm::Request { read, .. } => {
                if let Some(arrived) = read(delivery)? {
                    return Ok(arrived.into_iter().map(Ok).collect());
                }
            }
            EventForm::Items { read, .. } => {
                if let Some(arrived) = read(delivery)? {
                    return Ok(arrived);
                }
            }
            EventForm::CloudEvents { .. } | EventForm::Changes { .. } => {}
        }
    }
    let message = "the request is neither a CloudEvent nor of a sender that is known here";
    Err(Error::new(ErrorKind::Unsupported, message))
}

/// What a CloudEvent says: by its type, or where that is not known, as a message of the topic that the path names.
///
/// `PermissionDenied` where it names an account whose events are not taken.
fn arrived(event: CloudEvent, delivery: &Delivery, facts: &EventFacts) -> Result<Arrived> {
    for owner in (facts.owners)(&event) {
        delivery.accounts.admit(&owner, &event.source)?;
    }
    let sources = OWN.iter().chain(facts.sources);
    let known = |types: &[&str]| types.contains(&event.event_type.as_str());
    let mut readers = sources.filter_map(|source| match source.form {
        EventForm::CloudEvents { types, read } if known(types) => Some(read(&event)),
        EventForm::Changes { types, read } if known(types) => Some(read(&event, delivery)),
        _ => None,
    });
    let (data, own_type) = match (readers.next(), &delivery.name) {
        (Some(data), _) => (data?, None),
        (None, Some(topic)) => {
            let batch = Messages::new(topic, vec![message(&event)]);
            (batch.into(), Some(event.event_type.clone()))
        }
        (None, None) => {
            let (kind, source) = (&event.event_type, &event.source);
            let message =
                format!("CloudEvents of type {kind:?}, from {source:?}, are not handled here");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    };
    let attributes = event.attributes();
    let mut arrived = Arrived::new(data, event.raw);
    arrived.attributes = attributes;
    arrived.event_type = own_type;
    arrived.trace = Trace::of_attributes(&event.extensions);
    Ok(arrived.with_id(event.id).with_source(event.source))
}

/// A message whose body is the data of the event, with the other attributes beside it.
///
/// Events of one `partitionkey` are a group (the partitioning extension of CloudEvents).
fn message(event: &CloudEvent) -> Message {
    let mut message = Message::new(&event.id, event.data.clone());
    message.sent_at = event.time;
    message.group = event.extensions.get("partitionkey").cloned();
    message.attributes = event.extensions.clone();
    let own = [
        ("type", Some(&event.event_type)),
        ("source", Some(&event.source)),
        ("subject", event.subject.as_ref()),
        ("datacontenttype", event.data_content_type.as_ref()),
        ("dataschema", event.data_schema.as_ref()),
    ];
    let own = own.into_iter();
    let told = own.filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
    message.attributes.extend(told);
    message.trace = Trace::of_attributes(&message.attributes);
    message
}
