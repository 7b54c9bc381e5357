//! The stack trace on the error page of Express: it names files and lines of the legacy source, which no port has.

use std::borrow::Cow;

use super::Answer;

/// How Express writes the line of a stack trace (finalhandler 1 and 2, outside of production).
const LINE: &str = "<br> &nbsp; &nbsp;at ";
const ENDS: [&str; 2] = ["<br>", "</pre>"];

/// The text of an answer without the lines of a stack trace, where it is an error page.
pub(super) fn without<'a>(answer: &Answer, text: &'a str) -> Cow<'a, str> {
    let is_error = answer.status.is_client_error() || answer.status.is_server_error();
    if !is_error || !text.contains(LINE) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(LINE);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let ends = ENDS.iter().filter_map(|end| part.find(end));
        kept.push_str(&part[ends.min().unwrap_or(part.len())..]);
    }
    Cow::Owned(kept)
}
