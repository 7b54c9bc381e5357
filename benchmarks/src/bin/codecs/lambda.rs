//! Events of Lambda that are no requests, from their bytes through a handler to the answer; beside aws_lambda_events, which only
//! reads them.

use std::future::ready;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use aws_lambda_events::{dynamodb, eventbridge, s3, sns, sqs};
use futures_util::FutureExt as _;
use isobar::document::{SortType, Value};
use isobar::driver::function::FunctionDescription;
use isobar::function::{Outcome, TopicSpec};
use isobar::{App, BucketSpec, CollectionSpec, Environment};
use isobar_aws::LambdaPlatform;
use isobar_aws::function::{LambdaFunction, clock};
use serde::de::DeserializeOwned;
use tokio::runtime::Builder;

use crate::cost::Cost;
use crate::{Coding, captured, report};

const QUEUE: TopicSpec = TopicSpec::new("SQSQueue");
const NOTICES: TopicSpec = TopicSpec::new("snsNetTest");
const PHOTOS: BucketSpec = BucketSpec::new("sourcebucket");
const ITEMS: CollectionSpec<Value> = CollectionSpec::new("Example-Table")
    .partition("key")
    .sort("val", SortType::Str)
    .change_feed();

pub(crate) fn compare(coding: &Coding) -> Result<()> {
    sort::<sqs::SqsEvent>(coding, "sqs", "sqs-event.json")?;
    sort::<sns::SnsEvent>(coding, "sns", "sns-event.json")?;
    sort::<s3::S3Event>(coding, "s3", "s3-event.json")?;
    sort::<dynamodb::Event>(coding, "dynamodb", "dynamodb-event.json")?;
    let schedule = "eventbridge-schedule.json";
    sort::<eventbridge::EventBridgeEvent>(coding, "eventbridge", schedule)
}

fn function() -> Result<LambdaFunction> {
    let lambda = FunctionDescription {
        provider: "lambda",
        capabilities: LambdaPlatform::CAPABILITIES,
    };
    let environment = Environment::builder(lambda, Arc::new(clock())).build();
    let app = App::new("codecs", |_: &Environment| Ok(()))
        .schedule("my-scheduled-rule", "0 3 * * *", |(), _| {
            ready(Ok(Outcome::Ack))
        })
        .subscribe(&QUEUE, |(), _| ready(Ok(Outcome::Ack)))
        .subscribe(&NOTICES, |(), _| ready(Ok(Outcome::Ack)))
        .on_blob(&PHOTOS, |(), _| ready(Ok(Outcome::Ack)))
        .on_change(&ITEMS, |(), _| ready(Ok(Outcome::Ack)));
    Ok(LambdaFunction::new(app.build(&environment)?))
}

/// One sort of events, with the one that AWS publishes.
fn sort<E: DeserializeOwned>(coding: &Coding, name: &str, fixture: &str) -> Result<()> {
    let event = captured(&format!("conformance-tests/fixtures/events/aws/{fixture}"))?;
    let runtime = Builder::new_current_thread().enable_time().build()?;
    // The runtime is entered once, as on Lambda; no handler waits, so that an invocation ends when it is first polled.
    let _entered = runtime.enter();
    let function = function()?;
    let invoke = || function.invoke(event.clone()).now_or_never();
    invoke().context("the handler waits")??;
    let ours = Cost::of(coding, invoke);
    ours.tell(&format!("{name} event, handled and answered"));
    serde_json::from_slice::<E>(&event)?;
    let peer = Cost::of(coding, || serde_json::from_slice::<E>(&event));
    peer.tell(&format!("{name} event, read by aws_lambda_events"));
    let ratio = ours.nanoseconds / peer.nanoseconds;
    let title = format!("codec_{name}_isobar_handled_over_aws_lambda_events_read");
    report::ratio(&title, ratio);
    Ok(())
}
