//! Who may call a route: those with a token of an issuer, or those whom the front door has checked.
//!
//! An application declares its issuers with [`App::authorizer`](crate::App::authorizer), and its routes ask for one and
//! for scopes with [`requires`](crate::http::MethodRoutes::requires). The layer below the handlers checks the token of
//! `Authorization: Bearer` itself, unless the deployment says that its front door does, with `ISOBAR_AUTHORIZER`; then
//! it reads what the front door tells. Handlers see one [`Principal`] either way.
//!
//! | request | answer |
//! |---|---|
//! | without a token | 401, `WWW-Authenticate: Bearer realm="NAME"` |
//! | with one that is malformed, expired, of another issuer or audience, or not signed | 401, `error="invalid_token"` |
//! | without a scope that the route asks for | 403, `error="insufficient_scope"` |
//! | while the issuer's keys cannot be had | 503, `Retry-After` |

mod authority;
mod claims;
mod guard;
mod principal;
mod refusal;
mod sender;
mod spec;

pub(crate) use authority::{Authority, Checks};
pub use claims::{CheckedClaims, Claims};
pub(crate) use guard::{Admitted, GuardLayer};
pub use principal::Principal;
pub use sender::ExpectedSender;
pub use spec::{AuthorizerSpec, Requirement};

#[cfg(test)]
mod tests;
