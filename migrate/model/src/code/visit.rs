//! Visits code to read it.

super::walk::walks!();
