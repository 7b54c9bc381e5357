//! Isobar on one directory: an embedded store and a local server.
