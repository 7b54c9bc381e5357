//! Function Compute: requests by HTTP triggers and domain names, events of other triggers, and the hooks of an instance's
//! life.

pub(crate) mod events;

use std::{fmt, mem};

use http::{HeaderMap, Request, Response as Head};
use isobar::Result;
use isobar::http::Body;
use isobar_serve::{
    HttpPlatform, Load, PlatformCalls, PlatformSetup, RequestBody, Taken, Variables,
};

use crate::config::{CONTROL_PATH, CREDENTIALS, HOOKS};

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

/// What Function Compute lends a function of its role's rights for an invocation, where it has a role: an AccessKey pair of STS
/// and its token.
///
/// It is among the extensions of a request; the fields that it comes in are taken out of the request, which handlers log,
/// mirror and pass on. `Debug` does not show it.
///
/// <https://www.alibabacloud.com/help/en/functioncompute/fc/context-and-log-format-1>
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The id of the key.
    pub access_key_id: String,
    /// The secret half of it.
    pub access_key_secret: String,
    /// The token that goes with both.
    pub security_token: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Takes the credentials out of the fields, and puts them beside them where all are there.
fn with_credentials<B>(mut request: Request<B>) -> Request<B> {
    let mut taken = CREDENTIALS.map(|name| {
        let value = request.headers_mut().remove(name)?;
        value.to_str().ok().map(str::to_owned)
    });
    if let [Some(id), Some(secret), Some(token)] = &mut taken {
        request.extensions_mut().insert(Credentials {
            access_key_id: mem::take(id),
            access_key_secret: mem::take(secret),
            security_token: mem::take(token),
        });
    }
    request
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
            _ => Taken::Client(with_credentials(request)),
        }
    }

    fn stopping(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_see_no_credentials_among_the_fields_and_find_them_beside() {
        let mut request = Request::get("/").header("x-fc-region", "cn-shanghai");
        for (name, value) in CREDENTIALS.into_iter().zip(["id", "secret", "token"]) {
            request = request.header(name, value);
        }
        let request = with_credentials(request.body(()).unwrap());
        let left: Vec<_> = request.headers().keys().collect();
        assert_eq!(left, ["x-fc-region"]);
        let found = request.extensions().get::<Credentials>().unwrap();
        assert_eq!(found.access_key_id, "id");
        assert_eq!(found.access_key_secret, "secret");
        assert_eq!(found.security_token, "token");
        assert!(!format!("{found:?}").contains("secret"), "{found:?}");
        let without = with_credentials(Request::new(()));
        assert!(without.extensions().get::<Credentials>().is_none());
    }
}
