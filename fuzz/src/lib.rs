//! An application that takes whatever can wake one, and where it runs.

use std::future::ready;
use std::sync::{Arc, LazyLock};

use axum::extract::{Path, Query};
use isobar::document::{SortType, Value};
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Outcome, TopicSpec};
use isobar::http::routing::get;
use isobar::http::{Body, Request, Routes};
use isobar::{App, BucketSpec, Capabilities, Capability, CollectionSpec, Environment};
use tokio::runtime::{Builder, Runtime};

// The names are those of the events that vendors publish, with which the corpora begin.
const QUEUES: [TopicSpec; 3] = [
    TopicSpec::new("SQSQueue"),
    TopicSpec::new("snsNetTest"),
    TopicSpec::new("jobs"),
];
const BUCKETS: [BucketSpec; 2] = [BucketSpec::new("sourcebucket"), BucketSpec::new("files")];
const ITEMS: CollectionSpec<Value> = CollectionSpec::new("Example-Table")
    .partition("key")
    .sort("val", SortType::Str)
    .change_feed();
const NOTES: CollectionSpec<Value> = CollectionSpec::new("notes")
    .partition("owner")
    .change_feed();

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let built = Builder::new_current_thread().enable_time().build();
    built.expect("a runtime")
});

/// What becomes of a future; its timers run.
pub fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// The application on a platform that can do this, with handlers for whatever can wake it there.
pub fn app(provider: &'static str, capabilities: Capabilities) -> AppService {
    let description = FunctionDescription {
        provider,
        capabilities,
    };
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(description, clock).build();
    let can = |capability| capabilities.has(capability);
    let mut app = App::new("fuzz", |_: &Environment| Ok(())).routes(routes());
    if can(Capability::Schedules) {
        for name in ["my-scheduled-rule", "nightly"] {
            app = app.schedule(name, "0 3 * * *", |(), _| ready(Ok(Outcome::Ack)));
        }
    }
    if can(Capability::ChangeEvents) {
        app = app
            .collection(&ITEMS)
            .collection(&NOTES)
            .on_change(&ITEMS, |(), _| ready(Ok(Outcome::Ack)))
            .on_change(&NOTES, |(), _| ready(Ok(Outcome::Ack)));
    }
    for queue in QUEUES.iter().filter(|_| can(Capability::Messages)) {
        app = app.subscribe(queue, |(), _| ready(Ok(Outcome::Ack)));
    }
    for bucket in BUCKETS.iter().filter(|_| can(Capability::BlobEvents)) {
        app = app.on_blob(bucket, |(), _| ready(Ok(Outcome::Ack)));
    }
    app.build(&environment).expect("nothing is missing")
}

async fn echo(request: Request) -> Body {
    request.into_body()
}

type Pairs = Vec<(String, String)>;

async fn item(Path((owner, id)): Path<(String, i64)>, Query(pairs): Query<Pairs>) -> String {
    format!("{owner} {id} {pairs:?}")
}

async fn file(Path(path): Path<String>, Query(pairs): Query<Pairs>) -> String {
    format!("{path} {pairs:?}")
}

fn routes() -> Routes<()> {
    Routes::new()
        .route("/notes/{owner}/{id}", get(item))
        .route("/files/{*path}", get(file))
        .fallback(echo)
}
