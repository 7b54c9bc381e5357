//! An application for the tests of this crate: `/` tells the request's id, `/slow` takes two seconds, and the content of
//! `/slow/content` as long.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use isobar::driver::function::FunctionDriver as _;
use isobar::function::Context;
use isobar::http::{Body, Routes};
use isobar::{App, Environment, Error, Result};
use isobar_http::function::{bind_fission, bind_knative, bind_openfaas};
use isobar_serve::process_variable;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn run() -> Result<()> {
    let name = std::env::args().nth(1);
    let platform = match name.as_deref() {
        Some("openfaas") => bind_openfaas(&process_variable).await?,
        Some("fission") => bind_fission(&process_variable).await?,
        _ => bind_knative(&process_variable).await?,
    };
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let id = async |context: Context| context.id().as_str().to_owned();
    let content = async || Body::from_stream(stream::once(async { Ok::<_, Error>(slow().await) }));
    let routes = Routes::new().get("/", id).get("/slow", slow);
    let routes = routes.get("/slow/content", content);
    let routes = routes.get("/ready", async || "the application's own word");
    let app = App::new("waits", |_: &Environment| Ok(())).routes(routes);
    platform.serve(app.build(&environment)?).await
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(2)).await;
    "done"
}
