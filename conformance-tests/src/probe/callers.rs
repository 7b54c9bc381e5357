//! Routes of the probe that ask who calls, and those that take only so many requests.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use isobar::authorization::{AuthorizerSpec, Principal};
use isobar::function::SettingSpec;
use isobar::http::routing::{get, post};
use isobar::http::{Rate, Routes};
use serde::{Deserialize, Serialize};

use super::inbox::Inbox;

/// Where the issuer is.
pub(crate) const ISSUER: SettingSpec =
    SettingSpec::new("ISOBAR_CONFORMANCE_ISSUER").default("https://issuer.invalid");
/// The audience of the probe.
pub(crate) const AUDIENCE: &str = "probe";
/// The scope that one of its routes asks for.
pub(crate) const SCOPE: &str = "probe:read";
/// The authorizer that lets callers in.
pub(crate) const LOGIN: AuthorizerSpec =
    AuthorizerSpec::from_setting("login", ISSUER).audience(AUDIENCE);
/// How many requests a route of the probe takes after a pause; one in each second after that.
pub(crate) const BURST: u32 = 3;

/// Who called.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenCaller {
    pub(crate) subject: String,
    pub(crate) issuer: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) team: Option<String>,
}

/// How long a request is held if nobody releases it.
#[derive(Debug, Deserialize)]
struct Hold {
    millis: u64,
}

pub(super) fn routes() -> Routes<Inbox> {
    Routes::new()
        .route("/callers/any", get(who).requires(LOGIN))
        .route(
            "/callers/readers",
            get(who).requires(LOGIN.scopes(&[SCOPE])),
        )
        .route("/held", get(hold).max_concurrent(1))
        .route("/released", post(release))
        .route(
            "/limited",
            get(|| async {}).rate(Rate::per_second(1).burst(BURST)),
        )
}

async fn who(caller: Principal) -> Json<SeenCaller> {
    let team = caller.claims().get("team");
    Json(SeenCaller {
        subject: caller.subject().to_owned(),
        issuer: caller.issuer().map(str::to_owned),
        scopes: caller.scopes().map(str::to_owned).collect(),
        team: team.and_then(|team| team.as_str()).map(str::to_owned),
    })
}

async fn hold(State(inbox): State<Inbox>, Query(Hold { millis }): Query<Hold>) {
    let released = inbox.released.notified();
    let _ = tokio::time::timeout(Duration::from_millis(millis), released).await;
}

async fn release(State(inbox): State<Inbox>) {
    inbox.released.notify_one();
}
