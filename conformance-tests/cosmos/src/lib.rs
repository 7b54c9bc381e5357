//! Cosmos DB as a provider under test, on the emulator that is part of Microsoft's driver crate.

pub mod emulator;
pub mod harness;
