//! Who checks the callers of an application: the application, or the front door of its platform.

use std::sync::Arc;

use isobar::driver::{AUTHORIZER_VARIABLE, Clock, front_door};
use isobar::{EnvironmentBuilder, Result};

use crate::config::Config;
use crate::platform::Platform;

/// Adds what lets callers in; an error names the front doors of the platform where the variable names another.
pub(crate) fn checked(
    builder: EnvironmentBuilder,
    clock: Arc<dyn Clock>,
    (config, platform): (&Config, Platform),
) -> Result<EnvironmentBuilder> {
    let builder = with_tokens(builder, clock);
    let told = config.get(AUTHORIZER_VARIABLE);
    let named = front_door(told.as_deref(), &platform.front_doors())?;
    Ok(match named {
        Some(_) => builder.checked_by_front_door(),
        None => builder,
    })
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
