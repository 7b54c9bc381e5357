//! What is told of many messages where some are not sent.

use std::future::pending;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use serde_json::json;

use super::*;
use crate::capability::Capabilities;
use crate::driver::SystemClock;
use crate::driver::function::FunctionDescription;
use crate::environment::Environment;
use crate::function::{App, Outcome, TopicSpec};

/// What becomes of a message, as its body says.
const REFUSED: &str = "refused";
const FAILED: &str = "all failed";
const LOST: &str = "lost";

/// A store that takes two messages at once, and keeps what it was asked to send.
#[derive(Debug, Default)]
struct Pairs(Mutex<Vec<OutgoingMessage>>);

#[async_trait]
impl TopicDriver for Pairs {
    fn describe(&self) -> TopicDescription {
        TopicDescription {
            provider: "test",
            capabilities: Capabilities::of(&[Capability::Publish, Capability::MessageGroups]),
            message_bytes: 100,
            batch: 2,
        }
    }

    async fn publish(&self, _: &str, messages: &[OutgoingMessage]) -> Result<Vec<Result<String>>> {
        let asked = messages.to_vec();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(asked);
        let error = || Error::new(ErrorKind::Throttled, "slow down");
        if messages.iter().any(|message| message.body == LOST) {
            pending::<()>().await;
        }
        if messages.iter().any(|message| message.body == FAILED) {
            return Err(error());
        }
        let results = messages.iter().map(|message| {
            if message.body == REFUSED {
                return Err(error());
            }
            Ok(String::from_utf8_lossy(&message.body).into_owned())
        });
        Ok(results.collect())
    }
}

type Sent = Result<Vec<Result<String>>>;

/// The results for messages with these bodies and groups, and what the store was asked to send.
async fn publish<const N: usize>(messages: [(&'static str, &str); N]) -> (Sent, Vec<String>) {
    let pairs = Arc::new(Pairs::default());
    let clock = Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))));
    let topic = Topic::new(Arc::clone(&pairs) as _, clock, "jobs".to_owned());
    let messages = messages.map(|(body, group)| {
        let message = OutgoingMessage::new(body);
        if group.is_empty() {
            message
        } else {
            message.group(group)
        }
    });
    let sent = topic.publish_all(&messages).await;
    let asked = pairs.0.lock().unwrap_or_else(PoisonError::into_inner);
    let bodies = asked.iter();
    let bodies = bodies.map(|message| String::from_utf8_lossy(&message.body).into_owned());
    (sent, bodies.collect())
}

#[tokio::test]
async fn after_a_batch_that_fails_the_ids_of_those_before_it_are_told_and_nothing_more_is_sent() {
    let (sent, asked) = publish([("a", ""), ("b", ""), (FAILED, ""), ("c", ""), ("d", "")]).await;
    let sent = sent.unwrap();
    assert_eq!(asked, ["a", "b", FAILED, "c"]);
    assert_eq!(sent[0].as_deref().unwrap(), "a");
    assert_eq!(sent[1].as_deref().unwrap(), "b");
    for failed in &sent[2..] {
        let error = failed.as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled);
        assert!(!error.outcome_unknown() && error.retryable());
        assert!(error.to_string().contains("topic.publish on"), "{error}");
    }
}

#[tokio::test]
async fn where_the_first_batch_fails_the_error_is_that_of_all() {
    let (sent, asked) = publish([(FAILED, ""), ("b", ""), ("c", "")]).await;
    assert_eq!(sent.unwrap_err().kind(), ErrorKind::Throttled);
    assert_eq!(asked, [FAILED, "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_takes_too_long_costs_no_id_of_those_before_it() {
    let messages = [("a", ""), ("b", ""), ("c", ""), (LOST, ""), ("d", "")];
    let (sent, asked) = publish(messages).await;
    let sent = sent.unwrap();
    assert_eq!(asked, ["a", "b", "c", LOST]);
    assert!(sent[0].is_ok() && sent[1].is_ok());
    let unknown = sent[2..].iter();
    let unknown = unknown.map(|failed| failed.as_ref().unwrap_err().outcome_unknown());
    assert_eq!(unknown.collect::<Vec<_>>(), [true, true, false]);
}

#[tokio::test]
async fn behind_a_failed_message_of_its_group_none_is_sent() {
    let messages = [
        ("a", "red"),
        (REFUSED, "red"),
        ("b", "red"),
        ("c", "blue"),
        ("d", "red"),
        ("e", ""),
    ];
    let (sent, asked) = publish(messages).await;
    let sent = sent.unwrap();
    assert_eq!(asked, ["a", REFUSED, "c", "e"]);
    let is_ok = sent.iter().map(Result::is_ok).collect::<Vec<_>>();
    assert_eq!(is_ok, [true, false, false, true, false, true]);
    for held in [&sent[2], &sent[4]] {
        let error = held.as_ref().unwrap_err();
        assert!(error.retryable() && !error.outcome_unknown(), "{error}");
    }
}

/// A store of messages without groups.
#[derive(Debug)]
struct Plain;

#[async_trait]
impl TopicDriver for Plain {
    fn describe(&self) -> TopicDescription {
        TopicDescription {
            capabilities: Capabilities::of(&[Capability::Publish]),
            ..Pairs::default().describe()
        }
    }

    async fn publish(&self, _: &str, _: &[OutgoingMessage]) -> Result<Vec<Result<String>>> {
        Ok(Vec::new())
    }
}

/// An application that sends to a topic, and is woken by one, whose order is declared.
fn shop() -> App<Topic> {
    const SENT: TopicSpec = TopicSpec::new("payments").ordered();
    const HEARD: TopicSpec = TopicSpec::new("orders").ordered();
    const OTHER: TopicSpec = TopicSpec::new("mails");
    let app = App::new("shop", |environment| environment.topic(&SENT));
    let app = app.topic(&SENT).topic(&OTHER);
    app.subscribe(&HEARD, |_, _| ready(Ok(Outcome::Ack)))
}

#[test]
fn a_topic_whose_order_is_declared_is_told_and_needs_a_store_that_keeps_it() {
    let told = serde_json::to_value(shop().describe()).unwrap();
    assert_eq!(told["orderedTopics"], json!(["orders", "payments"]));
    assert_eq!(told["topics"], json!(["payments", "mails"]));
    let stores: [Arc<dyn TopicDriver>; 2] = [Arc::new(Pairs::default()), Arc::new(Plain)];
    let [keeps, mixes] = stores.map(|store| {
        let platform = FunctionDescription {
            provider: "test",
            capabilities: Capabilities::of(&[Capability::Messages]),
        };
        let clock = Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))));
        let environment = Environment::builder(platform, clock).topics(store);
        shop().build(&environment.build()).map(drop)
    });
    keeps.unwrap();
    let error = mixes.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("payments") && cause.contains("message-groups"),
        "{cause}"
    );
}

#[tokio::test]
async fn an_id_to_be_known_again_by_is_refused_where_the_store_knows_none() {
    let pairs = Arc::new(Pairs::default());
    let clock = Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))));
    let topic = Topic::new(Arc::clone(&pairs) as _, clock, "jobs".to_owned());
    let messages = [
        OutgoingMessage::new("a"),
        OutgoingMessage::new("b").deduplication("1"),
    ];
    let error = topic.publish_all(&messages).await.unwrap_err();
    assert_eq!(error.capability(), Some(Capability::MessageDeduplication));
    let asked = pairs.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(asked.is_empty(), "{asked:?}");
}
