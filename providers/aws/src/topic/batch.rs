//! Messages as entries of requests, ten at a time and no larger together than one may be, sent until
//! it is known what became of each.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_smithy_types::error::operation::BuildError;
use isobar::driver::topic::{FailedGroups, text, too_large_as_sent};
use isobar::driver::{Effect, Failure, RetryBudget, doubtful};
use isobar::function::OutgoingMessage;
use isobar::{Error, ErrorKind, Result};

use super::TopicKind;
use crate::error::{code_kind, service_kind};
use crate::message::{ALONE, may_be_notification};

/// Entries of one request ("Amazon SQS message quotas", "Amazon SNS endpoints and quotas").
pub(super) const ENTRIES: usize = 10;
/// What an attribute counts beside its name and value: the name of its type.
const TYPE_BYTES: usize = "String".len();
/// How often a request is sent again, and after how long at most the first time.
pub(super) const RETRIES: u32 = 3;
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// One message of a request.
#[derive(Debug)]
pub(super) struct Entry<'m> {
    /// Its place among the messages that were given.
    place: usize,
    pub(super) body: String,
    pub(super) message: &'m OutgoingMessage,
    pub(super) order: Option<Order>,
    bytes: u64,
    /// What may have come of it so far, although no answer says so.
    earlier: Effect,
}

/// What a message has where messages come in order.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) group: String,
    /// The same however often the message is sent: the sender's, or else one of its own.
    pub(super) deduplication: String,
}

/// What a service answered of one entry.
pub(super) struct Answered {
    place: usize,
    result: Result<String, Failure>,
}

/// What became of a message.
struct Done {
    place: usize,
    result: Result<String>,
}

/// What goes with the body of a message, on the builder of an entry; those of the two services share no type.
macro_rules! built_entry {
    ($builder:expr, $entry:expr) => {{
        let mut request = $builder.id($entry.id());
        for (name, value) in &$entry.message.attributes {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value);
            request = request.message_attributes(name, value.build()?);
        }
        if let Some(order) = &$entry.order {
            request = request
                .message_group_id(&order.group)
                .message_deduplication_id(&order.deduplication);
        }
        request.build()
    }};
}
pub(super) use built_entry;

/// A request that takes several entries.
pub(super) trait Batch: Sync {
    /// Sends it once.
    fn send(
        &self,
        entries: &[Entry<'_>],
    ) -> impl Future<Output = Result<Vec<Answered>, Failure>> + Send;
}

impl<'m> Entry<'m> {
    fn new(
        kind: TopicKind,
        (place, message): (usize, &'m OutgoingMessage),
        most: u64,
    ) -> Result<Self> {
        let body = sealed(&message.body);
        let attributes = message.attributes.iter();
        let beside = attributes.map(|(name, value)| name.len() + value.len() + TYPE_BYTES);
        let bytes = (body.len() + beside.sum::<usize>()) as u64;
        if bytes > most {
            return Err(too_large_as_sent(most, bytes));
        }
        let group = message.group.as_deref().unwrap_or_default();
        if kind == TopicKind::Fifo && group.starts_with(ALONE) {
            let message = format!("a group whose name begins with {ALONE:?} is one of no group");
            return Err(Error::invalid(message));
        }
        let order = (kind == TopicKind::Fifo).then(|| {
            let deduplication = message.deduplication.clone().unwrap_or_else(uuid);
            let alone = || format!("{ALONE}{deduplication}");
            let group = message.group.clone().unwrap_or_else(alone);
            Order {
                group,
                deduplication,
            }
        });
        Ok(Self {
            place,
            body,
            message,
            order,
            bytes,
            earlier: Effect::None,
        })
    }

    /// Whether sending it once more may make two of it.
    fn may_double(&self) -> bool {
        self.earlier == Effect::Unknown && self.order.is_none()
    }

    fn failed(&self, error: Error) -> Done {
        Done {
            place: self.place,
            result: Err(doubtful(error, self.earlier)),
        }
    }

    /// Its name in the request.
    pub(super) fn id(&self) -> String {
        self.place.to_string()
    }
}

/// The body as text: as it is, unless no text is or receivers would take it for something else.
fn sealed(body: &[u8]) -> String {
    let none = BTreeMap::new();
    match std::str::from_utf8(body) {
        Ok(text) if may_be_notification(text) => text::seal_always(body, &none),
        _ => text::seal(body, &none),
    }
}

fn uuid() -> String {
    isobar::document::Version::generate().as_str().to_owned()
}

/// Sends messages in as many requests as that takes; `most` is what a request holds.
pub(super) async fn publish(
    request: &impl Batch,
    (kind, most): (TopicKind, u64),
    budget: &RetryBudget,
    messages: &[OutgoingMessage],
) -> Vec<Result<String>> {
    let mut results = Results::of(messages);
    let mut entries = Vec::new();
    for (place, message) in messages.iter().enumerate() {
        match Entry::new(kind, (place, message), most) {
            Ok(entry) => entries.push(entry),
            Err(error) => results.set(Done {
                place,
                result: Err(error),
            }),
        }
    }
    for entries in requests(entries, most) {
        let (held, entries): (Vec<_>, Vec<_>) =
            (entries.into_iter()).partition(|entry| results.failed_before(entry));
        for entry in held {
            results.set(entry.failed(FailedGroups::held()));
        }
        if entries.is_empty() {
            continue;
        }
        for done in settled(request, budget, entries).await {
            results.set(done);
        }
    }
    results.told()
}

/// What became of each message so far.
struct Results<'m> {
    messages: &'m [OutgoingMessage],
    told: Vec<Option<Result<String>>>,
}

impl<'m> Results<'m> {
    fn of(messages: &'m [OutgoingMessage]) -> Self {
        let told = messages.iter().map(|_| None).collect();
        Self { messages, told }
    }

