//! The two kinds of functions of SCF: an HTTP server behind the platform's own proxy, or a loop that asks for events.

mod event_function;
pub(crate) mod events;
#[cfg(test)]
mod hostile;
mod invocation;
mod runtime_api;

use isobar::Result;
use isobar_serve::{HttpPlatform, PlatformSetup, Variables};

pub use crate::config::{EVENT_FUNCTION, WEB_FUNCTION};
pub use event_function::{EventFunction, open_events};

/// Takes the port of web functions.
pub async fn bind(variables: &Variables<'_>) -> Result<HttpPlatform> {
    PlatformSetup::new(&WEB_FUNCTION).bind(variables).await
}
