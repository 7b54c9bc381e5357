//! What an event is, by the marks that its sender puts there, never by trying shapes.

mod blobs;
mod changes;
mod failures;
mod notifications;
mod queue;
mod tick;

use std::borrow::Cow;

use bytes::Bytes;
use isobar::function::{AppService, Context, Event, Outcome};
use isobar::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use tick::Tick;

/// What an event asks for.
#[derive(Debug)]
pub(super) enum Kind {
    /// A request through a front door, of which [`FrontDoor`](crate::FrontDoor) knows more.
    Http,
    /// A tick by EventBridge.
    Schedule(Tick),
    /// Messages of a queue of SQS.
    Queue,
    /// Notifications of SNS.
    Notifications,
    /// Events of S3.
    Blobs,
    /// Records of a stream of DynamoDB.
    Changes,
}

/// The members that senders mark their events with.
#[derive(Debug, Deserialize)]
struct Marks<'e> {
    #[serde(borrow, default)]
    source: Option<Cow<'e, str>>,
    #[serde(borrow, default, rename = "detail-type")]
    detail_type: Option<Cow<'e, str>>,
    #[serde(borrow, default)]
    id: Option<Cow<'e, str>>,
    #[serde(borrow, default)]
    time: Option<Cow<'e, str>>,
    #[serde(default)]
    resources: Option<Vec<String>>,
    #[serde(default, rename = "requestContext")]
    request_context: Option<ContextMarks>,
    #[serde(default, rename = "httpMethod")]
    http_method: Option<IgnoredAny>,
    #[serde(borrow, default, rename = "Records")]
    records: Option<Vec<RecordMarks<'e>>>,
    /// Of senders that have no list of records, or another one.
    #[serde(borrow, default, rename = "eventSource")]
    event_source: Option<Cow<'e, str>>,
    /// What a gateway asks an authorizer about.
    #[serde(default, rename = "methodArn")]
    method_arn: Option<IgnoredAny>,
    /// The path in the first version of VPC Lattice's events.
    #[serde(default)]
    raw_path: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct ContextMarks {
    #[serde(default)]
    http: Option<IgnoredAny>,
    #[serde(default)]
    elb: Option<IgnoredAny>,
    #[serde(default, rename = "connectionId")]
    connection_id: Option<IgnoredAny>,
    /// In the second version of VPC Lattice's events.
    #[serde(default, rename = "serviceNetworkArn")]
    service_network: Option<IgnoredAny>,
}

impl ContextMarks {
    fn is_of_door(&self) -> bool {
        self.http.is_some() || self.elb.is_some() || self.connection_id.is_some()
    }
}

#[derive(Debug, Deserialize)]
struct RecordMarks<'e> {
    #[serde(borrow, default, rename = "eventSource", alias = "EventSource")]
    source: Option<Cow<'e, str>>,
    #[serde(borrow, default, rename = "eventSourceARN")]
    resource: Option<Cow<'e, str>>,
    #[serde(borrow, default, rename = "Sns")]
    notification: Option<NotificationMarks<'e>>,
}

#[derive(Debug, Deserialize)]
struct NotificationMarks<'e> {
    #[serde(borrow, default, rename = "TopicArn")]
    topic: Option<Cow<'e, str>>,
}

impl Marks<'_> {
    /// The resources that senders say the event is of.
    fn told(&self) -> impl Iterator<Item = &str> {
        let records = self.records.iter().flatten();
        let records = records.flat_map(|record| {
            let notification = record.notification.as_ref();
            let topic = notification.and_then(|notification| notification.topic.as_deref());
            [record.resource.as_deref(), topic]
        });
        let rules = self.resources.iter().flatten().map(String::as_str);
        records.flatten().chain(rules)
    }
}

impl Kind {
    /// `InvalidArgument` where the event is not marked, `Unsupported` where the mark is another's, and what `admit` says of
    /// a resource that the event is of.
    pub(super) fn of(event: &[u8], admit: impl Fn(&str) -> Result<()>) -> Result<Self> {
        let marks: Marks<'_> = serde_json::from_slice(event).map_err(|error| {
            Error::invalid("the event is not one of a sender that is known here").with_source(error)
        })?;
        let context = marks.request_context.as_ref();
        if marks.http_method.is_some() || context.is_some_and(ContextMarks::is_of_door) {
            return Ok(Self::Http);
        }
        marks.told().try_for_each(admit)?;
        let scheduler = matches!(
            marks.source.as_deref(),
            Some("aws.events" | "aws.scheduler")
        );
        if scheduler && marks.detail_type.as_deref() == Some("Scheduled Event") {
            return Tick::of(marks).map(Self::Schedule);
        }
        let records = marks.records.iter().flatten();
        let mut senders = records.map(|record| record.source.as_deref());
        let first = senders.next().flatten();
        if senders.any(|sender| sender != first) {
            return Err(Error::invalid("the event has records of several senders"));
        }
        match first {
            Some("aws:sqs") => Ok(Self::Queue),
            Some("aws:sns") => Ok(Self::Notifications),
            Some("aws:s3") => Ok(Self::Blobs),
            Some("aws:dynamodb") => Ok(Self::Changes),
            _ => Err(unsupported(&marks)),
        }
    }
}