    fn set(&mut self, Done { place, result }: Done) {
        if let Some(slot) = self.told.get_mut(place) {
            *slot = Some(result);
        }
    }

    /// Whether a message before this one in its group has failed.
    fn failed_before(&self, entry: &Entry<'_>) -> bool {
        let mut failed = FailedGroups::default();
        let before = self.messages.iter().zip(&self.told).take(entry.place);
        for (message, result) in before {
            if let Some(result) = result {
                failed.note(message, result);
            }
        }
        failed.hold(entry.message)
    }

    fn told(self) -> Vec<Result<String>> {
        let told = self.told.into_iter();
        told.map(|result| result.unwrap_or_else(|| Err(unanswered().with_outcome_unknown())))
            .collect()
    }
}

/// Divides entries, in their order, into requests.
fn requests(entries: Vec<Entry<'_>>, most: u64) -> Vec<Vec<Entry<'_>>> {
    let mut requests: Vec<Vec<Entry<'_>>> = Vec::new();
    let mut left = 0;
    for entry in entries {
        let bytes = entry.bytes;
        match requests.last_mut() {
            Some(request) if request.len() < ENTRIES && bytes <= left => request.push(entry),
            _ => {
                requests.push(vec![entry]);
                left = most;
            }
        }
        left = left.saturating_sub(bytes);
    }
    requests
}

/// Sends entries until each has its result (rule R21): those that were refused for now again, and those
/// of which something may have come only where the service knows them again.
async fn settled(
    request: &impl Batch,
    budget: &RetryBudget,
    mut waiting: Vec<Entry<'_>>,
) -> Vec<Done> {
    let mut retries = budget.retries(RETRIES, PAUSE);
    let mut done = Vec::new();
    loop {
        let error = match request.send(&waiting).await {
            Ok(answers) => {
                retries.answered();
                match sorted(answers, &mut waiting, &mut done) {
                    Some(error) => error,
                    None => return done,
                }
            }
            Err(Failure { error, effect }) => {
                for entry in &mut waiting {
                    entry.earlier = entry.earlier.max(effect);
                }
                if waiting.iter().any(Entry::may_double) {
                    return ended(done, &waiting, error);
                }
                error
            }
        };
        match retries.pause_or(error) {
            Ok(pause) => tokio::time::sleep(pause).await,
            Err(error) => return ended(done, &waiting, error),
        }
    }
}

/// Takes those away from `waiting` that are done; why the rest, if any, is to be sent again.
fn sorted(
    answers: Vec<Answered>,
    waiting: &mut Vec<Entry<'_>>,
    done: &mut Vec<Done>,
) -> Option<Error> {
    let overtaken = overtaken(&answers, waiting);
    let mut answers: BTreeMap<usize, Result<String, Failure>> = (answers.into_iter())
        .map(|answer| (answer.place, answer.result))
        .collect();
    let mut again = None;
    let mut failed = FailedGroups::default();
    waiting.retain_mut(|entry| {
        let Failure { error, effect } = match answers.remove(&entry.place) {
            Some(Ok(id)) => {
                let (place, result) = (entry.place, Ok(id));
                done.push(Done { place, result });
                return false;
            }
            Some(Err(failure)) => failure,
            None => unmentioned(),
        };
        entry.earlier = entry.earlier.max(effect);
        let once_more = error.retryable()
            && !entry.may_double()
            && !overtaken.contains(&entry.place)
            && !failed.hold(entry.message);
        if once_more {
            again = Some(error);
        } else {
            let ended = entry.failed(error);
            failed.note(entry.message, &ended.result);
            done.push(ended);
        }
        once_more
    });
    again
}

/// The entries that would come behind a later one of their group if they were sent again.
fn overtaken(answers: &[Answered], waiting: &[Entry<'_>]) -> Vec<usize> {
    let stored = |place: usize| {
        let mut answers = answers.iter();
        answers.any(|answer| answer.place == place && answer.result.is_ok())
    };
    let overtaken = waiting.iter().filter(|entry| {
        let group = entry.message.group.as_ref();
        let mut later = waiting.iter().filter(|other| other.place > entry.place);
        group.is_some()
            && later.any(|other| other.message.group.as_ref() == group && stored(other.place))
    });
    overtaken.map(|entry| entry.place).collect()
}

/// The results of all: those that are still waiting have failed so.
fn ended(mut done: Vec<Done>, waiting: &[Entry<'_>], error: Error) -> Vec<Done> {
    let others = waiting.iter().skip(1);
    done.extend(others.map(|entry| entry.failed(error.again())));
    done.extend(waiting.first().map(|entry| entry.failed(error)));
    done
}

fn unanswered() -> Error {
    Error::new(
        ErrorKind::Internal,
        "the service did not say what became of the message",
    )
}

/// Nothing is known of an entry that the answer leaves out.
fn unmentioned() -> Failure {
    Failure {
        error: unanswered(),
        effect: Effect::Unknown,
    }
}

/// An entry that was stored, under this id.
pub(super) fn stored(entry: &str, id: Option<&str>) -> Option<Answered> {
    let result = id.map(str::to_owned).ok_or_else(unmentioned);
    Some(Answered {
        place: entry.parse().ok()?,
        result,
    })
}

/// Whose fault it is that an entry was not stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Sender,
    Service,
}

impl From<bool> for Side {
    fn from(is_sender: bool) -> Self {
        if is_sender {
            Self::Sender
        } else {
            Self::Service
        }
    }
}

/// An entry that was not stored, with what the service says of it; after a failure of its own that no
/// code tells, it may have been.
pub(super) fn refused(
    entry: &str,
    code: &str,
    message: Option<&str>,
    at_fault: Side,
) -> Option<Answered> {
    let status = match at_fault {
        Side::Sender => 400,
        Side::Service => 500,
    };
    let kind = service_kind(Some(code), message, status);
    let told = message.unwrap_or("no message");
    let error = Error::new(kind, format!("the service answered {code}: {told}"));
    let known = code_kind(code).is_some_and(|kind| kind != ErrorKind::Unavailable);
    let effect = match at_fault {
        Side::Service if !known => Effect::Unknown,
        Side::Sender | Side::Service => Effect::None,
    };
    Some(Answered {
        place: entry.parse().ok()?,
        result: Err(Failure {
            error: error.with_provider_code(Some(code), None),
            effect,
        }),
    })
}

/// A request that could not be put together.
pub(super) fn unbuilt(error: BuildError) -> Failure {
    let error =
        Error::new(ErrorKind::Internal, "the request could not be built").with_source(error);
    Failure {
        error,
        effect: Effect::None,
    }
}
