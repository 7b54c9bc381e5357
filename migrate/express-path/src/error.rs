//! Why a pattern cannot be compiled, and why a path that matched cannot be answered.

use std::fmt;

/// A pattern that Express would refuse when the route is registered, or that no matcher can stand for.
#[derive(Debug)]
pub struct PathError {
    kind: PathErrorKind,
    pattern: String,
    detail: String,
    source: Option<regress::Error>,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathErrorKind {
    /// The pattern breaks its grammar's rules; Express throws when it is registered.
    Syntax,
    /// The optional groups of an Express 5 pattern multiply to more than 256 paths; Express throws.
    TooManyCombinations,
    /// A regular expression with the flag `g` or `y` remembers its last position between requests in
    /// Express, so that equal requests get different answers. It is refused here.
    Stateful,
}

impl PathError {
    pub(crate) fn new(kind: PathErrorKind, pattern: &str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            pattern: pattern.to_owned(),
            detail: detail.into(),
            source: None,
        }
    }

    pub(crate) fn regex(pattern: &str, source: regress::Error) -> Self {
        Self {
            source: Some(source),
            ..Self::new(
                PathErrorKind::Syntax,
                pattern,
                "is not a regular expression",
            )
        }
    }

    pub(crate) fn too_many_combinations(pattern: &str) -> Self {
        let detail = "has optional groups that multiply to more than 256 paths";
        Self::new(PathErrorKind::TooManyCombinations, pattern, detail)
    }

    /// What is wrong.
    pub fn kind(&self) -> PathErrorKind {
        self.kind
    }

    /// The pattern as it was written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path pattern {:?} {}", self.pattern, self.detail)
    }
}

impl std::error::Error for PathError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// A path that matched, but for which Express throws while it collects the parameters.
///
/// Display gives Express's own message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchError {
    kind: MatchErrorKind,
    value: String,
}

/// What Express throws while it collects parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatchErrorKind {
    /// A parameter is not valid percent-encoded UTF-8: a `URIError` with status 400.
    Decode,
    /// A regular expression captures more groups than Express counted: a `TypeError`, status 500.
    UnnamedGroup,
}

impl MatchError {
    pub(crate) fn decode(value: &str) -> Self {
        Self {
            kind: MatchErrorKind::Decode,
            value: value.to_owned(),
        }
    }

    pub(crate) fn unnamed_group() -> Self {
        Self {
            kind: MatchErrorKind::UnnamedGroup,
            value: String::new(),
        }
    }

    /// What Express throws.
    pub fn kind(&self) -> MatchErrorKind {
        self.kind
    }

    /// The status that Express answers with.
    pub fn status(&self) -> u16 {
        match self.kind {
            MatchErrorKind::Decode => 400,
            MatchErrorKind::UnnamedGroup => 500,
        }
    }
}

impl fmt::Display for MatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            MatchErrorKind::Decode => write!(f, "Failed to decode param '{}'", self.value),
            MatchErrorKind::UnnamedGroup => {
                f.write_str("Cannot read properties of undefined (reading 'name')")
            }
        }
    }
}

impl std::error::Error for MatchError {}
