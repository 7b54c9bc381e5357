//! Events of every kind, damaged by chance, against an application that takes all of them: an answer or an error, and never
//! a panic.

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Outcome, TopicSpec};
use isobar::{App, BucketSpec, Environment};
use isobar_mutation::mutate;

use super::invocation::{Invocations, Settings};
use super::runtime_api::Invocation;
use crate::config::EVENT_FUNCTION;

const CORPUS: [&str; 5] = [
    include_str!("events/tests/timer.json"),
    include_str!("events/tests/cos.json"),
    include_str!("events/tests/cmq.json"),
    include_str!("events/tests/ckafka.json"),
    include_str!("../gateway/tests/request.json"),
];
const CMQ: TopicSpec = TopicSpec::new("testtopic");
const CKAFKA: TopicSpec = TopicSpec::new("test-topic");
const FILES: BucketSpec = BucketSpec::new("fanyi");

fn app() -> AppService {
    let description = FunctionDescription {
        provider: EVENT_FUNCTION.name,
        capabilities: EVENT_FUNCTION.capabilities,
    };
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(description, clock).build();
    let app = App::new("hostile", |_: &Environment| Ok(()))
        .schedule("EveryDay", "0 3 * * *", |(), _| ready(Ok(Outcome::Ack)))
        .subscribe(&CMQ, |(), _| ready(Ok(Outcome::Ack)))
        .subscribe(&CKAFKA, |(), _| ready(Ok(Outcome::Ack)))
        .on_blob(&FILES, |(), _| ready(Ok(Outcome::Ack)));
    app.build(&environment).expect("nothing is missing")
}

#[tokio::test]
async fn any_event_is_answered_or_fails() {
    let invocations = Invocations {
        app: app(),
        settings: Settings::default(),
    };
    let run = async |event: Vec<u8>| {
        let begin = Instant::now();
        let invocation = Invocation {
            headers: HeaderMap::new(),
            event: event.into(),
        };
        let answered = invocations.run(invocation).await;
        assert!(begin.elapsed() < Duration::from_secs(2));
        answered
    };
    for event in CORPUS {
        run(event.into()).await.expect(event);
    }
    let mut random = fastrand::Rng::with_seed(20_261_130);
    let mut answered = 0;
    for _ in 0..10_000 {
        let event = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let other = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let answer = run(mutate(&mut random, event, other)).await;
        if let Err(error) = &answer {
            assert!(!error.message().contains("panicked"), "{error}");
        }
        answered += usize::from(answer.is_ok());
    }
    // Otherwise the events are too damaged to show anything.
    assert!(answered > 300, "{answered}");
}
