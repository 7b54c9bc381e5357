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

/// How many proxies before this process are trusted to append to `X-Forwarded-For` and to tell the scheme, in place of the
/// platform's number.
pub const TRUSTED_HOPS_VARIABLE: &str = "ISOBAR_TRUSTED_HOPS";

/// How long a request has, where the platform does not tell or tells more: a number of seconds, or a duration as Go writes
/// it; 0 is none.
pub const TIMEOUT_VARIABLE: &str = "ISOBAR_TIMEOUT";

/// Looks up an environment variable; `None` where it is not set.
pub type Variables<'v> = dyn Fn(&str) -> Option<String> + Send + Sync + 'v;

/// The variables of this process; a value that is not Unicode is none.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where a platform's configuration comes from"
)]
pub fn process_variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

pub(crate) fn supervisor_path() -> Option<OsString> {
    env::var_os(SUPERVISOR_VARIABLE).filter(|path| !path.is_empty())
}
