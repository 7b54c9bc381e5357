//! Which Express an application was written for.

use isobar_express_path::Grammar;

/// The major version of Express whose answers are reproduced.
///
/// | | `V4` | `V5` |
/// |---|---|---|
/// | path grammar | `path-to-regexp` 0.1.x | `path-to-regexp` 8.x |
/// | default query parser | `extended` (qs) | `simple` (querystring) |
/// | `*` parameters | text under `0`, `1`, … | a list under its name |
/// | body that no parser took | `{}` once a parser saw it | `undefined` |
/// | a rejected `async` handler | nobody answers, see [`promise`](crate::promise) | the error handlers |
/// | automatic `OPTIONS` | `GET,HEAD,POST` as HTML | `GET, HEAD, POST` sorted, as plain text |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Express 4 (4.22).
    V4,
    /// Express 5 (5.3).
    V5,
}

impl Profile {
    pub(crate) fn grammar(self) -> Grammar {
        match self {
            Self::V4 => Grammar::V4,
            Self::V5 => Grammar::V5,
        }
    }
}
