//! Web functions of SCF: an HTTP server behind the platform's own proxy.

use isobar::Result;
use isobar_serve::{HttpPlatform, PlatformSetup, Variables};

use crate::config::EVENT_RUNTIME;
use crate::error::event_function;

pub use crate::config::WEB_FUNCTION;

/// Takes the port of web functions; `Unsupported` in an event function, unless `ISOBAR_PLATFORM` says that it is none.
pub async fn bind(variables: &Variables<'_>) -> Result<HttpPlatform> {
    let is_set = |name| variables(name).is_some_and(|value| !value.is_empty());
    if is_set(EVENT_RUNTIME) && !is_set("ISOBAR_PLATFORM") {
        return Err(event_function());
    }
    PlatformSetup::new(&WEB_FUNCTION).bind(variables).await
}
