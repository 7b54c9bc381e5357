//! An action that answers with what it is asked for: `/ID` with the id of the activation, `/log` after a line of logs,
//! `/greeting` with the variable `GREETING`.

use std::io::Write as _;
use std::sync::Arc;

use isobar::driver::function::FunctionDriver;
use isobar::function::Context;
use isobar::http::Routes;
use isobar::{App, Environment, Result};
use isobar_openwhisk::function::{ACTION_LOOP, bind_container, open_loop};
use isobar_serve::process_variable;

#[tokio::main]
async fn main() -> Result<()> {
    if ACTION_LOOP.detects(&process_variable) {
        let greeting = process_variable("GREETING");
        return run(&open_loop(&process_variable)?, greeting).await;
    }
    let container = bind_container(&process_variable).await?;
    // Whoever started it waits for this line.
    let _ = writeln!(std::io::stdout(), "{}", container.local_addr());
    let Some(told) = container.initialised().await? else {
        return Ok(());
    };
    run(&container, told.get("GREETING").cloned()).await
}

async fn run(platform: &dyn FunctionDriver, greeting: Option<String>) -> Result<()> {
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let greeting = greeting.unwrap_or_default();
    let routes = Routes::new()
        .get("/greeting", async move || greeting.clone())
        .get("/id", async |context: Context| {
            context.id().as_str().to_owned()
        })
        .get("/log", async || {
            let _ = writeln!(std::io::stdout(), "a line of logs");
            "logged"
        });
    let app = App::new("action", |_: &Environment| Ok(())).routes(routes);
    platform.serve(app.build(&environment)?).await
}
