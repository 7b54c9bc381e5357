//! Topics whose groups of messages must come in their order: which platforms keep it, and what a
//! person has to do for it.

use crate::application::Application;
use crate::error::{Error, Result};
use crate::target::Target;

/// Refuses what would come in another order than it is declared to come in.
pub(crate) fn check(target: Target, application: &Application) -> Result<()> {
    match application.ordered_topics.first() {
        Some(topic) if target == Target::Azure => Err(Error::unsupported(format!(
            "the topic {topic:?} is declared to keep the order of its groups, and queues of Azure Storage keep none"
        ))),
        _ => Ok(()),
    }
}

/// What is to be set up by hand, so that messages come in their order.
pub(crate) fn notes(target: Target, application: &Application) -> Vec<String> {
    if target.is_aws() {
        return of_aws(application);
    }
    let subscribed = application.ordered_topics.iter();
    let subscribed = subscribed.filter(|topic| application.subscriptions.contains(*topic));
    let sent = application.ordered_topics.iter();
    let sent = sent.filter(|topic| application.topics.contains(*topic));
    let how = match target {
        Target::Gcp => "its subscription in resources.tf.json has enable_message_ordering",
        Target::Knative => {
            "its broker has to keep it, as that of Kafka does (delivery.order of its Trigger, and a partition key of \
             each event, which is the group)"
        }
        _ => "what wakes the application for it has to keep it",
    };
    let subscribed =
        subscribed.map(|topic| format!("the topic {topic:?} keeps the order of its groups: {how}"));
    let store = |topic: &String| {
        format!(
            "the topic {topic:?} keeps the order of its groups: ISOBAR_TOPICS has to name a store that does, or the \
             application does not start"
        )
    };
    // The store that the files name on Google Cloud keeps it.
    let stores = sent.filter(|_| target != Target::Gcp).map(store);
    subscribed.chain(stores).collect()
}

/// What else becomes of other topics than of those that are declared so.
fn of_aws(application: &Application) -> Vec<String> {
    if !application.sends_in_order() {
        return Vec::new();
    }
    let others = application.topics.difference(&application.ordered_topics);
    let others = others.map(|topic| {
        format!(
            "the topic {topic:?} is first in, first out as well: all to which the application sends are of one kind"
        )
    });
    others.collect()
}
