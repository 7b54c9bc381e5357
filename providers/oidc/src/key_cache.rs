//! The keys of one issuer, and when they are fetched again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use isobar::driver::Clock;
use isobar::{Error, ErrorKind, Result};
use tokio::sync::watch;

use crate::jws::Algorithm;
use crate::key_set::KeySet;

/// An issuer that takes a key back is heard of after this time.
const FRESH: Duration = Duration::from_mins(15);
/// While the issuer cannot be reached, keys are used for this time.
const USABLE: Duration = Duration::from_hours(24);
/// For a key that is unknown or has not signed, keys are fetched once in this time, whoever sends tokens.
const BETWEEN: Duration = Duration::from_secs(30);
/// After a failure the issuer is left alone for this time.
const PAUSE: Duration = Duration::from_secs(5);

/// What a token says of its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'t> {
    pub(crate) algorithm: Algorithm,
    pub(crate) id: Option<&'t str>,
}

/// What keys somebody asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'t> {
    /// Those of which one fits a token.
    Fitting(Wanted<'t>),
    /// Others than these, none of which has signed a token: an issuer may have another key without another id.
    Others(&'t Arc<KeySet>),
}

/// The keys, and what is known of the attempts to have them.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    keys: Option<(Arc<KeySet>, SystemTime)>,
    /// Closed when the attempt under way has ended.
    attempt: Option<watch::Receiver<()>>,
    /// When the last attempt ended, or that under way began.
    attempted_at: Option<SystemTime>,
    failed: bool,
}

/// What to do for a token.
enum Next {
    Use(Arc<KeySet>),
    /// Fetch, and use these where that fails.
    Fetch(Option<Arc<KeySet>>),
    /// There are no keys, and it is too early to ask again before this time.
    Wait(Duration),
}

impl Asked<'_> {
    fn are(self, keys: &Arc<KeySet>) -> bool {
        match self {
            Self::Fitting(wanted) => keys.fitting(wanted).next().is_some(),
            Self::Others(tried) => !Arc::ptr_eq(keys, tried),
        }
    }
}

impl KeyCache {
    /// The keys that are known, unless they are old or not those that are asked for, and may be fetched again.
    ///
    /// They are fetched in a task of its own: a caller that goes away ends its waiting and nothing else.
    pub(crate) async fn keys<F>(
        self: &Arc<Self>,
        asked: Asked<'_>,
        clock: &Arc<dyn Clock>,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<KeySet>>
    where
        F: Future<Output = Result<KeySet>> + Send + 'static,
    {
        let mut attempt = match self.joined(asked, clock, fetch) {
            Ok(attempt) => attempt,
            Err(decided) => return decided,
        };
        // Nothing is ever sent: it is closed at the end.
        while attempt.changed().await.is_ok() {}
        match self.known().next(asked, clock.now()) {
            Next::Use(keys) | Next::Fetch(Some(keys)) => Ok(keys),
            Next::Fetch(None) => Err(out_of_reach(PAUSE)),
            Next::Wait(after) => Err(out_of_reach(after)),
        }
    }

    /// The attempt to wait for, which is begun where there is none; otherwise what is to be had without one.
    fn joined<F>(
        self: &Arc<Self>,
        asked: Asked<'_>,
        clock: &Arc<dyn Clock>,
        fetch: impl FnOnce() -> F,
    ) -> Result<watch::Receiver<()>, Result<Arc<KeySet>>>
    where
        F: Future<Output = Result<KeySet>> + Send + 'static,
    {
        let mut known = self.known();
        let now = clock.now();
        if let Some(attempt) = known.under_way() {
            // Only who has no key that fits waits for it.
            return known
                .found(asked, now)
                .map_or(Ok(attempt), |keys| Err(Ok(keys)));
        }
        match known.next(asked, now) {
            Next::Use(keys) => return Err(Ok(keys)),
            Next::Wait(after) => return Err(Err(out_of_reach(after))),
            Next::Fetch(_) => {}
        }
        let (ends, attempt) = watch::channel(());
        known.attempt = Some(attempt.clone());
        known.attempted_at = Some(now);
        // Unless it says otherwise at its end.
        known.failed = true;
        let (cache, clock, fetched) = (Arc::clone(self), Arc::clone(clock), fetch());
        tokio::spawn(async move {
            cache.end(fetched.await.ok(), clock.now());
            drop(ends);
        });
        Ok(attempt)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, keys: Option<KeySet>, now: SystemTime) {
        let mut known = self.known();
        known.attempt = None;
        known.attempted_at = Some(now);
        known.failed = keys.is_none();
        if let Some(keys) = keys {
            known.keys = Some((Arc::new(keys), now));
        }
    }
}

impl Known {
    /// The attempt that has not ended, and whose task is not gone.
    fn under_way(&self) -> Option<watch::Receiver<()>> {
        let attempt = self.attempt.as_ref()?;
        attempt.has_changed().is_ok().then(|| attempt.clone())
    }

    /// Keys that are not too old.
    fn usable(&self, now: SystemTime) -> Option<&(Arc<KeySet>, SystemTime)> {
        // A clock that went back has not made them older.
        let age = |at: SystemTime| now.duration_since(at).unwrap_or_default();
        self.keys.as_ref().filter(|(_, at)| age(*at) < USABLE)
    }

    fn found(&self, asked: Asked<'_>, now: SystemTime) -> Option<Arc<KeySet>> {
        let (keys, _) = self.usable(now)?;
        asked.are(keys).then(|| Arc::clone(keys))
    }

    fn next(&self, asked: Asked<'_>, now: SystemTime) -> Next {
        // What a clock that went back says of the past is of no use: ask again.
        let since = |then: SystemTime| now.duration_since(then).unwrap_or(Duration::MAX);
        let ago = self.attempted_at.map_or(Duration::MAX, since);
        let paused = self.failed && ago < PAUSE;
        let Some((keys, at)) = self.usable(now) else {
            return if paused {
                Next::Wait(PAUSE.saturating_sub(ago))
            } else {
                Next::Fetch(None)
            };
        };
        let are_found = asked.are(keys);
        let keys = Arc::clone(keys);
        let is_fresh = since(*at) < FRESH;
        let is_early = ago < BETWEEN;
        match (are_found, is_fresh) {
            (true, true) => Next::Use(keys),
            (true, false) if paused => Next::Use(keys),
            // What an issuer that was asked a moment ago does not have, nobody has signed with.
            (false, _) if is_early && !self.failed => Next::Use(keys),
            (false, _) if is_early => Next::Wait(BETWEEN.saturating_sub(ago)),
            _ => Next::Fetch(Some(keys)),
        }
    }
}

fn out_of_reach(after: Duration) -> Error {
    let message = "the keys of the issuer could not be had a moment ago";
    Error::new(ErrorKind::Unavailable, message).with_retry_after(after)
}

#[cfg(test)]
mod tests;
