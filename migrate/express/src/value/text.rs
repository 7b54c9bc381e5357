//! Text from parts: templates and concatenations.

use super::{JsString, number};

/// What can stand in [`text!`](crate::text): everything whose text cannot fail.
pub trait TextPart {
    /// The text of the part.
    fn into_text(self) -> JsString;
}

impl TextPart for &'static str {
    fn into_text(self) -> JsString {
        JsString::literal(self)
    }
}

impl TextPart for JsString {
    fn into_text(self) -> JsString {
        self
    }
}

impl TextPart for &JsString {
    fn into_text(self) -> JsString {
        self.clone()
    }
}

impl TextPart for f64 {
    fn into_text(self) -> JsString {
        number::number_to_string(self)
    }
}

impl TextPart for i32 {
    fn into_text(self) -> JsString {
        number::number_to_string(f64::from(self))
    }
}

impl TextPart for bool {
    fn into_text(self) -> JsString {
        JsString::literal(if self { "true" } else { "false" })
    }
}

/// Text from parts, from left to right: text, numbers and booleans. Another value is made text first, which can throw.
///
/// ```
/// use isobar_express::{JsString, text};
///
/// let name = JsString::literal("tea");
/// assert_eq!(text!["note ", 7.0, ": ", &name], "note 7: tea");
/// ```
#[macro_export]
macro_rules! text {
    ($($part:expr),* $(,)?) => {
        $crate::JsString::concat_all(&[$($crate::TextPart::into_text($part)),*])
    };
}
