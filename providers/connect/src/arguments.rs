//! What an application's own command line understands.

use std::ffi::OsString;

/// What the caller wants of the process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Run,
    Describe,
    Export,
    Help,
}

/// Reads the arguments; the error is a message for the user.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Request, String> {
    let mut request = Request::Run;
    for argument in arguments {
        request = match argument.to_str() {
            Some("--describe") => Request::Describe,
            Some("--export") => Request::Export,
            Some("--help" | "-h") => Request::Help,
            _ => return Err(format!("unknown argument {}", argument.to_string_lossy())),
        };
    }
    Ok(request)
}
