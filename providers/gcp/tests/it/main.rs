//! The stores before a proxy that listens to what they send, and documents on Google's emulator.

#[cfg(feature = "document")]
mod credentials;
#[cfg(feature = "document")]
mod emulator;
#[cfg(feature = "document")]
mod format;
#[cfg(feature = "blob")]
mod presigned;
#[cfg(all(feature = "document", feature = "function"))]
mod pubsub;
