//! Visits code to change it.

super::walk::walks!(mut);
