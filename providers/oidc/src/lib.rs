//! Checks tokens by the keys of their issuers, found by OpenID Connect Discovery.

mod fetch;
mod jws;
mod key;
mod key_cache;
mod key_set;
mod token;

pub use token::OidcTokens;
