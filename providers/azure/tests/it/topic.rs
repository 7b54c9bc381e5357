//! Queues of Azure Storage behind a proxy, and what others find in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use isobar::driver::function::FunctionDescription;
use isobar::driver::topic::TopicDriver as _;
use isobar::driver::{SystemClock, within};
use isobar::function::{OutgoingMessage, Topic, TopicSpec};
use isobar::{Capabilities, Capability, Environment, ErrorKind};
use isobar_azure::AzureQueues;
use isobar_azure::config::queue::QueuePlace;
use isobar_fault_proxy::{Answer, Fault, Protocol, Proxy};

use crate::emulator;

const JOBS: TopicSpec = TopicSpec::new("jobs");
/// What all requests that send have in their head.
const SEND: &str = "messagettl=-1";

fn queues(address: &str) -> AzureQueues {
    let account = "devstoreaccount1";
    let url = format!("azure-queue://{account}?endpoint=http://{address}/{account}");
    let place = QueuePlace::parse(&url).expect("a place");
    place.open().expect("queues")
}

fn clock() -> SystemClock {
    SystemClock(|span| Box::pin(tokio::time::sleep(span)))
}

/// A new queue with a proxy before it, and what looks into it.
struct Queue {
    topic: Topic,
    faults: Proxy,
    direct: AzureQueues,
    name: String,
}

async fn fresh() -> Queue {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let prefix = format!("t{}-{count}-", std::process::id());
    let name = format!("{prefix}jobs");
    let address = format!("127.0.0.1:{}", emulator::queue_port());
    let direct = queues(&address);
    let made = direct.client().queue_client(&name).expect("a name");
    made.create(None).await.expect("a queue");
    let upstream = address.parse().expect("an address");
    let faults = Proxy::before(upstream, Protocol::Http1).await;
    let faults = faults.expect("a port");
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::default(),
    };
    let environment = Environment::builder(platform, Arc::new(clock()))
        .topics(Arc::new(queues(&faults.address().to_string())))
        .topic_prefix(prefix)
        .build();
    Queue {
        topic: environment.topic(&JOBS).expect("a topic"),
        faults,
        direct,
        name,
    }
}

impl Queue {
    /// What others fetch, with the Base64 taken off, as the Functions host does.
    async fn texts(&self) -> Vec<String> {
        let client = self.direct.client().queue_client(&self.name);
        let client = client.expect("a name");
        let mut texts = Vec::new();
        loop {
            let answer = client.receive_messages(None).await.expect("an answer");
            let messages = answer.into_model().expect("messages").items;
            let Some(message) = messages.into_iter().flatten().next() else {
                return texts;
            };
            let text = message.message_text.expect("a text");
            let bytes = STANDARD.decode(text).expect("Base64");
            texts.push(String::from_utf8(bytes).expect("a text"));
        }
    }
}

#[tokio::test]
async fn text_is_what_others_send_and_the_rest_is_sealed() {
    let queue = fresh().await;
    let plain = OutgoingMessage::new("caf\u{e9}");
    queue.topic.publish(plain).await.expect("it is sent");
    let rest = OutgoingMessage::new(vec![0, 255]).attribute("kind", "x");
    queue.topic.publish(rest).await.expect("it is sent");
    let sealed = r#"isobar-message:{"attributes":{"kind":"x"},"body":"AP8="}"#;
    assert_eq!(queue.texts().await, ["caf\u{e9}", sealed]);
}

#[tokio::test]
async fn after_a_lost_answer_nothing_is_sent_again() {
    let queue = fresh().await;
    queue.faults.plan(Fault::CutAfter.on(SEND));
    let sent = queue.topic.publish(OutgoingMessage::new("once")).await;
    let error = sent.expect_err("its answer is lost");
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(queue.faults.count(SEND), 1);
    assert_eq!(queue.texts().await, ["once"]);
}

#[tokio::test]
async fn what_is_refused_for_now_is_sent_again() {
    let queue = fresh().await;
    let busy = Answer::Throttled(std::time::Duration::ZERO);
    queue.faults.plan(Fault::Refuse(busy).on(SEND).times(2));
    let sent = queue.topic.publish(OutgoingMessage::new("late")).await;
    sent.expect("it is sent");
    assert_eq!(queue.faults.count(SEND), 3);
    assert_eq!(queue.texts().await, ["late"]);
}

#[tokio::test]
async fn groups_and_what_is_too_large_when_it_is_sealed_are_refused() {
    let queue = fresh().await;
    let grouped = queue.topic.publish(OutgoingMessage::new("x").group("g"));
    let error = grouped.await.expect_err("there are no groups");
    assert_eq!(error.capability(), Some(Capability::MessageGroups));
    let bytes = OutgoingMessage::new(vec![0; 40_000]);
    let error = queue.topic.publish(bytes).await.expect_err("too large");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(queue.faults.count(SEND), 0);
}

/// Of twenty-four that are sent eight at a time, the last eight are never answered.
#[tokio::test]
async fn when_the_time_is_up_the_results_that_are_known_are_told() {
    let queue = fresh().await;
    queue
        .faults
        .plan(Fault::HoleBefore.on(SEND).times(8).after(8));
    let through = queues(&queue.faults.address().to_string());
    let messages: Vec<_> = (0..24)
        .map(|number| OutgoingMessage::new(format!("{number}")))
        .collect();
    let publish = through.publish(&queue.name, &messages);
    let sent = within(&clock(), Duration::from_secs(3), publish).await;
    let sent = sent.expect("a result for each");
    let stored = sent.iter().filter(|result| result.is_ok()).count();
    let errors: Vec<_> = sent
        .iter()
        .filter_map(|result| result.as_ref().err())
        .collect();
    let (unknown, unsent): (Vec<_>, Vec<_>) = errors
        .into_iter()
        .partition(|error| error.outcome_unknown());
    assert_eq!((stored, unknown.len(), unsent.len()), (8, 8, 8));
    for error in unsent {
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
        assert!(error.retryable());
    }
    assert_eq!(queue.texts().await.len(), 8);
}
