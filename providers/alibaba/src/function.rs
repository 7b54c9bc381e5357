//! Function Compute: requests by HTTP triggers and domain names, events of other triggers, and the hooks of an instance's
//! life.

pub(crate) mod events;

use http::{HeaderMap, Request, Response as Head};
use isobar::Result;
use isobar::http::Body;
use isobar_serve::{
    HttpPlatform, Load, PlatformCalls, PlatformSetup, RequestBody, Taken, Variables,
};

use crate::config::{CONTROL_PATH, HOOKS};

pub use crate::config::FUNCTION_COMPUTE;

/// Takes the port that Function Compute tells.
pub async fn bind(variables: &Variables<'_>) -> Result<HttpPlatform> {
    PlatformSetup::new(&FUNCTION_COMPUTE)
        .with_calls(Instance)
        .bind(variables)
        .await
}

/// What Function Compute says of a request; nothing where it is said twice, which Function Compute does not do.
pub(crate) fn control_path(headers: &HeaderMap) -> Option<&str> {
    let mut told = headers.get_all(CONTROL_PATH).iter();
    match (told.next(), told.next()) {
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    }
}

/// An instance: it is ready when it listens, and has nothing to put away before it is frozen or ended.
#[derive(Debug)]
struct Instance;

impl PlatformCalls for Instance {
    fn started(&self) -> Result<()> {
        Ok(())
    }

    fn take(&self, request: Request<RequestBody>, _: Load) -> Taken {
        match control_path(request.headers()) {
            Some(path) if HOOKS.contains(&path) => Taken::answered(Head::new(Body::empty())),
            _ => Taken::Client(request),
        }
    }

    fn stopping(&self) {}
}
