//! A JavaScript string: a sequence of UTF-16 code units, kept as UTF-8 whenever it is valid text.
//!
//! Strings of real requests are nearly always valid text and mostly ASCII, so UTF-8 is the storage and an ASCII
//! string is indexed directly. Only a string with a lone surrogate is kept as code units.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::Equivalent;

/// An immutable string with JavaScript's length, indexing and order, cheap to clone.
#[derive(Clone)]
pub struct JsString(Repr);

/// Equal strings have equal representations: `Units` holds at least one lone surrogate, the others never do.
#[derive(Clone)]
enum Repr {
    Literal(&'static str),
    Text(Arc<str>),
    Units(Arc<[u16]>),
}

impl JsString {
    /// A string that is part of the program, without an allocation.
    pub const fn literal(text: &'static str) -> Self {
        Self(Repr::Literal(text))
    }

    /// A copy of `text`.
    pub fn new(text: &str) -> Self {
        Self(Repr::Text(text.into()))
    }

    /// A string from UTF-16 code units, lone surrogates included.
    pub fn from_units(units: &[u16]) -> Self {
        String::from_utf16(units).map_or_else(|_| Self(Repr::Units(units.into())), Self::from)
    }

    /// The text, unless the string holds a lone surrogate.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Repr::Literal(text) => Some(text),
            Repr::Text(text) => Some(text),
            Repr::Units(_) => None,
        }
    }

    /// The text, when it is part of the program.
    pub(crate) fn as_literal(&self) -> Option<&'static str> {
        match self.0 {
            Repr::Literal(text) => Some(text),
            Repr::Text(_) | Repr::Units(_) => None,
        }
    }

    /// The text as Node writes it to a socket: each lone surrogate becomes U+FFFD.
    pub fn to_text(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Literal(text) => Cow::Borrowed(text),
            Repr::Text(text) => Cow::Borrowed(text),
            Repr::Units(units) => Cow::Owned(String::from_utf16_lossy(units)),
        }
    }

    /// The number of UTF-16 code units, which is what `.length` says.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Units(units) => units.len(),
            _ if self.is_ascii() => self.as_str().map_or(0, str::len),
            _ => self.as_str().map_or(0, |text| text.encode_utf16().count()),
        }
    }

    /// Whether the string has no characters.
    pub fn is_empty(&self) -> bool {
        self.as_str().is_some_and(str::is_empty)
    }

    /// The UTF-16 code unit at `index`.
    pub fn unit_at(&self, index: usize) -> Option<u16> {
        match self.ascii() {
            Some(text) => text.as_bytes().get(index).map(|byte| u16::from(*byte)),
            None => self.units().get(index).copied(),
        }
    }

    /// All UTF-16 code units.
    pub fn units(&self) -> Cow<'_, [u16]> {
        match &self.0 {
            Repr::Units(units) => Cow::Borrowed(units),
            Repr::Literal(text) => Cow::Owned(text.encode_utf16().collect()),
            Repr::Text(text) => Cow::Owned(text.encode_utf16().collect()),
        }
    }

    /// The code units from `start` up to `end`, both cut to the string's length; empty where `start >= end`.
    #[must_use]
    pub fn range(&self, start: usize, end: usize) -> Self {
        if let Some(text) = self.ascii() {
            let end = end.min(text.len());
            return if start == 0 && end == text.len() {
                self.clone()
            } else {
                text.get(start..end).map_or(Self::literal(""), Self::new)
            };
        }
        let units = self.units();
        let end = end.min(units.len());
        units
            .get(start..end)
            .map_or(Self::literal(""), Self::from_units)
    }

    /// This string followed by `other`.
    #[must_use]
    pub fn concat(&self, other: &Self) -> Self {
        match (self.as_str(), other.as_str()) {
            (Some(""), _) => other.clone(),
            (_, Some("")) => self.clone(),
            (Some(left), Some(right)) => Self::from([left, right].concat()),
            _ => Self::from_units(&[self.units(), other.units()].concat()),
        }
    }

    /// The text, when all of it is ASCII, so that bytes are code units.
    pub(super) fn ascii(&self) -> Option<&str> {
        self.as_str().filter(|text| text.is_ascii())
    }

    fn is_ascii(&self) -> bool {
        self.ascii().is_some()
    }
}

/// The text as Node writes it to a socket: each lone surrogate becomes U+FFFD.
impl fmt::Display for JsString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for JsString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.to_text().as_ref(), f)
    }
}

impl Default for JsString {
    fn default() -> Self {
        Self::literal("")
    }
}

impl From<&'static str> for JsString {
    fn from(text: &'static str) -> Self {
        Self::literal(text)
    }
}

impl From<String> for JsString {
    fn from(text: String) -> Self {
        Self(Repr::Text(text.into()))
    }
}

impl From<&Self> for JsString {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

impl PartialEq for JsString {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Units(left), Repr::Units(right)) => left == right,
            _ => self
                .as_str()
                .is_some_and(|text| other.as_str() == Some(text)),
        }
    }
}

impl Eq for JsString {}

impl PartialEq<str> for JsString {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for JsString {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(other)
    }
}

/// The order of `<` in JavaScript: by UTF-16 code unit, which differs from UTF-8's order above U+D7FF.
impl Ord for JsString {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.ascii(), other.ascii()) {
            (Some(left), Some(right)) => left.cmp(right),
            _ => self.units().cmp(&other.units()),
        }
    }
}

impl PartialOrd for JsString {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for JsString {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Literal(text) => text.hash(state),
            Repr::Text(text) => text.hash(state),
            Repr::Units(units) => units.hash(state),
        }
    }
}

impl Equivalent<JsString> for str {
    fn equivalent(&self, key: &JsString) -> bool {
        key == self
    }
}
