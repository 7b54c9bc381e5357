//! Isobar on what is an HTTP server on a port and no vendor's own: Knative, OpenFaaS, Fission.

#[cfg(feature = "function")]
pub mod config;
#[cfg(feature = "function")]
mod error;
#[cfg(feature = "function")]
pub mod function;
