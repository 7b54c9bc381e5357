//! The messages of a batch, each to a handler that takes one.

use std::collections::HashSet;

use super::trigger::guarded;
use super::{Event, Message, Outcome};
use crate::error::{Error, ErrorKind, Result};

/// Hands the messages to `handler` one after another; what fails is to be delivered again.
///
/// Where a message of a group fails, those after it in the group wait for it, so that their order
/// is kept. When the time is up, what was not handled is delivered again too.
pub(super) async fn one_by_one<F>(
    batch: Event<Vec<Message>>,
    handler: impl Fn(Event<Message>) -> F + Send + Sync,
) -> Result<Outcome>
where
    F: Future<Output = Result<Outcome>> + Send,
{
    let only = batch.data.len() == 1;
    let mut again = Vec::new();
    let mut begun = false;
    let mut held_back = HashSet::new();
    for message in &batch.data {
        let waits = message
            .group
            .as_ref()
            .is_some_and(|group| held_back.contains(group));
        let late = || batch.context.remaining().is_some_and(|left| left.is_zero());
        let told = if waits || late() {
            // Where there was no time at all, it counts as a failure, which ends at some time.
            if begun {
                batch.context.note_unbegun(&message.id);
            }
            Ok(Outcome::Retry(None))
        } else {
            begun = true;
            guarded(&batch.context, || handler(single(&batch, message))).await
        };
        let told = match told {
            Ok(Outcome::Reply(_)) if !only => Err(of_several()),
            told => told,
        };
        match told {
            // With nothing else in the batch, the platform hears it as it was said.
            told if only => return told,
            Ok(Outcome::Ack | Outcome::Discard) => continue,
            Ok(Outcome::Retry(Some(wait))) => batch.context.note_wait(&message.id, wait),
            Ok(_) => {}
            Err(error) => {
                let id = &*message.id;
                tracing::error!(target: "isobar", ?error, id, "a message will be delivered again");
                batch.context.note_failure(id, error);
            }
        }
        held_back.extend(&message.group);
        again.push(message.id.clone());
    }
    Ok(if again.is_empty() {
        Outcome::Ack
    } else {
        Outcome::Partial(again)
    })
}

/// Whoever brings a batch takes one answer at most, and would not know to which message it belongs.
fn of_several() -> Error {
    let message = "the handler answers a message by an event, and the message came with others";
    Error::new(ErrorKind::Unsupported, message)
}

/// The event of one message of a batch.
fn single(batch: &Event<Vec<Message>>, message: &Message) -> Event<Message> {
    Event {
        id: message.id.clone(),
        source: batch.source.clone(),
        event_type: batch.event_type.clone(),
        time: message.sent_at.unwrap_or(batch.time),
        attributes: batch.attributes.clone(),
        data: message.clone(),
        raw: batch.raw.clone(),
        context: batch.context.clone(),
    }
}

#[cfg(test)]
mod tests;
