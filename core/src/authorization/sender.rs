//! Senders of events that sign who they are, as Google's services do.

use http::HeaderMap;
use serde_json::Value;

use super::authority::{Authority, bearer};
use super::claims::Claims;
use super::refusal::Refusal;
use crate::driver::Clock;
use crate::driver::token::TokenIssuer;

/// The one sender whose events are taken: by the token that it sends along; for platforms.
#[derive(Debug, Clone)]
pub struct ExpectedSender {
    issuer: TokenIssuer,
    audience: String,
    name: String,
}

impl ExpectedSender {
    /// A token of `issuer` for `audience` whose `sub`, or whose `email` where that is verified, is `name`.
    ///
    /// The audience alone tells nothing: whoever has an account with the issuer can have tokens for any.
    pub fn new(issuer: TokenIssuer, audience: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            issuer,
            audience: audience.into(),
            name: name.into(),
        }
    }

    pub(crate) async fn check(
        &self,
        authority: &Authority,
        headers: &HeaderMap,
        clock: &dyn Clock,
    ) -> Result<(), Refusal> {
        let token = bearer(headers).ok_or(Refusal::Missing)?;
        let token = token.map_err(Refusal::Invalid)?;
        let signed = authority.signed(&self.issuer, &self.audience, &token, clock);
        let claims = signed.await?;
        let is_ours = self.is_named(&claims);
        is_ours
            .then_some(())
            .ok_or(Refusal::Invalid("the token is another sender's"))
    }

    fn is_named(&self, claims: &Claims) -> bool {
        let is = |name: &str| claims.get(name).and_then(Value::as_str) == Some(&self.name);
        let verified = claims.get("email_verified") == Some(&Value::Bool(true));
        is("sub") || (is("email") && verified)
    }
}
