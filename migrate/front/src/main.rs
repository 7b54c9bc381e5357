//! The gateway as a function: a platform starts this program, which starts the two applications beside it.
//!
//! `isobar package TARGET --with-legacy` puts it into a package. Requests come by the platform's own door, as to any
//! application of Isobar, and go on to the gateway on this machine, which starts the legacy and the ported application
//! when the first request is for them, watches them, and ends them with this program.

mod bundle;
mod environment;
mod passage;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use isobar::App;
use isobar::http::Routes;
use isobar_migrate_gateway::{Gateway, GatewayOptions, Output};
use tokio::sync::oneshot;

use bundle::Bundle;
use passage::Passage;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run()).await {
        Ok(exit) => exit,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Serves until the platform ends it, then ends the applications.
async fn run() -> Result<ExitCode> {
    let scheme_is_told = environment::scheme_is_told()?;
    let bundle = Bundle::open().await?;
    let mut options = GatewayOptions::default();
    options.output = Output::Errors;
    options.behind_own_door = true;
    let gateway = Gateway::open_held(&bundle.places, bundle.hold, options).await;
    let gateway = gateway.context("the gateway does not start")?;
    let passage = Passage::to(gateway.local_addr(), scheme_is_told);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.run_until(async {
        // An error means that this program is about to end as well.
        let _ = stopped.await;
    }));
    let app = App::new("gateway", move |_| Ok(passage.clone()));
    let routes = Routes::new().fallback(passage::pass);
    let exit = isobar_connect::run(app.routes(routes)).await;
    drop(stop);
    serving.await.context("the gateway failed")?;
    Ok(exit)
}
