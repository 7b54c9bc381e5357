//! An error with what led to it, which its own text does not repeat.

use std::error::Error;

/// The texts of an error and of its causes, one after the other.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
