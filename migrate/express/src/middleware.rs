//! Equivalents of middleware packages that most applications use.
//!
//! Each function takes the options of its original as a JavaScript value; `()` means none. What an option cannot be here,
//! such as a function, is refused when the application is built, see [`Express::service`](crate::Express::service).
//!
//! | here | original |
//! |---|---|
//! | [`json`], [`urlencoded`], [`text`], [`raw`] | `express.json` and the rest of `body-parser`: 1.20 in Express 4, 2.4 in Express 5 |
//! | [`cookie_parser`] | `cookie-parser` 1.4 |
//! | [`compression`] | `compression` 1.8 |
//! | [`cors`] | `cors` 2.8 |
//! | [`helmet`] | `helmet` 8 |
//!
//! `morgan` and other loggers have no equivalent: leave them out, the server logs requests.

mod body;
mod compression;
mod cookie_parser;
mod cors;
mod helmet;
mod options;

pub use body::{json, raw, text, urlencoded};
pub use compression::compression;
pub use cookie_parser::cookie_parser;
pub use cors::cors;
pub use helmet::helmet;
