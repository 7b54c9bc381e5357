//! A token bucket on the clock that its caller reads.

use std::time::{Duration, SystemTime};

use crate::http::Rate;

/// Billionths of a token, so that slow rates lose nothing between two calls.
const ONE: u128 = 1_000_000_000;

/// Holds as many tokens as the burst, and gets as many back in each second as the rate says.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    /// In billionths.
    tokens: u128,
    filled_at: Option<SystemTime>,
}

impl Bucket {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            tokens: full(rate),
            rate,
            filled_at: None,
        }
    }

    /// Takes a token; otherwise how long until there is one. A clock that goes back gives nothing.
    pub(super) fn take(&mut self, now: SystemTime) -> Result<(), Duration> {
        let since = self
            .filled_at
            .map(|before| now.duration_since(before).unwrap_or_default());
        let per_second = u128::from(self.rate.per_second.get());
        let gained = since
            .unwrap_or_default()
            .as_nanos()
            .saturating_mul(per_second);
        self.tokens = self.tokens.saturating_add(gained).min(full(self.rate));
        self.filled_at = Some(now);
        if let Some(left) = self.tokens.checked_sub(ONE) {
            self.tokens = left;
            return Ok(());
        }
        let missing = (ONE - self.tokens).div_ceil(per_second);
        Err(Duration::from_nanos(
            u64::try_from(missing).unwrap_or(u64::MAX),
        ))
    }
}

fn full(rate: Rate) -> u128 {
    ONE * u128::from(rate.burst.get())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(millis: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000) + Duration::from_millis(millis)
    }

    #[test]
    fn a_burst_passes_and_then_as_many_as_the_rate_says() {
        let mut bucket = Bucket::new(Rate::per_second(2).burst(3));
        for _ in 0..3 {
            assert_eq!(bucket.take(at(0)), Ok(()));
        }
        assert_eq!(bucket.take(at(0)), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(at(499)), Err(Duration::from_millis(1)));
        assert_eq!(bucket.take(at(500)), Ok(()));
        assert_eq!(bucket.take(at(500)), Err(Duration::from_millis(500)));
        // A pause fills the bucket, and never more than that.
        for _ in 0..3 {
            assert_eq!(bucket.take(at(60_000)), Ok(()));
        }
        assert!(bucket.take(at(60_000)).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_and_takes_nothing() {
        let mut bucket = Bucket::new(Rate::per_second(1));
        assert_eq!(bucket.take(at(5_000)), Ok(()));
        assert_eq!(bucket.take(at(0)), Err(Duration::from_secs(1)));
        assert_eq!(bucket.take(at(1_000)), Ok(()));
    }
}
