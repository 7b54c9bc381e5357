//! Of a batch, exactly what was not handled is delivered again.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::*;
use crate::driver::SystemClock;
use crate::function::{Context, ReplyEvent, RequestId};
use crate::{Error, ErrorKind};

fn batch(time: Option<Duration>, messages: &[(&str, Option<&str>)]) -> Event<Vec<Message>> {
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let deadline = time.map(|time| SystemTime::now() + time);
    let context = Context::new(RequestId::from_platform("batch"), deadline, Arc::new(clock));
    let messages = messages.iter().map(|(id, group)| {
        let mut message = Message::new(*id, "");
        message.group = group.map(str::to_owned);
        message
    });
    let messages = crate::function::Messages::new("jobs", messages.collect());
    let event = Event::new(messages, context);
    let taken = event.carrying(|data| match data {
        crate::function::EventData::Messages(batch) => Ok(batch.messages),
        _ => Err(Error::invalid("no messages")),
    });
    taken.unwrap()
}

/// What the handler says of a message, by its id.
async fn told(id: String) -> Result<Outcome> {
    match &*id {
        "bad" => Err(Error::new(ErrorKind::Internal, "the handler failed")),
        "panics" => panic!("a bug"),
        "later" => Ok(Outcome::Retry(Some(Duration::from_secs(9)))),
        "answers" => {
            let reply = ReplyEvent::new("com.example.done", "/notes");
            Ok(Outcome::Reply(Box::new(reply)))
        }
        "useless" => Ok(Outcome::Discard),
        "hangs" => std::future::pending().await,
        _ => Ok(Outcome::Ack),
    }
}

async fn deliver(batch: Event<Vec<Message>>) -> (Result<Outcome>, Vec<String>) {
    let seen = Mutex::new(Vec::new());
    let outcome = one_by_one(batch, |event| {
        assert_eq!(event.id, event.data.id);
        seen.lock().unwrap().push(event.id.clone());
        told(event.id)
    });
    let outcome = outcome.await;
    (outcome, seen.into_inner().unwrap())
}

fn again(ids: &[&str]) -> Outcome {
    Outcome::Partial(ids.iter().map(|id| (*id).to_owned()).collect())
}

#[tokio::test]
async fn a_batch_of_which_all_is_handled_is_done() {
    let (outcome, seen) = deliver(batch(None, &[("a", None), ("useless", None)])).await;
    assert_eq!(outcome.unwrap(), Outcome::Ack);
    assert_eq!(seen, ["a", "useless"]);
}

#[tokio::test]
async fn only_what_failed_comes_again() {
    let messages = ["a", "bad", "b", "panics", "later", "c"].map(|id| (id, None));
    let (outcome, seen) = deliver(batch(None, &messages)).await;
    assert_eq!(outcome.unwrap(), again(&["bad", "panics", "later"]));
    assert_eq!(seen.len(), 6);
}

#[tokio::test]
async fn a_group_keeps_its_order() {
    let messages = [
        ("a", Some("red")),
        ("bad", Some("red")),
        ("b", Some("red")),
        ("c", Some("blue")),
    ];
    let (outcome, seen) = deliver(batch(None, &messages)).await;
    assert_eq!(outcome.unwrap(), again(&["bad", "b"]));
    assert_eq!(seen, ["a", "bad", "c"]);
}

#[tokio::test]
async fn what_a_message_alone_is_told_is_passed_on() {
    let (outcome, _) = deliver(batch(None, &[("later", None)])).await;
    assert_eq!(
        outcome.unwrap(),
        Outcome::Retry(Some(Duration::from_secs(9)))
    );
    let (outcome, _) = deliver(batch(None, &[("useless", None)])).await;
    assert_eq!(outcome.unwrap(), Outcome::Discard);
    let (outcome, _) = deliver(batch(None, &[("bad", None)])).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Internal);
}

#[tokio::test]
async fn a_message_is_answered_where_it_came_alone() {
    let (outcome, _) = deliver(batch(None, &[("answers", None)])).await;
    let Outcome::Reply(reply) = outcome.unwrap() else {
        panic!("no reply");
    };
    assert_eq!(reply.extensions["traceparent"].len(), 55);
    let (outcome, _) = deliver(batch(None, &[("a", None), ("answers", None)])).await;
    assert_eq!(outcome.unwrap(), again(&["answers"]));
}

#[tokio::test]
async fn when_the_time_is_up_the_rest_comes_again() {
    let time = Some(Duration::from_millis(300));
    let (outcome, seen) = deliver(batch(time, &[("a", None), ("hangs", None), ("b", None)])).await;
    assert_eq!(outcome.unwrap(), again(&["hangs", "b"]));
    assert_eq!(seen, ["a", "hangs"]);
}

#[tokio::test]
async fn what_no_handler_has_begun_is_noted_apart_from_what_failed() {
    let failures = crate::function::Failures::default();
    let red = Some("red");
    let mut grouped = batch(None, &[("a", red), ("bad", red), ("b", red), ("c", red)]);
    grouped.context = grouped.context.with_failures(failures.clone());
    deliver(grouped).await.0.unwrap();
    assert_eq!(failures.take_unbegun(), ["b", "c"]);
    let time = Some(Duration::from_millis(300));
    let mut late = batch(time, &[("hangs", None), ("b", None)]);
    late.context = late.context.with_failures(failures.clone());
    deliver(late).await.0.unwrap();
    assert_eq!(failures.take_unbegun(), ["b"]);
    let mut none = batch(Some(Duration::ZERO), &[("a", None), ("b", None)]);
    none.context = none.context.with_failures(failures.clone());
    let (outcome, seen) = deliver(none).await;
    assert_eq!(outcome.unwrap(), again(&["a", "b"]));
    assert_eq!((seen.len(), failures.take_unbegun().len()), (0, 0));
}

#[tokio::test]
async fn what_single_messages_failed_with_is_noted_where_somebody_asks() {
    let failures = crate::function::Failures::default();
    let mut batch = batch(None, &[("a", None), ("bad", None), ("later", None)]);
    batch.context = batch.context.with_failures(failures.clone());
    let (outcome, _) = deliver(batch).await;
    assert_eq!(outcome.unwrap(), again(&["bad", "later"]));
    let noted = failures.take();
    assert_eq!(noted.len(), 1);
    assert_eq!(
        (&*noted[0].0, noted[0].1.kind()),
        ("bad", ErrorKind::Internal)
    );
    assert!(failures.take().is_empty());
}
