//! Parts of the URLs of stores and topics.

use isobar::{Error, Result};
use percent_encoding::percent_decode_str;

/// A part out of its percent-encoding; `malformed` says of which URL it is a part.
pub(crate) fn decoded(text: &str, malformed: impl Fn(&str) -> Error) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    let text = text.map_err(|_| malformed("a part is not UTF-8"))?;
    Ok(text.into_owned())
}
