//! The two ways in which OpenWhisk runs a binary: lines on pipes, or a server in a container.

mod action_loop;
mod activation;
mod container;
#[cfg(test)]
mod hostile;
mod logs;

pub use crate::config::{ACTION_LOOP, CONTAINER};
pub use action_loop::{ActionLoop, open_loop};
pub use container::{ActionContainer, bind_container};
