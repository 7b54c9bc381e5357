//! The dates of HTTP headers.

use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

/// Milliseconds since 1970 of an HTTP date, as `Date.parse` reads it; `None` where it is `NaN`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let timestamp = DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text);
    let timestamp = timestamp.or_else(|_| text.parse::<Timestamp>());
    timestamp.ok().map(Timestamp::as_millisecond)
}

/// `Date.prototype.toUTCString`.
pub(crate) fn format(milliseconds: i64) -> Option<String> {
    let timestamp = Timestamp::from_millisecond(milliseconds).ok()?;
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&timestamp)
        .ok()
}
