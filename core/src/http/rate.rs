//! How many requests a route takes in a time.

use std::num::NonZeroU32;

use serde::Serialize;

/// Requests in each second over a longer time, and how many may come at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rate {
    /// Requests in each second.
    #[serde(rename = "perSecond")]
    pub per_second: NonZeroU32,
    /// Requests at once after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    /// As many requests in each second, and at once; 0 counts as 1.
    pub const fn per_second(requests: u32) -> Self {
        let requests = at_least_one(requests);
        Self {
            per_second: requests,
            burst: requests,
        }
    }

    /// Lets this many come at once after a pause; 0 counts as 1.
    #[must_use]
    pub const fn burst(mut self, requests: u32) -> Self {
        self.burst = at_least_one(requests);
        self
    }
}

const fn at_least_one(requests: u32) -> NonZeroU32 {
    match NonZeroU32::new(requests) {
        Some(requests) => requests,
        None => NonZeroU32::MIN,
    }
}
