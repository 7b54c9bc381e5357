//! Reads an Express application and finds its routes, its state and what holds it back.
//!
//! [`scan`] takes a [`SourceTree`] and gives an [`isobar_migrate_model::Application`]. It opens no
//! file and no socket by itself, runs none of the application's code in a JavaScript engine, and
//! does not fail on what it cannot read: that becomes a finding.
//!
//! ```
//! use std::sync::Arc;
//! use isobar_migrate_analyze::{MemoryTree, ScanOptions, Silent, SourceTree, scan};
//!
//! let tree: Arc<dyn SourceTree> = Arc::new(MemoryTree::new().with_file(
//!     "/app/index.js",
//!     "const app = require('express')(); app.get('/notes/:id', (req, res) => res.json({}))",
//! ));
//! let application = scan(&tree, "/app".as_ref(), &ScanOptions::default(), &Silent)?;
//! assert_eq!(application.routes[0].to_string(), "GET /notes/:id");
//! # Ok::<(), isobar_migrate_analyze::Error>(())
//! ```

mod compose;
mod environment_settings;
mod error;
mod findings;
mod lower;
mod machine;
mod options;
mod packages;
mod port;
mod project;
mod recognize;
mod report;
mod resolve;
mod scan;
mod serve;
mod source;
mod state;
mod tree;
mod verdict;

pub use error::{Error, ErrorKind};
pub use options::{Progress, ScanOptions, Silent};
pub use port::{Port, Selection};
pub use scan::{port, scan};
pub use tree::{DirectoryEntry, EntryKind, MemoryTree, Metadata, SourceTree};
