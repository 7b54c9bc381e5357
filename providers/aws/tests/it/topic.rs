//! Queues of SQS behind a proxy: answers that are lost, entries that are refused, requests of a size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::QueueAttributeName;
use isobar::driver::function::FunctionDescription;
use isobar::function::{OutgoingMessage, Topic, TopicSpec};
use isobar::{Capabilities, Environment, ErrorKind};
use isobar_aws::SqsQueues;
use isobar_aws::topic::TopicKind;
use isobar_fault_proxy::{Answer, Fault, Proxy};
use serde_json::{Value, json};

use crate::{clock, emulator};

const JOBS: TopicSpec = TopicSpec::new("jobs");
/// What all requests that send have in their head.
const SEND: &str = "AmazonSQS.SendMessageBatch";

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// A new queue with a proxy before it, and what looks into it.
struct Queue {
    topic: Topic,
    faults: Proxy,
    direct: Client,
    url: String,
}

async fn fresh(kind: TopicKind) -> Queue {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let prefix = format!("t{}-{count}-", std::process::id());
    let direct = client(emulator::endpoint());
    let fifo = kind == TopicKind::Fifo;
    let suffix = if fifo { ".fifo" } else { "" };
    let mut made = direct.create_queue();
    made = made.queue_name(format!("{prefix}jobs{suffix}"));
    if fifo {
        made = made.attributes(QueueAttributeName::FifoQueue, "true");
    }
    let url = made.send().await.expect("a queue").queue_url;
    let faults = emulator::behind_a_proxy().await;
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::default(),
    };
    let queues = SqsQueues::new(&client(&faults.url()), kind);
    let environment = Environment::builder(platform, clock())
        .topics(Arc::new(queues))
        .topic_prefix(prefix)
        .build();
    Queue {
        topic: environment.topic(&JOBS).expect("a topic"),
        faults,
        direct,
        url: url.expect("its URL"),
    }
}

impl Queue {
    /// The bodies of what is in the queue, which stays hidden for a while.
    async fn bodies(&self) -> Vec<String> {
        let asked = self.direct.receive_message().queue_url(&self.url);
        let asked = asked.max_number_of_messages(10).send();
        let messages = asked.await.expect("an answer").messages.unwrap_or_default();
        messages
            .into_iter()
            .filter_map(|message| message.body)
            .collect()
    }
}

fn message(body: &str) -> OutgoingMessage {
    OutgoingMessage::new(body.to_owned())
}

#[tokio::test]
async fn after_a_lost_answer_a_standard_queue_is_not_asked_again() {
    let queue = fresh(TopicKind::Standard).await;
    queue.faults.plan(Fault::CutAfter.on(SEND));
    let error = queue.topic.publish(message("once")).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(queue.faults.count(SEND), 1);
    assert_eq!(queue.bodies().await, ["once"]);
}

#[tokio::test]
async fn after_a_lost_answer_a_fifo_queue_knows_the_message_again() {
    let queue = fresh(TopicKind::Fifo).await;
    queue.faults.plan(Fault::CutAfter.on(SEND).times(2));
    queue
        .topic
        .publish(message("once").group("g"))
        .await
        .unwrap();
    assert_eq!(queue.faults.count(SEND), 3);
    assert_eq!(queue.bodies().await, ["once"]);
}

#[tokio::test]
async fn what_is_refused_for_now_is_sent_again() {
    let queue = fresh(TopicKind::Standard).await;
    let throttled = Answer::Throttled(std::time::Duration::ZERO);
    queue
        .faults
        .plan(Fault::Refuse(throttled).on(SEND).times(2));
    queue.topic.publish(message("late")).await.unwrap();
    assert_eq!(queue.faults.count(SEND), 3);
    assert_eq!(queue.bodies().await, ["late"]);
}

/// The answer to three entries of which the second was not stored.
fn second_refused(code: &str, sender: bool) -> Fault {
    refused(&["0", "2"], &[("1", code, sender)])
}

/// The answer to entries of which these were stored and those were not, each with its code and whether that is the sender's
/// fault.
fn refused(stored: &[&str], failed: &[(&str, &str, bool)]) -> Fault {
    let stored = stored.iter();
    let stored =
        stored.map(|id| json!({ "Id": id, "MessageId": format!("m{id}"), "MD5OfMessageBody": "" }));
    let failed = failed.iter().map(|(id, code, sender)| {
        json!({ "Id": id, "Code": code, "SenderFault": sender, "Message": "no" })
    });
    let body = json!({
        "Successful": stored.collect::<Vec<_>>(),
        "Failed": failed.collect::<Vec<_>>(),
    });
    Fault::Refuse(Answer::Http {
        status: 200,
        content_type: "application/x-amz-json-1.0",
        body: body.to_string(),
    })
}

