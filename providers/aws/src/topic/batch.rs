//! Messages as entries of requests, ten at a time and no larger together than one may be, sent until
//! it is known what became of each.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_smithy_types::error::operation::BuildError;
use isobar::driver::topic::text;
use isobar::driver::{Effect, Failure, RetryBudget, doubtful};
use isobar::function::OutgoingMessage;
use isobar::{Error, ErrorKind, Result};

use super::TopicKind;
use crate::error::service_kind;

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
}

/// What a message has where messages come in order.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) group: String,
    /// The same however often the message is sent.
    pub(super) deduplication: String,
}

/// What a service answered of one entry.
pub(super) struct Answered {
    pub(super) place: usize,
    pub(super) result: Result<String>,
}

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
        let body = text::seal(&message.body, &BTreeMap::new());
        let attributes = message.attributes.iter();
        let beside = attributes.map(|(name, value)| name.len() + value.len() + TYPE_BYTES);
        let bytes = (body.len() + beside.sum::<usize>()) as u64;
        if bytes > most {
            let what = "the size in bytes of the message as it is sent";
            return Err(Error::over_limit(ErrorKind::TooLarge, what, most, bytes));
        }
        let order = (kind == TopicKind::Fifo).then(|| {
            let deduplication = uuid();
            // A message without a group is in one of its own.
            let group = message
                .group
                .clone()
                .unwrap_or_else(|| deduplication.clone());
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
        })
    }

    /// Its name in the request.
    pub(super) fn id(&self) -> String {
        self.place.to_string()
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
    let mut results: Vec<Option<Result<String>>> = Vec::new();
    results.resize_with(messages.len(), || None);
    let mut set = |Answered { place, result }: Answered| {
        if let Some(slot) = results.get_mut(place) {
            *slot = Some(result);
        }
    };
    let mut entries = Vec::new();
    for numbered in messages.iter().enumerate() {
        match Entry::new(kind, numbered, most) {
            Ok(entry) => entries.push(entry),
            Err(error) => set(Answered {
                place: numbered.0,
                result: Err(error),
            }),
        }
    }
    for entries in requests(entries, most) {
        let answers = settled(request, budget, entries).await;
        answers.into_iter().for_each(&mut set);
    }
    let results = results.into_iter();
    results
        .map(|result| result.unwrap_or_else(|| Err(unanswered())))
        .collect()
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

/// Sends entries until each has its result (rule R21): those that were refused for now again, and all
/// of them after a lost answer only where the service knows them again.
async fn settled(
    request: &impl Batch,
    budget: &RetryBudget,
    mut waiting: Vec<Entry<'_>>,
) -> Vec<Answered> {
    let mut retries = budget.retries(RETRIES, PAUSE);
    let mut earlier = Effect::None;
    let mut done = Vec::new();
    loop {
        let refused = match request.send(&waiting).await {
            Ok(answers) => {
                retries.answered();
                sorted(answers, &mut waiting, &mut done)
            }
            Err(failure) => {
                let known_again = waiting.iter().all(|entry| entry.order.is_some());
                earlier = earlier.max(failure.effect);
                if earlier == Effect::Unknown && !known_again {
                    return ended(done, waiting, failure.error, earlier);
                }
                Some(failure.error)
            }
        };
        let Some(error) = refused else {
            return ended(done, waiting, unanswered(), Effect::Unknown);
        };
        match retries.pause_or(error) {
            Ok(pause) => tokio::time::sleep(pause).await,
            Err(error) => return ended(done, waiting, error, earlier),
        }
    }
}

/// Takes those away from `waiting` that are done; why the rest is to be sent again.
///
/// An entry is not sent again that would come behind a later one of its group.
fn sorted(
    answers: Vec<Answered>,
    waiting: &mut Vec<Entry<'_>>,
    done: &mut Vec<Answered>,
) -> Option<Error> {
    let mut again = None;
    let stored = |place: usize| {
        let mut answers = answers.iter();
        answers.any(|answer| answer.place == place && answer.result.is_ok())
    };
    let overtaken = |entry: &Entry<'_>| {
        let group = entry.message.group.as_ref();
        let mut later = waiting.iter().filter(|other| other.place > entry.place);
        group.is_some()
            && later.any(|other| other.message.group.as_ref() == group && stored(other.place))
    };
    let lost: Vec<usize> = (waiting.iter().filter(|entry| overtaken(entry)))
        .map(|entry| entry.place)
        .collect();
    for answer in answers {
        match &answer.result {
            Err(error) if error.retryable() && !lost.contains(&answer.place) => {
                again = answer.result.err();
            }
            _ => {
                waiting.retain(|entry| entry.place != answer.place);
                done.push(answer);
            }
        }
    }
    again
}

/// The results of all: those that are still waiting have failed so.
fn ended(
    mut done: Vec<Answered>,
    waiting: Vec<Entry<'_>>,
    error: Error,
    effect: Effect,
) -> Vec<Answered> {
    let error = doubtful(error, effect);
    let failed = waiting.into_iter().map(|entry| Answered {
        place: entry.place,
        result: Err(again(&error)),
    });
    done.extend(failed);
    done
}

/// The same error for another message.
fn again(error: &Error) -> Error {
    let same = Error::new(error.kind(), error.message().to_owned())
        .with_provider_code(error.provider_code(), error.request_id())
        .with_retryable(error.retryable());
    let same = match error.retry_after() {
        Some(wait) => same.with_retry_after(wait),
        None => same,
    };
    if error.outcome_unknown() {
        same.with_outcome_unknown()
    } else {
        same
    }
}

fn unanswered() -> Error {
    Error::new(
        ErrorKind::Internal,
        "the service did not say what became of the message",
    )
}

/// An entry that was stored, under this id.
pub(super) fn stored(entry: &str, id: Option<&str>) -> Option<Answered> {
    let result = id
        .map(str::to_owned)
        .ok_or_else(|| unanswered().with_outcome_unknown());
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

/// An entry that was not stored, with what the service says of it.
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
    Some(Answered {
        place: entry.parse().ok()?,
        result: Err(error.with_provider_code(Some(code), None)),
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
