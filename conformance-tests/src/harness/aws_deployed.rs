//! Lambda on MiniStack, which runs the function itself and wakes it by the stream of a table, and by a
//! queue to which it sends itself: a second opinion on the events that the AWS provider's own door makes.

use std::sync::Arc;

use crate::door::deployed::DeployedDoors;
use crate::{Evidence, Provider};

/// The cases that this is for; the others are about front doors, which MiniStack plays its own way.
pub const CASES: [&str; 6] = ["G-261", "G-263", "G-264", "G-401", "G-406", "G-407"];

/// Every door starts an emulator of its own.
pub fn start() -> Provider {
    Provider {
        doors: Some(Arc::new(DeployedDoors)),
        endpoint: "an emulator of its own for each case".to_owned(),
        ..Provider::new("aws-deployed", Evidence::ThirdPartyEmulator)
    }
}
