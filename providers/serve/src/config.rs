//! The environment variables that the server reads.

use std::env;
use std::ffi::OsString;

/// `host:port` to listen on, in place of the default that the program passes; port 0 takes a free one.
pub const LISTEN_VARIABLE: &str = "ISOBAR_LISTEN";

/// Path of the Unix socket of a supervising process; see the protocol in `supervisor.rs`.
pub const SUPERVISOR_VARIABLE: &str = "ISOBAR_SUPERVISOR";

/// The address to listen on: [`LISTEN_VARIABLE`] if it is set, else `default`.
pub fn listen_address(default: &str) -> String {
    match env::var_os(LISTEN_VARIABLE) {
        Some(address) => address.to_string_lossy().into_owned(),
        None => default.to_owned(),
    }
}

pub(crate) fn supervisor_path() -> Option<OsString> {
    env::var_os(SUPERVISOR_VARIABLE).filter(|path| !path.is_empty())
}
