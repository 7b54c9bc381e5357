//! How callers are refused: RFC 6750, with the house's problem document.

use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::driver::{Problem, retry_after};
use crate::error::Error;
use crate::function::RequestId;
use crate::http::Response;

/// Why a caller is not let in.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// There is no token.
    Missing,
    /// There is one that does not count; the reason is fit for its bearer.
    Invalid(&'static str),
    /// The token has not all of these scopes.
    Scopes(&'static [&'static str]),
    /// Nobody can say whether the token counts.
    Unknown(Error),
}

impl Refusal {
    pub(crate) fn into_response(self, realm: &str, id: &RequestId) -> Response {
        let (challenge, after) = (self.challenge(realm), self.wait());
        let (status, code, failed, detail) = match self {
            Self::Missing => (
                StatusCode::UNAUTHORIZED,
                "token_missing",
                "client",
                "this needs a token in `Authorization: Bearer`".to_owned(),
            ),
            Self::Invalid(reason) => (
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                "client",
                reason.to_owned(),
            ),
            Self::Scopes(scopes) => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                "client",
                format!(
                    "the token has not all of these scopes: {}",
                    scopes.join(", ")
                ),
            ),
            Self::Unknown(error) => {
                tracing::error!(target: "isobar", ?error, id = id.as_str(), "a token cannot be checked");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "issuer_unavailable",
                    "server",
                    "the keys of the token's issuer cannot be had; try again".to_owned(),
                )
            }
        };
        let mut response: Response = Problem::new(status, code, failed, detail).into_response(id);
        let headers = response.headers_mut();
        match challenge.map(HeaderValue::try_from) {
            Some(Ok(challenge)) => {
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            _ => {
                headers.insert(RETRY_AFTER, retry_after(after));
            }
        }
        response
    }

    /// When a caller of whom nobody can tell may come again.
    fn wait(&self) -> Duration {
        match self {
            Self::Unknown(error) => error.retry_after().unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }

    /// What the caller would have to bring (RFC 6750, section 3).
    fn challenge(&self, realm: &str) -> Option<String> {
        let with = match self {
            Self::Missing => String::new(),
            Self::Invalid(reason) => {
                format!(", error=\"invalid_token\", error_description=\"{reason}\"")
            }
            Self::Scopes(scopes) => {
                let scopes = scopes.join(" ");
                format!(", error=\"insufficient_scope\", scope=\"{scopes}\"")
            }
            Self::Unknown(_) => return None,
        };
        Some(format!("Bearer realm=\"{realm}\"{with}"))
    }
}
