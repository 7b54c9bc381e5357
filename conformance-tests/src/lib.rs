//! The cases every provider must pass, and the program that runs them.
//!
//! A [`Case`] is one rule of the portable semantics, written so that it fails when the rule is
//! broken; [`sabotage`] proves that it does. A [`Provider`] is the drivers under test together
//! with what stands behind them. [`run()`] brings the two together and gives each pair an
//! [`Outcome`]; [`report`] prints them.

mod app;
pub mod blob;
mod case;
mod clock;
pub mod command;
mod context;
pub mod counterpart;
pub mod document;
pub mod door;
pub mod emulator;
pub mod exchange;
mod expect;
mod fault;
pub mod function;
pub mod gateway;
pub mod harness;
mod issuer;
mod outcome;
pub mod probe;
mod provider;
pub mod publish;
pub mod report;
mod run;
pub mod sabotage;
mod setting;
mod waiver;
mod web;
mod wire;

pub use case::{Case, CaseFuture, Topic, catalogue};
pub use clock::ManualClock;
pub use context::{Context, Settings};
pub use expect::Failure;
pub use outcome::{CaseResult, Evidence, Outcome};
pub use provider::Provider;
pub use run::run;
pub use setting::{BucketSettings, SettingError};
pub use waiver::{Expected, Waiver};
pub use wire::Wire;
