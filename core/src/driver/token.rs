//! The contract of what checks tokens: signatures, by the keys of their issuers; what tokens say is not its matter.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use http::Uri;
use http::uri::Scheme;

use crate::authorization::Claims;
use crate::error::Result;

/// Who signs tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenIssuer {
    url: String,
    keys: Option<String>,
}

impl TokenIssuer {
    /// The issuer with this URL, and where its keys are if discovery does not tell.
    pub fn new(url: impl Into<String>, keys: Option<String>) -> Self {
        Self {
            url: url.into(),
            keys,
        }
    }

    /// The URL, as the `iss` of its tokens has it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its keys are; nothing where OpenID Connect Discovery tells.
    pub fn keys(&self) -> Option<&str> {
        self.keys.as_deref()
    }

    /// Whether keys may be fetched from there: by `https:`, or by `http:` from this machine.
    pub fn is_safe(uri: &Uri) -> bool {
        let host = uri.host().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address: Option<IpAddr> = bare.parse().ok();
        let is_here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => !host.is_empty(),
            Some(scheme) if *scheme == Scheme::HTTP => is_here,
            _ => false,
        }
    }
}

/// Checks the signatures of tokens.
#[async_trait]
pub trait TokenDriver: fmt::Debug + Send + Sync + 'static {
    /// The claims of a token that a key of `issuer` has signed.
    ///
    /// Must fail with `Unauthenticated` where it is malformed, of an algorithm that is not asymmetric, or not signed by
    /// one of these keys, and with `Unavailable` where they cannot be had. Must not look at what the token says: issuer,
    /// audience and times are the portable layer's. Must not let callers with unknown keys have keys fetched without
    /// bounds.
    async fn claims(&self, issuer: &TokenIssuer, token: &str) -> Result<Claims>;
}
