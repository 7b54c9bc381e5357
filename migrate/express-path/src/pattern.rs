//! What stands where Express takes a path: a string, a regular expression, or a list of both.

use std::fmt;

/// A path argument as the application wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// A path string in the grammar of its Express version.
    Text(String),
    /// A regular expression literal.
    Regex(RegexSource),
    /// An array: the first member that matches decides.
    List(Vec<Pattern>),
}

/// A JavaScript regular expression: what stands between the slashes, and the flags after them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegexSource {
    /// The text between the slashes.
    pub source: String,
    /// The flags, such as `i`.
    pub flags: String,
}

impl Pattern {
    /// A regular expression by source and flags.
    pub fn regex(source: impl Into<String>, flags: impl Into<String>) -> Self {
        Self::Regex(RegexSource {
            source: source.into(),
            flags: flags.into(),
        })
    }

    /// Each string or regular expression in this pattern, nested lists flattened, in order.
    pub(crate) fn leaves(&self) -> Vec<&Pattern> {
        match self {
            Self::List(members) => members.iter().flat_map(Self::leaves).collect(),
            leaf => vec![leaf],
        }
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<P: Into<Pattern>, const N: usize> From<[P; N]> for Pattern {
    fn from(members: [P; N]) -> Self {
        Self::List(members.into_iter().map(Into::into).collect())
    }
}

impl<P: Into<Pattern>> From<Vec<P>> for Pattern {
    fn from(members: Vec<P>) -> Self {
        Self::List(members.into_iter().map(Into::into).collect())
    }
}

/// Writes the pattern as JavaScript would: the bare text, `/source/flags`, or a bracketed list.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Regex(regex) => write!(f, "/{}/{}", regex.source, regex.flags),
            Self::List(members) => {
                let members: Vec<String> = members.iter().map(Self::to_string).collect();
                write!(f, "[{}]", members.join(", "))
            }
        }
    }
}
