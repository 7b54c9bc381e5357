//! An application that greets as a setting says, also when it is woken, for tests of what compares applications.

use std::process::ExitCode;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use isobar::document::CollectionSpec;
use isobar::function::{Event, Message, Outcome, Schedule, SettingSpec, TopicSpec};
use isobar::http::Routes;
use isobar::http::routing::{get, put};
use isobar::{App, Collection, Environment, Result};
use serde::{Deserialize, Serialize};

const GREETINGS: CollectionSpec<Greeting> = CollectionSpec::new("greetings").partition("name");
const GREETING: SettingSpec = SettingSpec::new("GREETING");
/// Names of those who are to be greeted.
const NAMES: TopicSpec = TopicSpec::new("names");

#[derive(Debug, Serialize, Deserialize)]
struct Greeting {
    name: String,
    text: String,
}

#[derive(Debug, Clone)]
struct Greeter {
    greetings: Collection<Greeting>,
    text: String,
}

impl Greeter {
    async fn greet(self, name: String) -> Result<Greeting> {
        let text = self.text;
        let greeting = Greeting { name, text };
        self.greetings.upsert(&greeting).await?;
        Ok(greeting)
    }
}

async fn greet(State(greeter): State<Greeter>, Path(name): Path<String>) -> Result<Json<Greeting>> {
    greeter.greet(name).await.map(Json)
}

async fn tick(greeter: Greeter, event: Event<Schedule>) -> Result<Outcome> {
    greeter.greet(event.data.name).await?;
    Ok(Outcome::Ack)
}

async fn message(greeter: Greeter, event: Event<Message>) -> Result<Outcome> {
    let name = String::from_utf8_lossy(&event.data.body).into_owned();
    if name == "nobody" {
        return Err(isobar::Error::invalid("nobody is not greeted"));
    }
    greeter.greet(name).await?;
    Ok(Outcome::Ack)
}

/// Long enough to be interrupted.
async fn wait() {
    tokio::time::sleep(Duration::from_mins(1)).await;
}

/// As a program ends that runs out of memory.
async fn fall() {
    std::process::abort();
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let routes = Routes::new()
        .route("/greetings/{name}", put(greet))
        .route("/wait", get(wait))
        .route("/fall", get(fall));
    let app = App::new("greeter", |env: &Environment| {
        Ok(Greeter {
            greetings: env.collection(&GREETINGS)?,
            text: env.setting(&GREETING)?,
        })
    });
    let app = app.collection(&GREETINGS).setting(&GREETING).routes(routes);
    // Some platforms wake nobody, and refuse those who wait for it.
    let app = if std::env::var_os("GREETER_WITHOUT_EVENTS").is_some() {
        app
    } else {
        let app = app.schedule("nightly", "0 3 * * *", tick);
        app.subscribe(&NAMES, message)
    };
    isobar_connect::run(app).await
}
