//! Which platform a process runs on, by the marks that platforms leave in the environment.

#[cfg(all(test, feature = "_platforms", feature = "lambda"))]
mod page;
mod served;

use isobar::{Error, ErrorKind, Result};

use crate::config::{Config, PLATFORM};
#[cfg(feature = "openwhisk")]
pub(crate) use served::ToldLate;
pub(crate) use served::{Platformed, SERVED, Served};

/// A platform that Isobar serves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Platform {
    Local,
    Lambda,
    /// One of the table's, most of which are HTTP servers on a port.
    Http(&'static Served),
}

impl Platform {
    /// The front doors that check callers, by their names in `ISOBAR_AUTHORIZER`.
    pub(crate) fn front_doors(self) -> Vec<&'static str> {
        match self {
            Self::Local => Vec::new(),
            #[cfg(feature = "lambda")]
            Self::Lambda => isobar_aws::function::FRONT_DOORS.to_vec(),
            #[cfg(not(feature = "lambda"))]
            Self::Lambda => Vec::new(),
            Self::Http(served) => served.front_doors(),
        }
    }
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
pub(crate) const LAMBDA: &str = "AWS_LAMBDA_RUNTIME_API";

/// The platform that was asked for, else the one whose marker is there, else this machine.
pub(crate) fn detect(config: &Config) -> Result<Platform> {
    if let Some(name) = config.get(PLATFORM) {
        return named(&name);
    }
    if config.get(LAMBDA).is_some() {
        return Ok(Platform::Lambda);
    }
    let here = SERVED.iter().find(|platform| platform.is_here(config));
    Ok(here.map_or(Platform::Local, Platform::Http))
}

fn named(name: &str) -> Result<Platform> {
    match name {
        "local" => return Ok(Platform::Local),
        "lambda" => return Ok(Platform::Lambda),
        _ => {}
    }
    let found = SERVED.iter().find(|platform| platform.name() == name);
    found.map(Platform::Http).ok_or_else(|| {
        let names: Vec<&str> = SERVED.iter().map(Served::name).collect();
        let names = names.join(", ");
        Error::invalid(format!(
            "{PLATFORM} is {name:?}, it must be one of local, lambda, {names}"
        ))
    })
}

/// The error of a platform whose crate was left out of the build.
pub(crate) fn not_linked(platform: &str, feature: &str) -> Error {
    let message = format!(
        "this runs on {platform}, and the build left that out: \
         enable the feature {feature:?} of isobar-connect"
    );
    Error::new(ErrorKind::Unsupported, message)
}
