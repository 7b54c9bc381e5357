//! What the process is configured with: URLs of stores, and the variables that AWS sets.

#[cfg(any(feature = "document", feature = "blob"))]
mod place;

#[cfg(any(feature = "document", feature = "blob"))]
pub use place::Place;

/// A variable of the process.
#[cfg(feature = "function")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}
