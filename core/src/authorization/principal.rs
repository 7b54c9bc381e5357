//! Who called, the same on every platform.

use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::claims::{Claims, scopes};
use crate::error::{Error, ErrorKind, Result};
use crate::function::Context;

/// The caller of a route that [requires](crate::http::MethodRoutes::requires) one, as its token or its front door says.
///
/// Handlers take it as an argument, as any extractor of axum, or from their
/// [`Context`](crate::function::Context::principal).
#[derive(Clone)]
pub struct Principal(Arc<Parsed>);

struct Parsed {
    authorizer: &'static str,
    subject: String,
    scopes: Vec<String>,
    claims: Claims,
}

impl Principal {
    /// The caller that these claims tell of; nothing where they name nobody.
    pub(super) fn of(authorizer: &'static str, claims: Claims) -> Option<Self> {
        let subject = claims.get("sub")?.as_str()?.to_owned();
        let parsed = Parsed {
            authorizer,
            scopes: scopes(&claims),
            claims,
            subject,
        };
        (!parsed.subject.is_empty()).then(|| Self(Arc::new(parsed)))
    }

    /// The name of the authorizer that let it in.
    pub fn authorizer(&self) -> &'static str {
        self.0.authorizer
    }

    /// Its name at its issuer (`sub`), unique there alone.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Who says so (`iss`); nothing where a front door does that tells no issuer.
    pub fn issuer(&self) -> Option<&str> {
        self.0.claims.get("iss")?.as_str()
    }

    /// What it may do, in the order of its token.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.scopes.iter().map(String::as_str)
    }

    /// Whether it may do this.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|own| own == scope)
    }

    /// Everything that is said of it. Front doors may tell numbers and lists as texts.
    pub fn claims(&self) -> &Claims {
        &self.0.claims
    }
}

/// Who it is may be personal data, which logs have no use for.
impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("authorizer", &self.0.authorizer)
            .finish_non_exhaustive()
    }
}

/// Fails only on a route that requires nobody.
impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Error;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self> {
        let context = Context::current();
        let principal = context.and_then(|context| context.principal().cloned());
        principal.ok_or_else(|| {
            let message = "the handler asks for a caller, and its route requires none";
            Error::new(ErrorKind::Internal, message)
        })
    }
}
