//! Which platform a process runs on, by the marks that platforms leave in the environment.

use isobar::{Error, ErrorKind, Result};

use crate::config::{Config, PLATFORM};

/// A platform that Isobar serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Local,
    Lambda,
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
const LAMBDA: &str = "AWS_LAMBDA_RUNTIME_API";

/// Platforms that are recognised so that nothing is served there by mistake.
const UNSERVED: [(&str, &str); 5] = [
    ("K_SERVICE", "Google Cloud Run or Knative"),
    ("FUNCTIONS_CUSTOMHANDLER_PORT", "Azure Functions"),
    ("FC_SERVER_PORT", "Alibaba Function Compute"),
    ("SCF_RUNTIME_API", "Tencent SCF"),
    ("FN_LISTENER", "Fn"),
];

/// The platform that was asked for, else the one whose marker is there, else this machine.
pub(crate) fn detect(config: &Config) -> Result<Platform> {
    match config.get(PLATFORM).as_deref() {
        Some("local") => return Ok(Platform::Local),
        Some("lambda") => return Ok(Platform::Lambda),
        Some(other) => {
            let message = format!("{PLATFORM} is {other:?}, it must be \"local\" or \"lambda\"");
            return Err(Error::invalid(message));
        }
        None => {}
    }
    if config.get(LAMBDA).is_some() {
        return Ok(Platform::Lambda);
    }
    match UNSERVED
        .iter()
        .find(|(marker, _)| config.get(marker).is_some())
    {
        Some((marker, name)) => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "{marker} says that this is {name}, which no linked crate serves; \
                 to run a plain HTTP server there, set {PLATFORM}=local"
            ),
        )),
        None => Ok(Platform::Local),
    }
}

/// The error of a platform whose crate was left out of the build.
#[cfg(not(all(feature = "local", feature = "lambda")))]
pub(crate) fn not_linked(platform: &str, feature: &str) -> Error {
    let message = format!(
        "this runs on {platform}, and the build left that out: \
         enable the feature {feature:?} of isobar-connect"
    );
    Error::new(ErrorKind::Unsupported, message)
}
