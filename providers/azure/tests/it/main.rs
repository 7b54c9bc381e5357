//! The stores of Azure against Azurite, which `./test` installs, and the platform as the Functions host sees it.
#![cfg(any(
    feature = "blob",
    feature = "function",
    feature = "queue",
    feature = "tables"
))]

#[cfg(feature = "blob")]
mod blob;
#[cfg(any(feature = "blob", feature = "queue", feature = "tables"))]
mod emulator;
#[cfg(all(feature = "blob", feature = "tables"))]
mod entra;
#[cfg(feature = "function")]
mod function;
#[cfg(any(feature = "blob", feature = "tables"))]
mod signature;
#[cfg(feature = "tables")]
mod tables;
#[cfg(feature = "queue")]
mod topic;
