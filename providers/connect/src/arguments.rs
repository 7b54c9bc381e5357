//! What an application's own command line understands.

use std::ffi::OsString;

/// What the caller wants of the process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Run,
    /// As it would run on this platform.
    RunAs(String),
    Describe,
    Export,
    Help,
}

/// Reads the arguments; the error is a message for the user.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Request, String> {
    let mut request = Request::Run;
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        request = match argument.to_str() {
            Some("--as") => {
                let target = arguments
                    .next()
                    .and_then(|target| target.into_string().ok());
                Request::RunAs(target.ok_or("--as needs the name of a platform")?)
            }
            Some("--describe") => Request::Describe,
            Some("--export") => Request::Export,
            Some("--help" | "-h") => Request::Help,
            _ => return Err(format!("unknown argument {}", argument.to_string_lossy())),
        };
    }
    Ok(request)
}
