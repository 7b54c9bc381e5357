//! How often, and for how long, what failed comes again: the same on every platform that can be told.

/// How often something is delivered before it is put aside, as in the local store.
pub(crate) const DELIVERIES: u32 = 5;
/// How often it is tried again after the first time.
pub(crate) const RETRIES: u32 = DELIVERIES - 1;
/// The shortest time before another attempt, in seconds.
pub(crate) const FIRST_PAUSE: u32 = 10;
/// The longest time before another attempt, in seconds.
pub(crate) const LONGEST_PAUSE: u32 = 600;
/// How long what was put aside is kept, in seconds.
pub(crate) const TWO_WEEKS: u32 = 1_209_600;

/// A time as .NET writes it: `HH:MM:SS`.
pub(crate) fn clock(seconds: u32) -> String {
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_dot_net_writes_them() {
        let written = [FIRST_PAUSE, LONGEST_PAUSE, 3_723].map(clock);
        assert_eq!(written, ["00:00:10", "00:10:00", "01:02:03"]);
    }
}
