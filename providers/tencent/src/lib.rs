//! Isobar on Tencent Cloud: web functions and event functions of SCF.

#[cfg(feature = "function")]
pub mod config;
#[cfg(feature = "function")]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg(feature = "function")]
mod gateway;

#[cfg(feature = "function")]
pub use gateway::ApiGateway;
