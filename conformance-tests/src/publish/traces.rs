//! The case about the trace of whoever sends.

use std::sync::Arc;

use axum::extract::State;
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Origin, OutgoingMessage, Topic};
use isobar::http::{Body, Routes};
use isobar::{App, Capabilities, Environment};

use super::of_body;
use crate::{Case, Context, Failure, expect};

pub(super) const CASES: &[Case] = &[Case::publish(
    "G-414",
    "what a handler sends is received as part of its trace, which is no attribute",
    "N9",
    |ctx| Box::pin(go_on(ctx)),
)];

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const PLAIN: &[u8] = b"plain";
const BYTES: &[u8] = &[0, 255];

/// An application whose only handler sends two messages.
fn sender(topic: Topic) -> Result<AppService, Failure> {
    let platform = FunctionDescription {
        provider: "sender",
        capabilities: Capabilities::default(),
    };
    let clock = Arc::new(isobar_local::clock());
    let environment = Environment::builder(platform, clock).build();
    let app = App::new("sender", move |_: &Environment| Ok(topic));
    let routes = Routes::new().post("/", send);
    Ok(app.routes(routes).build(&environment)?)
}

async fn send(State(topic): State<Topic>) -> isobar::Result<()> {
    let plain = OutgoingMessage::new(PLAIN).attribute("kind", "x");
    for sent in topic
        .publish_all(&[plain, OutgoingMessage::new(BYTES)])
        .await?
    {
        sent?;
    }
    Ok(())
}

async fn go_on(ctx: Context) -> Result<(), Failure> {
    let exchange = ctx.exchange().await?;
    let sender = sender(ctx.topic()?)?;
    let request = http::Request::post("/").header("traceparent", format!("00-{TRACE}-{PARENT}-01"));
    let request = request.body(Body::empty());
    let request = request.map_err(|error| Failure::new(error.to_string()))?;
    let Ok(response) = sender.respond(request, Origin::default()).await;
    expect::equal("the status", &response.status().as_u16(), &200)?;
    let told = response.headers().get("traceresponse");
    let told = told.and_then(|value| value.to_str().ok());
    let span = told.and_then(|told| told.split('-').nth(2));
    let span = expect::some("the handler's span", span)?;
    let received = exchange.received(2).await?;
    for body in [PLAIN, BYTES] {
        let message = of_body(&received, body)?;
        let (trace, parent) = &message.trace;
        expect::equal("the trace", &trace.as_str(), &TRACE)?;
        expect::equal("the sender's span", &parent.as_deref(), &Some(span))?;
        let attributes: Vec<_> = message.attributes.keys().map(String::as_str).collect();
        let expected = if body == PLAIN {
            vec!["kind"]
        } else {
            Vec::new()
        };
        expect::equal("the attributes", &attributes, &expected)?;
    }
    Ok(())
}
