//! The keys of one issuer, and when they are fetched again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use isobar::{Error, ErrorKind, Result};
use tokio::sync::Mutex as AsyncMutex;

use crate::jws::Algorithm;
use crate::key_set::KeySet;

/// An issuer that takes a key back is heard of after this time.
const FRESH: Duration = Duration::from_mins(15);
/// While the issuer cannot be reached, keys are used for this time.
const USABLE: Duration = Duration::from_hours(24);
/// For a key that is unknown, keys are fetched once in this time, whoever sends tokens.
const BETWEEN: Duration = Duration::from_secs(30);
/// After a failure the issuer is left alone for this time.
const PAUSE: Duration = Duration::from_secs(5);

/// What a token says of its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'t> {
    pub(crate) algorithm: Algorithm,
    pub(crate) id: Option<&'t str>,
}

/// The keys, and what is known of the attempts to have them.
#[derive(Debug, Default)]
pub(crate) struct KeyCache {
    known: Mutex<Known>,
    /// Held by the one caller that fetches.
    fetching: AsyncMutex<()>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    keys: Option<(Arc<KeySet>, SystemTime)>,
    /// When the last attempt began, whether or not it has come to an end.
    attempted_at: Option<SystemTime>,
    failed: bool,
}

/// What to do for a token.
enum Next {
    Use(Arc<KeySet>),
    /// Fetch, and use these where that fails.
    Fetch(Option<Arc<KeySet>>),
    /// There are no keys, and it is too early to ask again.
    Wait,
}

impl KeyCache {
    /// The keys for a token: those that are known, unless they are old or have none that fits and may be fetched again.
    pub(crate) async fn keys<F>(
        &self,
        wanted: Wanted<'_>,
        now: SystemTime,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<KeySet>>
    where
        F: Future<Output = Result<KeySet>>,
    {
        let usable = match self.known().next(wanted, now) {
            Next::Use(keys) => return Ok(keys),
            Next::Wait => return Err(out_of_reach()),
            Next::Fetch(usable) => usable,
        };
        let _fetching = match (self.fetching.try_lock(), &usable) {
            (Ok(fetching), _) => fetching,
            // Somebody fetches already: only who has no key that fits waits for it.
            (Err(_), Some(keys)) if keys.fitting(wanted).next().is_some() => {
                return Ok(Arc::clone(keys));
            }
            (Err(_), _) => self.fetching.lock().await,
        };
        let usable = match self.known().next(wanted, now) {
            Next::Use(keys) => return Ok(keys),
            Next::Wait => return Err(out_of_reach()),
            Next::Fetch(again) => again.or(usable),
        };
        self.begin(now);
        match fetch().await {
            Ok(keys) => Ok(self.succeed(keys, now)),
            Err(error) => {
                let fitting = usable.filter(|keys| keys.fitting(wanted).next().is_some());
                let keys = fitting.ok_or(error)?;
                Ok(keys)
            }
        }
    }

    fn known(&self) -> Known {
        self.change().clone()
    }

    fn change(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt that its caller gives up counts as one that failed.
    fn begin(&self, now: SystemTime) {
        let mut known = self.change();
        known.attempted_at = Some(now);
        known.failed = true;
    }

    fn succeed(&self, keys: KeySet, now: SystemTime) -> Arc<KeySet> {
        let keys = Arc::new(keys);
        let mut known = self.change();
        known.keys = Some((Arc::clone(&keys), now));
        known.failed = false;
        keys
    }
}

impl Known {
    fn next(&self, wanted: Wanted<'_>, now: SystemTime) -> Next {
        // A clock that went back has no time between.
        let since = |then: SystemTime| now.duration_since(then).unwrap_or_default();
        let usable = self.keys.as_ref().filter(|(_, at)| since(*at) < USABLE);
        let attempted = self.attempted_at.map(since);
        let paused = self.failed && attempted.is_some_and(|ago| ago < PAUSE);
        let Some((keys, at)) = usable else {
            return if paused {
                Next::Wait
            } else {
                Next::Fetch(None)
            };
        };
        let fits = keys.fitting(wanted).next().is_some();
        let keys = Arc::clone(keys);
        let is_fresh = since(*at) < FRESH;
        let asked = attempted.is_some_and(|ago| ago < BETWEEN);
        match (fits, is_fresh) {
            (true, true) => Next::Use(keys),
            (true, false) if paused => Next::Use(keys),
            // What an issuer that was asked a moment ago does not have, nobody has signed with.
            (false, _) if asked && !self.failed => Next::Use(keys),
            (false, _) if asked => Next::Wait,
            _ => Next::Fetch(Some(keys)),
        }
    }
}

fn out_of_reach() -> Error {
    let message = "the keys of the issuer could not be had a moment ago";
    Error::new(ErrorKind::Unavailable, message).with_retry_after(PAUSE)
}

#[cfg(test)]
mod tests;
