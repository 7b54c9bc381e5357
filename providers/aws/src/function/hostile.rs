//! Events of every kind, damaged by chance, against an application that takes all of them: an answer or an error, and
//! never a panic.

#[path = "../../tests/hostile/corpus.rs"]
mod corpus;

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use isobar::document::{SortType, Value};
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Context, Outcome, RequestId, TopicSpec};
use isobar::{App, BucketSpec, CollectionSpec, Environment};
use isobar_mutation::mutate;

use super::event::{self, Kind};
use super::{LambdaPlatform, clock};
use corpus::corpus;

const QUEUE: TopicSpec = TopicSpec::new("SQSQueue");
const NOTICES: TopicSpec = TopicSpec::new("snsNetTest");
const PHOTOS: BucketSpec = BucketSpec::new("sourcebucket");
const ITEMS: CollectionSpec<Value> = CollectionSpec::new("Example-Table")
    .partition("key")
    .sort("val", SortType::Str)
    .change_feed();

fn app() -> AppService {
    let description = FunctionDescription {
        provider: "lambda",
        capabilities: LambdaPlatform::CAPABILITIES,
    };
    let environment = Environment::builder(description, Arc::new(clock())).build();
    let app = App::new("hostile", |_: &Environment| Ok(()))
        .schedule("my-scheduled-rule", "0 3 * * *", |(), _| {
            ready(Ok(Outcome::Ack))
        })
        .subscribe(&QUEUE, |(), _| ready(Ok(Outcome::Ack)))
        .subscribe(&NOTICES, |(), _| ready(Ok(Outcome::Ack)))
        .on_blob(&PHOTOS, |(), _| ready(Ok(Outcome::Ack)))
        .on_change(&ITEMS, |(), _| ready(Ok(Outcome::Ack)));
    app.build(&environment).expect("nothing is missing")
}

async fn check(app: &AppService, event: Vec<u8>) -> bool {
    let begin = Instant::now();
    let deadline = SystemTime::now() + Duration::from_secs(30);
    let id = RequestId::from_platform("hostile");
    let context = Context::new(id, Some(deadline), Arc::new(clock()));
    let handled = match Kind::of(&event, |_| Ok(())) {
        Ok(Kind::Http) | Err(_) => false,
        Ok(kind) => event::wake(app, kind, Bytes::from(event), context)
            .await
            .is_ok(),
    };
    assert!(begin.elapsed() < Duration::from_secs(2));
    handled
}

#[tokio::test]
async fn any_event_is_handled_or_refused() {
    let app = app();
    let corpus = corpus();
    let mut random = isobar_mutation::random();
    let mut handled = 0;
    for _ in 0..isobar_mutation::rounds(20_000) {
        let (_, event) = &corpus[random.usize(..corpus.len())];
        let (_, other) = &corpus[random.usize(..corpus.len())];
        let event = mutate(&mut random, event, other);
        handled += usize::from(check(&app, event).await);
    }
    // Otherwise the events are too damaged to show anything.
    assert!(handled > 200, "{handled}");
}

#[test]
fn any_trace_of_x_ray_is_one_or_none() {
    let corpus = [
        "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1",
        "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678",
        "Sampled=0;Parent=53995c3f42cd8ad8;Root=1-67891233-abcdef012345678912345678;Lineage=a:1|b:2",
    ];
    let mut random = isobar_mutation::random();
    let mut told = 0;
    for _ in 0..isobar_mutation::rounds(20_000) {
        let one = corpus[random.usize(..corpus.len())].as_bytes();
        let other = corpus[random.usize(..corpus.len())].as_bytes();
        let text = mutate(&mut random, one, other);
        let trace = super::trace::of_message(&String::from_utf8_lossy(&text));
        told += usize::from(trace.is_some_and(|trace| trace.parent_id().is_some()));
    }
    // Otherwise the fields are too damaged to show anything.
    assert!(told > 300, "{told}");
}
