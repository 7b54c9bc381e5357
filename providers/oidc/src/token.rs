//! The driver: a token's signature against the keys of its issuer.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use isobar::authorization::Claims;
use isobar::driver::Clock;
use isobar::driver::token::{TokenDriver, TokenIssuer};
use isobar::{Error, ErrorKind, Result};

use crate::fetch::Fetcher;
use crate::jws::Jws;
use crate::key_cache::{Asked, KeyCache, Wanted};
use crate::key_set::KeySet;

/// Checks tokens of any issuer whose keys can be fetched, and keeps the keys.
pub struct OidcTokens {
    fetcher: Arc<Fetcher>,
    clock: Arc<dyn Clock>,
    caches: Mutex<HashMap<TokenIssuer, Arc<KeyCache>>>,
}

impl OidcTokens {
    /// Nothing is fetched before the first token comes.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            fetcher: Arc::default(),
            clock,
            caches: Mutex::default(),
        }
    }

    fn cache(&self, issuer: &TokenIssuer) -> Arc<KeyCache> {
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = caches.get(issuer) {
            return Arc::clone(cache);
        }
        let cache = Arc::<KeyCache>::default();
        caches.insert(issuer.clone(), Arc::clone(&cache));
        cache
    }
}

impl fmt::Debug for OidcTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcTokens").finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenDriver for OidcTokens {
    async fn claims(&self, issuer: &TokenIssuer, token: &str) -> Result<Claims> {
        let jws = Jws::parse(token).ok_or_else(|| refused("the token is malformed"))?;
        let wanted = Wanted {
            algorithm: jws.algorithm,
            id: jws.key_id.as_deref(),
        };
        let cache = self.cache(issuer);
        let fetch = || {
            let (fetcher, clock) = (Arc::clone(&self.fetcher), Arc::clone(&self.clock));
            let issuer = issuer.clone();
            async move { fetcher.keys(&issuer, &*clock).await }
        };
        let is_signed = |keys: &KeySet| keys.fitting(wanted).any(|key| key.has_signed(&jws));
        let asked = Asked::Fitting(wanted);
        let keys = cache.keys(asked, &self.clock, fetch).await?;
        if !is_signed(&keys) {
            let asked = Asked::Others(&keys);
            let others = cache.keys(asked, &self.clock, fetch).await?;
            if Arc::ptr_eq(&others, &keys) || !is_signed(&others) {
                return Err(refused("no key of the issuer has signed the token"));
            }
        }
        let claims = serde_json::from_slice(&jws.payload);
        claims.map_err(|error| refused("the token says nothing").with_source(error))
    }
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::Unauthenticated, message)
}

#[cfg(test)]
mod tests;
