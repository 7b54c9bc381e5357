//! The stores of Azure against Azurite, which `./test` installs.
#![cfg(any(feature = "blob", feature = "tables"))]

#[cfg(feature = "blob")]
mod blob;
mod emulator;
#[cfg(feature = "tables")]
mod tables;
