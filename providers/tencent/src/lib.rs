//! Isobar on Tencent Cloud: web functions of SCF.

#[cfg(feature = "function")]
pub mod config;
#[cfg(feature = "function")]
mod error;
#[cfg(feature = "function")]
pub mod function;
