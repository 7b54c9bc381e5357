//! Equivalents of middleware packages that most applications use.
//!
//! Each function takes the options of its original as a JavaScript value; `()` means none. What an option cannot be here,
//! such as a function, is refused when the application is built, see [`Express::service`](crate::Express::service).
//!
//! | here | original |
//! |---|---|
//! | [`cookie_parser`] | `cookie-parser` 1.4 |
//!
//! `morgan` and other loggers have no equivalent: leave them out, the server logs requests.

mod cookie_parser;

pub use cookie_parser::cookie_parser;
