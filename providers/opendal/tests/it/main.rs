//! What is sent to services that no emulator stands for, before a proxy that listens.

#[cfg(all(feature = "oss", feature = "cos", feature = "obs"))]
mod requests;
