//! How much of a request a way to an application passes on.

/// A size in bytes that is surely passed on, and one that is surely refused.
///
/// They are neighbours where nothing between the suite and the application adds to what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeLimit {
    /// It is passed on.
    pub passed: usize,
    /// It is refused.
    pub refused: usize,
}

impl SizeLimit {
    /// The content of a request that a server takes which nobody has told another limit.
    pub const SERVER_CONTENT: Self = Self::exactly(10 * 1_024 * 1_024);
    /// Path and query, likewise.
    pub const SERVER_TARGET: Self = Self::exactly(8 * 1_024);
    /// The same where the query is written anew on its way: a key without a value gets an equals sign.
    pub const REWRITTEN_TARGET: Self = Self {
        passed: Self::SERVER_TARGET.passed - 1,
        refused: Self::SERVER_TARGET.refused,
    };
    /// The header fields, likewise: 32 KiB with the request line, to which front ends add fields of their own.
    pub const SERVER_HEAD: Self = Self {
        passed: 28 * 1_024,
        refused: 33 * 1_024,
    };

    /// So much and not a byte more.
    pub const fn exactly(most: usize) -> Self {
        Self {
            passed: most,
            refused: most + 1,
        }
    }
}