/// Where the sender is known, and nothing that it sends is handled, it is named.
///
/// - VPC Lattice: <https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html>
/// - authorizers: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>
fn unsupported(marks: &Marks<'_>) -> Error {
    let records = marks.records.as_ref().and_then(|records| records.first());
    let sender = records.and_then(|record| record.source.as_deref());
    let context = marks.request_context.as_ref();
    let message = if let Some(source) = sender.or(marks.source.as_deref()) {
        format!("events of {source:?} are not handled here")
    } else if let Some(source) = &marks.event_source {
        format!("events of {source:?} in this form are not handled here")
    } else if marks.method_arn.is_some() {
        "events of a gateway that asks an authorizer are not handled here".to_owned()
    } else if marks.raw_path.is_some()
        || context.is_some_and(|context| context.service_network.is_some())
    {
        "events of VPC Lattice are not handled here".to_owned()
    } else {
        return Error::invalid("the event has no mark of a sender that is known here");
    };
    Error::new(ErrorKind::Unsupported, message)
}

/// Hands an event to the application, and says what Lambda is to be answered; an error makes it
/// deliver the event again.
pub(super) async fn wake(
    app: &AppService,
    kind: Kind,
    raw: Bytes,
    context: Context,
) -> Result<Box<RawValue>> {
    match kind {
        Kind::Queue => return queue::deliver(app, raw, context).await,
        Kind::Changes => return changes::deliver(app, raw, context).await,
        Kind::Schedule(tick) => tick::wake(app, tick, raw, context).await?,
        Kind::Notifications => notifications::deliver(app, raw, context).await?,
        Kind::Blobs => blobs::deliver(app, raw, context).await?,
        Kind::Http => {
            let message = "a request is no event";
            return Err(Error::new(ErrorKind::Internal, message));
        }
    }
    Ok(RawValue::NULL.to_owned())
}

/// Hands one event over, of which Lambda can only be told that all of it failed.
async fn handle(app: &AppService, event: Event) -> Result<()> {
    match app.handle(event).await? {
        Outcome::Ack | Outcome::Discard => Ok(()),
        _ => {
            let message = "the handler asked for the event to be delivered again";
            Err(Error::new(ErrorKind::Unavailable, message))
        }
    }
}

/// Hands all of them over, also behind one that fails; the first failure is the invocation's, which brings all of them back.
async fn hand_over(
    app: &AppService,
    events: impl IntoIterator<Item = Result<Event>>,
) -> Result<()> {
    let mut whole = Ok(());
    for event in events {
        let one = match event {
            Ok(event) => handle(app, event).await,
            Err(error) => Err(error),
        };
        whole = whole.and(one);
    }
    whole
}

/// The records of an event whose marks are known, each read by itself, so that one which cannot be read keeps back no other.
fn each_record<R: DeserializeOwned>(
    event: &[u8],
    what: &'static str,
) -> Result<impl Iterator<Item = Result<R>>> {
    let records: Vec<Box<RawValue>> = records(event, what)?;
    Ok(records.into_iter().enumerate().map(move |(at, record)| {
        let mut json = serde_json::Deserializer::from_str(record.get());
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path();
            let message = format!("the event is not one of {what}: Records[{at}].{path}: {error}");
            Error::invalid(message).with_source(error)
        })
    }))
}

/// The records of an event whose marks are known.
fn records<R: DeserializeOwned>(event: &[u8], what: &str) -> Result<Vec<R>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Records<R> {
        records: Vec<R>,
    }
    let mut json = serde_json::Deserializer::from_slice(event);
    let records: Records<R> = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let message = format!("the event is not one of {what}: {}: {error}", error.path());
        Error::invalid(message).with_source(error)
    })?;
    Ok(records.records)
}

/// The name at the end of an ARN.
fn name_of(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
