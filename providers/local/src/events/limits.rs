//! How much of the events the log keeps.

use std::str::FromStr;

use isobar::{Error, Result};

/// How many events the log keeps at most, and how many bytes of them; the oldest go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventLimits {
    /// Events; with 0 none are logged.
    pub events: u64,
    /// Bytes of all rows.
    pub bytes: u64,
}

impl EventLimits {
    /// No log.
    pub const OFF: Self = Self::new(0, 0);

    /// So many events and bytes.
    pub const fn new(events: u64, bytes: u64) -> Self {
        Self { events, bytes }
    }

    pub(crate) fn are_off(self) -> bool {
        self.events == 0 || self.bytes == 0
    }
}

impl Default for EventLimits {
    /// 10,000 events and 64 MiB.
    fn default() -> Self {
        Self::new(10_000, 64 << 20)
    }
}

impl FromStr for EventLimits {
    type Err = Error;

    /// Reads `off`, `EVENTS`, or `EVENTS,BYTES`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = |_| {
            Error::invalid(format!(
                "{text:?} is neither `off` nor a number of events and one of bytes, as in 10000,67108864"
            ))
        };
        if text == "off" {
            return Ok(Self::OFF);
        }
        let (events, bytes) = match text.split_once(',') {
            Some((events, bytes)) => (events, bytes.trim().parse().map_err(wrong)?),
            None => (text, Self::default().bytes),
        };
        Ok(Self::new(events.trim().parse().map_err(wrong)?, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_they_are_written() {
        for (text, expected) in [
            ("off", EventLimits::OFF),
            ("500", EventLimits::new(500, 64 << 20)),
            ("500, 1000", EventLimits::new(500, 1_000)),
        ] {
            assert_eq!(text.parse::<EventLimits>().unwrap(), expected);
        }
        for text in ["", "on", "5,", "-1", "1,2,3"] {
            let error = text.parse::<EventLimits>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
        assert!(EventLimits::OFF.are_off() && EventLimits::new(0, 1).are_off());
    }
}
