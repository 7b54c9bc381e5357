//! Isobar on one directory: an embedded store and a local server.
//!
//! [`LocalStore`] keeps documents and blobs in a directory; [`LocalPlatform`] serves an application
//! over HTTP and wakes its schedules. Each works without the other.

#![cfg_attr(
    all(feature = "_store", not(all(feature = "document", feature = "blob"))),
    expect(
        dead_code,
        reason = "one store holds both kinds; what writes the other is left out"
    )
)]

#[cfg(all(doctest, feature = "document", feature = "blob"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "document"))]
#[doc = include_str!("../../../core/src/document/guide.md")]
struct Guide;

#[cfg(all(doctest, feature = "blob"))]
#[doc = include_str!("../../../core/src/blob/guide.md")]
struct BlobGuide;

#[cfg(feature = "_store")]
mod blob;
#[cfg(feature = "_store")]
mod byte_order;
#[cfg(feature = "_store")]
mod check;
mod clock;
#[cfg(feature = "_store")]
mod committer;
#[cfg(feature = "_store")]
mod config;
#[cfg(feature = "_store")]
mod document;
#[cfg(feature = "_store")]
mod engine;
#[cfg(feature = "_store")]
mod error;
#[cfg(feature = "_store")]
pub mod events;
#[cfg(feature = "function")]
mod function;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
#[cfg(feature = "_store")]
mod store;
#[cfg(feature = "_store")]
mod topic;
#[cfg(feature = "_store")]
mod wire;

#[cfg(feature = "blob")]
pub use blob::served::SignedBlobs;
#[cfg(feature = "_store")]
pub use check::{CheckReport, check};
pub use clock::clock;
#[cfg(feature = "_store")]
pub use config::LocalConfig;
#[cfg(feature = "_store")]
pub use events::{EventLimits, EventLog};
#[cfg(feature = "function")]
pub use function::{Behind, LocalPlatform};
#[cfg(feature = "_store")]
pub use store::LocalStore;
#[cfg(feature = "_store")]
pub use topic::queue::damaged::drop_damaged;
