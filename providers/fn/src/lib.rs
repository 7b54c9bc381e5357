//! Isobar on Fn: functions that are called over a Unix socket.

#[cfg(feature = "function")]
pub mod config;
#[cfg(feature = "function")]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg(feature = "function")]
mod gateway;
