//! Isobar on Apache OpenWhisk: raw web actions, by ActionLoop or as a container.

#[cfg(feature = "function")]
pub mod config;
#[cfg(feature = "function")]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg(feature = "function")]
mod gateway;

#[cfg(feature = "function")]
pub use gateway::WebAction;
