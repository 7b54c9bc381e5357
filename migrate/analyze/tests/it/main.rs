//! Behaviour of the scan at its boundary: sources in, routes and findings out.

mod bad_input;
mod frameworks;
mod holders;
mod recognizers;
mod source_tree;
mod startup;
