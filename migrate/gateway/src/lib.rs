//! The gateway that moves a legacy application over route by route, and the proof that a route can move.
//!
//! A request passes five phases: [`decide`] (pure: which side answers), rewrite (what both sides are told), forward,
//! [`compare`] (where the other side got a copy), [`record`]. States change by a [`change::Wish`] through [`control`].
//!
//! `migration.toml` is read by [`config`]; its format is documented in `migration.md`.

pub mod change;
pub mod compare;
pub mod config;
pub mod control;
pub mod decide;
pub mod draft;
mod environment;
mod error;
pub mod forwarding;
mod gateway;
pub mod install;
mod ledger;
mod noise_in_code;
mod places;
mod proxy;
pub mod record;
mod start;
pub mod state;
pub mod table;
pub mod tether;
mod upstream;
pub mod verify;
mod words_in_code;

pub use error::{Error, ErrorKind, Result};
pub use gateway::{Gateway, GatewayHandle, GatewayOptions, Output};
pub use ledger::{Occasion, read_states};
pub use noise_in_code::noise_in_code;
pub use places::{Hold, Places};
pub use proxy::{ShadowCounts, strip_request};
pub use start::{command_that_works, start_commands};
pub use words_in_code::words_in_code;
