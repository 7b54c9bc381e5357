//! The issuer whose tokens callers of the probe bring: one for all cases, which others wrote.

use std::net::TcpListener;
use std::sync::{LazyLock, Mutex, PoisonError};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::emulator::Emulator;
use crate::{Failure, web};

/// Where it will be, which every probe is told; the port is held until it starts.
static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let held = TcpListener::bind("127.0.0.1:0").ok();
    let address = held.as_ref().and_then(|held| held.local_addr().ok());
    Place {
        port: address.map_or(0, |address| address.port()),
        held: Mutex::new(held),
    }
});

static RUNNING: OnceCell<Emulator> = OnceCell::const_new();

struct Place {
    port: u16,
    held: Mutex<Option<TcpListener>>,
}

/// Its URL, whether or not it runs.
pub(crate) fn url() -> String {
    format!("http://127.0.0.1:{}", PLACE.port)
}

/// A token with these claims beside those of every token; `null` leaves one out.
///
/// It signs with a key of each kind in turn.
pub(crate) async fn token(claims: &Value) -> Result<String, Failure> {
    let issuer = RUNNING.get_or_try_init(start).await?;
    let claims = claims.to_string();
    let claims = utf8_percent_encode(&claims, NON_ALPHANUMERIC);
    let form = format!("grant_type=client_credentials&claims={claims}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let url = format!("{}/token", issuer.url);
    let response = web::send_to(&url, "POST", &headers, form).await?;
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let token = body.as_ref().and_then(|body| body["access_token"].as_str());
    let token = token.ok_or_else(|| {
        let body = String::from_utf8_lossy(&response.body);
        Failure::new(format!("the issuer gives no token: {body}"))
    })?;
    Ok(token.to_owned())
}

/// The keys that it shows.
pub(crate) async fn keys() -> Result<Value, Failure> {
    let issuer = RUNNING.get_or_try_init(start).await?;
    let response = web::send_to(&format!("{}/jwks", issuer.url), "GET", &[], "").await?;
    serde_json::from_slice(&response.body).map_err(|error| Failure::new(error.to_string()))
}

async fn start() -> Result<Emulator, Failure> {
    drop(
        PLACE
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(),
    );
    let started = Emulator::start_issuer(PLACE.port).await;
    started.map_err(|error| Failure::new(error.to_string()))
}
