//! Isobar on Alibaba Cloud: Function Compute, custom runtimes and custom containers.

#[cfg(feature = "function")]
pub mod config;
#[cfg(feature = "function")]
mod error;
#[cfg(feature = "function")]
pub mod function;
