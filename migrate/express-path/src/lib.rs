//! The path grammars of Express 4 and Express 5, compiled to one matcher.
//!
//! Express 4 routes with `path-to-regexp` 0.1.x, Express 5 with 8.x behind its `router` package. A
//! [`Matcher`] answers what `Layer.match` of either answers: the matched part of the path, the decoded
//! parameters, or the 400 of a parameter that does not decode. It is pure: no I/O, no state between calls.
//!
//! ```
//! use isobar_express_path::{Grammar, Matcher, Options, Pattern};
//!
//! let matcher = Matcher::new(Grammar::V4, &Pattern::from("/notes/:id"), Options::route())?;
//! let found = matcher.find("/notes/caf%C3%A9/").expect("it decodes").expect("it matches");
//! assert_eq!(found.params().text("id"), Some("café"));
//!
//! let mount = Matcher::new(Grammar::V5, &Pattern::from("/api"), Options::mount())?;
//! assert_eq!(mount.find("/api/notes").expect("it decodes").expect("it matches").path(), "/api");
//! # Ok::<(), isobar_express_path::PathError>(())
//! ```
//!
//! Paths are given as Node shows them in `req.url`: percent-encoded, without the query, one `char` for
//! each byte (Node reads the request line as Latin-1).
//!
//! - [`Shape`] is the same pattern as data: for reports, `OpenAPI` templates, and [`Shape::examples`].
//! - [`coverage`] tells whether an earlier route answers for a later one.
//! - [`RouteTable`] finds the first entry of an ordered table that takes a method and a path.

mod decode;
mod error;
mod matcher;
mod options;
mod params;
mod pattern;
mod regex;
mod route_table;
mod segments;
mod shape;
mod v4;
mod v5;

pub use decode::decode_uri_component;
pub use error::{MatchError, MatchErrorKind, PathError, PathErrorKind};
pub use matcher::{Match, Matcher};
pub use options::{Extent, Grammar, Options};
pub use params::{ParamValue, Params};
pub use pattern::{Pattern, RegexSource};
pub use route_table::{Methods, RouteTable};
pub use shape::{Coverage, Piece, Shape, coverage};
