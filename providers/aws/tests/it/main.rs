//! The stores against MiniStack: what is stored, how failures are told apart, what is sent again.

#[cfg(feature = "document")]
mod document;
mod emulator;
mod faults;
