//! What a token says, and whether it holds here and now (RFC 7519, section 4.1).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

/// What a token says of its bearer, by the names of RFC 7519.
pub type Claims = Map<String, Value>;

/// What a platform's front door says of the caller, as claims: an extension of requests, for platforms.
///
/// It counts only where the deployment says that the front door checks callers. A platform that inserts it must take it
/// from what no client can write.
#[derive(Debug, Clone)]
pub struct CheckedClaims(pub Claims);

/// How far the clocks of an issuer and of this machine may differ.
const LEEWAY: Duration = Duration::from_mins(1);

/// Who a token must come from, and whom it must be for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'e> {
    pub(super) issuer: &'e str,
    pub(super) audience: &'e str,
}

impl Expected<'_> {
    /// Checks everything that a token must have; the error is fit for its bearer.
    pub(super) fn check(self, claims: &Claims, now: SystemTime) -> Result<(), &'static str> {
        self.check_issuer(claims)?;
        self.check_audience(claims)?;
        check_times(claims, now)
    }

    pub(super) fn check_issuer(self, claims: &Claims) -> Result<(), &'static str> {
        match claims.get("iss") {
            Some(Value::String(issuer)) if issuer == self.issuer => Ok(()),
            _ => Err("the token is of another issuer"),
        }
    }

    pub(super) fn check_audience(self, claims: &Claims) -> Result<(), &'static str> {
        let is_ours = |value: &Value| value.as_str() == Some(self.audience);
        let fits = match (claims.get("aud"), claims.get("client_id")) {
            (Some(Value::Array(audiences)), _) => audiences.iter().any(is_ours),
            (Some(audience), _) => is_ours(audience),
            // Access tokens of Cognito have no audience; API Gateway takes this for it, too.
            (None, Some(client)) => is_ours(client),
            (None, None) => false,
        };
        fits.then_some(())
            .ok_or("the token is for another audience")
    }
}

fn check_times(claims: &Claims, now: SystemTime) -> Result<(), &'static str> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (early, late) = (
        now.saturating_sub(LEEWAY).as_secs_f64(),
        now.saturating_add(LEEWAY).as_secs_f64(),
    );
    match instant(claims, "exp")? {
        Some(end) if end > early => {}
        Some(_) => return Err("the token has expired"),
        None => return Err("the token has no end"),
    }
    if instant(claims, "nbf")?.is_some_and(|start| start > late) {
        return Err("the token is not valid yet");
    }
    if instant(claims, "iat")?.is_some_and(|issue| issue > late) {
        return Err("the token was issued in the future");
    }
    Ok(())
}

/// Seconds since 1970; one that is there must be a number, so that no other type passes for none.
fn instant(claims: &Claims, name: &str) -> Result<Option<f64>, &'static str> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            let seconds = value.as_f64().filter(|seconds| seconds.is_finite());
            seconds.map(Some).ok_or("a time of the token is no number")
        }
    }
}

/// The scopes of `scope` and `scp`: words in a text, or texts in a list.
pub(super) fn scopes(claims: &Claims) -> Vec<String> {
    let texts = ["scope", "scp"]
        .into_iter()
        .filter_map(|name| claims.get(name));
    let mut scopes = Vec::new();
    for value in texts {
        match value {
            Value::String(text) => scopes.extend(text.split_ascii_whitespace().map(str::to_owned)),
            Value::Array(list) => {
                scopes.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            _ => {}
        }
    }
    scopes
}
