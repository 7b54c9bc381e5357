//! Who checks the callers of an application: the application, or the front door of its platform.

use std::sync::Arc;

use isobar::driver::Clock;
use isobar::{EnvironmentBuilder, Error, Result};

use crate::config::Config;
use crate::platform::Platform;

/// Who checks callers: the application where it is not set, else the front door with this name.
pub(crate) const AUTHORIZER: &str = "ISOBAR_AUTHORIZER";
const APPLICATION: &str = "application";

/// Adds what lets callers in; an error names the front doors of the platform where the variable names another.
pub(crate) fn checked(
    builder: EnvironmentBuilder,
    clock: Arc<dyn Clock>,
    (config, platform): (&Config, Platform),
) -> Result<EnvironmentBuilder> {
    let builder = with_tokens(builder, clock);
    let Some(name) = config.get(AUTHORIZER).filter(|name| name != APPLICATION) else {
        return Ok(builder);
    };
    let known = platform.front_doors();
    if known.contains(&name.as_str()) {
        return Ok(builder.checked_by_front_door());
    }
    let known: Vec<&str> = [APPLICATION].into_iter().chain(known).collect();
    let known = known.join(", ");
    Err(Error::invalid(format!(
        "{AUTHORIZER} is {name:?}, it must be one of {known} on this platform"
    )))
}

#[cfg(feature = "oidc")]
fn with_tokens(builder: EnvironmentBuilder, clock: Arc<dyn Clock>) -> EnvironmentBuilder {
    builder.tokens(Arc::new(isobar_oidc::OidcTokens::new(clock)))
}

/// An application that needs it does not start then.
#[cfg(not(feature = "oidc"))]
fn with_tokens(builder: EnvironmentBuilder, _: Arc<dyn Clock>) -> EnvironmentBuilder {
    builder
}
