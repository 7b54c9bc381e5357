//! Isobar on one directory: an embedded store and a local server.

mod clock;
mod function;

pub use clock::clock;
pub use function::LocalPlatform;
