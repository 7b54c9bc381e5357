//! An application that declares everything that one can, for tests of what is deployed from declarations.

use std::future::{Ready, ready};
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use isobar::authorization::AuthorizerSpec;
use isobar::blob::BlobEvent;
use isobar::document::{ChangeEvent, CollectionSpec, IndexSpec, SortType};
use isobar::function::{Event, Message, Outcome, Schedule, SecretSpec, SettingSpec, TopicSpec};
use isobar::http::routing::{any, get, post};
use isobar::http::{Rate, Routes};
use isobar::{App, BucketSpec, Result};
use serde::Deserialize;

const PARCELS: CollectionSpec<Parcel> = CollectionSpec::new("parcels")
    .partition("id")
    .index(
        IndexSpec::new("by_place")
            .partition("place")
            .sort("sent", SortType::I64),
    )
    .change_feed();
const PHOTOS: BucketSpec = BucketSpec::new("user-photos");
const OTHER_PHOTOS: BucketSpec = BucketSpec::new("other-photos");
/// Sent to and subscribed to, sent to alone, subscribed to alone.
const JOBS: TopicSpec = TopicSpec::new("jobs");
const MAILS: TopicSpec = TopicSpec::new("mails");
const ORDERS: TopicSpec = TopicSpec::new("orders");

const GREETING: SettingSpec = SettingSpec::new("GREETING").default("hello");
const PLACE: SettingSpec = SettingSpec::new("PLACE");
const MOOD: SettingSpec = SettingSpec::new("MOOD").optional();
const API_KEY: SecretSpec = SecretSpec::new("API_KEY");

const LOGIN: AuthorizerSpec =
    AuthorizerSpec::from_setting("login", SettingSpec::new("LOGIN_ISSUER")).audience("everything");
const PARTNERS: AuthorizerSpec = AuthorizerSpec::new("partners", "https://partners.example")
    .audience("everything")
    .keys_at("https://partners.example/keys");

#[derive(Debug, Deserialize)]
struct Parcel {}

fn answer() -> Ready<()> {
    ready(())
}

fn tick((): (), _: Event<Schedule>) -> Ready<Result<Outcome>> {
    ready(Ok(Outcome::Ack))
}

fn message((): (), _: Event<Message>) -> Ready<Result<Outcome>> {
    ready(Ok(Outcome::Ack))
}

fn blob((): (), _: Event<BlobEvent>) -> Ready<Result<Outcome>> {
    ready(Ok(Outcome::Ack))
}

fn change((): (), _: Event<ChangeEvent<Parcel>>) -> Ready<Result<Outcome>> {
    ready(Ok(Outcome::Ack))
}

fn routes() -> Routes {
    Routes::new()
        .route(
            "/files/{*path}",
            get(answer).requires(LOGIN.scopes(&["files:read"])),
        )
        .route("/any/{id}", any(answer).timeout(Duration::from_secs(400)))
        .route(
            "/orders",
            post(answer)
                .name("place_order")
                .requires(PARTNERS)
                .body_limit(1 << 16)
                .rate(Rate::per_second(5).burst(20))
                .max_concurrent(8),
        )
        .mount("/legacy", Router::new())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let app = App::new("every-thing", |_| Ok(()))
        .collection(&PARCELS)
        .bucket(&PHOTOS)
        .bucket(&OTHER_PHOTOS)
        .topic(&JOBS)
        .topic(&MAILS)
        .setting(&GREETING)
        .setting(&PLACE)
        .setting(&MOOD)
        .secret(&API_KEY)
        .authorizer(&LOGIN)
        .authorizer(&PARTNERS)
        .routes(routes())
        .schedule("often", "*/5 * * * *", tick)
        .schedule("weekly", "0 0 * * MON", tick)
        .subscribe(&JOBS, message)
        .subscribe(&ORDERS, message)
        .on_blob(&PHOTOS, blob)
        .on_change(&PARCELS, change);
    isobar_connect::run(app).await
}
