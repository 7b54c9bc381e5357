//! Dates as headers of HTTP have them.

use isobar::document::Timestamp;
use isobar::{Error, Result};
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

/// Now, as a header.
pub(crate) fn now() -> Result<String> {
    let printed = DateTimePrinter::new().timestamp_to_rfc9110_string(&jiff::Timestamp::now());
    printed.map_err(|error| Error::invalid("the clock is out of range").with_source(error))
}

/// What a header says, to the second.
#[cfg(feature = "blob")]
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_micros(at.as_microsecond()))
}
