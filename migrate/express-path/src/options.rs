//! Which grammar a pattern is written in, and how Express registers it.

/// The major version of Express whose path rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grammar {
    /// Express 4: `path-to-regexp` 0.1.x.
    V4,
    /// Express 5: `path-to-regexp` 8.x, through `router` 2.x.
    V5,
}

/// How much of a path a pattern has to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Extent {
    /// The whole path, as a route does.
    #[default]
    Whole,
    /// A prefix that ends at a slash or at the end of the path, as `use` does.
    Prefix,
}

/// The options that Express passes to its path compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Options {
    /// How much of the path has to match.
    pub extent: Extent,
    /// Letters differ by case (the setting `case sensitive routing`). Off by default.
    pub case_sensitive: bool,
    /// A trailing slash makes a difference (the setting `strict routing`). Off by default; Express never
    /// sets it for `use`.
    pub strict: bool,
}

impl Options {
    /// The default options of a route: the whole path, any case, a trailing slash is optional.
    pub fn route() -> Self {
        Self::default()
    }

    /// The default options of `use`: a prefix, any case.
    pub fn mount() -> Self {
        Self {
            extent: Extent::Prefix,
            ..Self::default()
        }
    }
}