#[tokio::test]
async fn of_a_request_only_the_entry_that_was_refused_for_now_is_sent_again() {
    let queue = fresh(TopicKind::Standard).await;
    queue
        .faults
        .plan(second_refused("RequestThrottled", false).on(SEND));
    let messages = ["a", "b", "c"].map(message);
    let sent = queue.topic.publish_all(&messages).await.unwrap();
    let ids: Vec<_> = sent.into_iter().map(Result::unwrap).collect();
    assert_eq!((&*ids[0], &*ids[2]), ("m0", "m2"));
    assert_eq!(queue.faults.count(SEND), 2);
    assert_eq!(queue.bodies().await, ["b"]);
}

#[tokio::test]
async fn an_entry_that_is_wrong_fails_alone() {
    let queue = fresh(TopicKind::Standard).await;
    queue
        .faults
        .plan(second_refused("InvalidMessageContents", true).on(SEND));
    let messages = ["a", "b", "c"].map(message);
    let sent = queue.topic.publish_all(&messages).await.unwrap();
    let error = sent[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(error.provider_code(), Some("InvalidMessageContents"));
    let shown = error.to_string();
    assert!(
        shown.contains("topic.publish on") && !error.outcome_unknown(),
        "{shown}"
    );
    assert!(sent[0].is_ok() && sent[2].is_ok());
    assert_eq!(queue.faults.count(SEND), 1);
}

/// A standard queue may have stored it all the same, and would have it twice.
#[tokio::test]
async fn an_entry_at_which_the_service_failed_is_not_sent_again_where_it_is_not_known_again() {
    let queue = fresh(TopicKind::Standard).await;
    queue
        .faults
        .plan(second_refused("InternalError", false).on(SEND));
    let messages = ["a", "b", "c", "not mentioned"].map(message);
    let sent = queue.topic.publish_all(&messages).await.unwrap();
    for failed in [&sent[1], &sent[3]] {
        assert!(failed.as_ref().unwrap_err().outcome_unknown(), "{failed:?}");
    }
    assert!(sent[0].is_ok() && sent[2].is_ok());
    assert_eq!(queue.faults.count(SEND), 1);
}

/// The lost answer may have said that it was stored.
#[tokio::test]
async fn an_entry_that_is_refused_after_a_lost_answer_has_an_unknown_outcome() {
    let queue = fresh(TopicKind::Fifo).await;
    queue.faults.plan(Fault::CutAfter.on(SEND));
    queue
        .faults
        .plan(second_refused("InvalidMessageContents", true).on(SEND));
    let messages = ["a", "b", "c"].map(message);
    let sent = queue.topic.publish_all(&messages).await.unwrap();
    let error = sent[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.outcome_unknown(), "{error:?}");
    assert!(sent[0].is_ok() && sent[2].is_ok());
    assert_eq!(queue.faults.count(SEND), 2);
}

/// The first request is full by its size.
#[tokio::test]
async fn behind_a_failed_message_of_its_group_none_is_sent_in_another_request() {
    let queue = fresh(TopicKind::Fifo).await;
    queue
        .faults
        .plan(second_refused("InvalidMessageContents", true).on(SEND));
    let large = "x".repeat(340_000);
    let messages = [&large, &large, &large].map(|body| message(body).group("red"));
    let [first, second, third] = messages;
    let [red, blue] = ["red", "blue"].map(|group| message(&large).group(group));
    let messages = [first, second, third, red, blue];
    let sent = queue.topic.publish_all(&messages).await.unwrap();
    let error = sent[3].as_ref().unwrap_err();
    assert!(error.retryable() && !error.outcome_unknown(), "{error:?}");
    assert!(sent[0].is_ok() && sent[1].is_err() && sent[2].is_ok() && sent[4].is_ok());
    assert_eq!(queue.faults.count(SEND), 2);
    assert_eq!(queue.bodies().await.len(), 1);
}

#[tokio::test]
async fn an_entry_is_not_sent_behind_a_later_one_of_its_group() {
    let queue = fresh(TopicKind::Fifo).await;
    queue
        .faults
        .plan(second_refused("RequestThrottled", false).on(SEND));
    let messages = ["a", "b", "c"].map(|body| message(body).group("g"));
    let sent = queue.topic.publish_all(&messages).await.unwrap();
    let error = sent[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(error.retryable() && !error.outcome_unknown());
    assert_eq!(queue.faults.count(SEND), 1);
}

#[tokio::test]
async fn behind_a_failed_entry_of_its_group_none_is_sent_again() {
    let queue = fresh(TopicKind::Fifo).await;
    let failed = [
        ("0", "RequestThrottled", false),
        ("1", "InvalidMessageContents", true),
        ("2", "InternalError", false),
        ("3", "RequestThrottled", false),
    ];
    queue.faults.plan(refused(&[], &failed).on(SEND));
    let group = ["a", "b", "c"].map(|body| message(body).group("g"));
    let messages = [&group[..], &[message("d").group("other")]].concat();
    let sent = queue.topic.publish_all(&messages).await.unwrap();
    let unknown = |place: usize| sent[place].as_ref().unwrap_err().outcome_unknown();
    assert!(sent[0].is_ok() && !unknown(1) && unknown(2) && sent[3].is_ok());
    assert_eq!(queue.faults.count(SEND), 2);
    let mut bodies = queue.bodies().await;
    bodies.sort();
    assert_eq!(bodies, ["a", "d"]);
}

#[tokio::test]
async fn behind_an_entry_that_another_has_overtaken_none_is_sent_again() {
    let queue = fresh(TopicKind::Fifo).await;
    let throttled = [
        ("0", "RequestThrottled", false),
        ("2", "RequestThrottled", false),
    ];
    queue.faults.plan(refused(&["1"], &throttled).on(SEND));
    let messages = ["a", "b", "c"].map(|body| message(body).group("g"));
    let sent = queue.topic.publish_all(&messages).await.unwrap();
    assert!(sent[0].is_err() && sent[1].is_ok());
    let error = sent[2].as_ref().unwrap_err();
    assert!(error.retryable() && !error.outcome_unknown(), "{error:?}");
    assert_eq!(queue.faults.count(SEND), 1);
}

#[tokio::test]
async fn what_is_too_large_together_goes_in_requests_of_its_own() {
    let queue = fresh(TopicKind::Standard).await;
    let large = "x".repeat(500_000);
    let messages = [&large, &large, &large, "y"].map(message);
    for sent in queue.topic.publish_all(&messages).await.unwrap() {
        sent.unwrap();
    }
    assert_eq!(queue.faults.count(SEND), 2);
}

/// The bytes are within the limit, but not as the text that is sent.
#[tokio::test]
async fn bytes_that_are_too_large_as_text_are_refused_alone() {
    let queue = fresh(TopicKind::Standard).await;
    let bytes = OutgoingMessage::new(vec![0_u8; 900_000]);
    let sent = queue
        .topic
        .publish_all(&[message("a"), bytes])
        .await
        .unwrap();
    let error = sent[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(error.limit(), Some(1 << 20));
    assert!(sent[0].is_ok());
    assert_eq!(queue.bodies().await, ["a"]);
}

/// The receiving half would take it for what SNS has put into the queue.
#[tokio::test]
async fn a_body_that_is_a_notification_of_sns_is_sealed() {
    let queue = fresh(TopicKind::Standard).await;
    let body = r#"{"Type":"Notification","MessageId":"1","Message":"x",
        "TopicArn":"arn:aws:sns:eu-west-1:123456789012:jobs","SignatureVersion":"1"}"#;
    queue.topic.publish(message(body)).await.unwrap();
    let bodies = queue.bodies().await;
    assert!(bodies[0].starts_with("isobar-message:"), "{bodies:?}");
}

#[tokio::test]
async fn text_is_sent_as_it_is_with_its_attributes_and_without_a_group() {
    let queue = fresh(TopicKind::Standard).await;
    let sent = message("caf\u{e9} {}").attribute("Kind", "x y");
    queue.topic.publish(sent).await.unwrap();
    let requests = queue.faults.requests();
    let mut sent = requests
        .iter()
        .map(|request| String::from_utf8_lossy(request));
    let request = sent.rfind(|request| request.contains(SEND));
    let request = request.expect("a request");
    let (_, body) = request.split_once("\r\n\r\n").expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let expected = json!([{
        "Id": "0",
        "MessageBody": "caf\u{e9} {}",
        "MessageAttributes": { "Kind": { "DataType": "String", "StringValue": "x y" } },
    }]);
    assert_eq!(body["Entries"], expected);
}
