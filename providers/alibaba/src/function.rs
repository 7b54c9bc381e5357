//! Function Compute: requests by HTTP triggers and domain names, and the hooks of an instance's life.

use http::{HeaderName, HeaderValue, Request, Response as Head};
use isobar::Result;
use isobar::http::{Body, Response};
use isobar_serve::{
    HttpPlatform, Load, PlatformCalls, PlatformSetup, RequestBody, Taken, Variables,
};

use crate::config::{CONTROL_PATH, HOOKS};
use crate::error::events_not_served;

pub use crate::config::FUNCTION_COMPUTE;

/// Takes the port that Function Compute tells.
pub async fn bind(variables: &Variables<'_>) -> Result<HttpPlatform> {
    PlatformSetup::new(&FUNCTION_COMPUTE)
        .with_calls(Instance)
        .bind(variables)
        .await
}

/// An instance: it is ready when it listens, and has nothing to put away before it is frozen or ended.
#[derive(Debug)]
struct Instance;

const INVOKE: &str = "/invoke";
/// How a response says that it is a failure of the function, beside its status.
const FAILED: HeaderName = HeaderName::from_static("x-fc-status");

impl PlatformCalls for Instance {
    fn started(&self) -> Result<()> {
        Ok(())
    }

    fn take(&self, request: Request<RequestBody>, _: Load) -> Taken {
        let control = request.headers().get(CONTROL_PATH);
        match control.and_then(|path| path.to_str().ok()) {
            Some(path) if HOOKS.contains(&path) => Taken::answered(Head::new(Body::empty())),
            Some(INVOKE) => Taken::answered(refused_event(&request)),
            _ => Taken::Client(request),
        }
    }

    fn stopping(&self) {}
}

fn refused_event(request: &Request<RequestBody>) -> Response {
    let id = &request.body().arrival().request_id;
    let mut response: Response = events_not_served().into_response(id);
    let failed = HeaderValue::from_static("404");
    response.headers_mut().insert(FAILED, failed);
    response
}
