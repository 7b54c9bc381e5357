//! What the process is configured with: URLs of stores, and the variables that AWS sets.

#[cfg(feature = "_store")]
mod place;

#[cfg(feature = "_store")]
pub use place::Place;

#[cfg(feature = "_topic")]
mod topics;
#[cfg(feature = "_topic")]
pub use topics::TopicPlace;

/// A variable of the process.
#[cfg(feature = "function")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}
