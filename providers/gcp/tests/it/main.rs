//! The store before a proxy that listens to what it sends.

#[cfg(feature = "document")]
mod credentials;
#[cfg(feature = "blob")]
mod presigned;
