//! The layer that lets only those callers through whom a route requires.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use axum::response::IntoResponse;
use tower::{Layer, Service};

use super::authority::Credentials;
use super::refusal::Refusal;
use super::{Principal, Requirement};
use crate::error::{Error, ErrorKind};
use crate::function::Context;
use crate::http::{Request, Response};

/// Guards a service; outside of an application nobody is let through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GuardLayer(pub(crate) Requirement);

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard {
            inner,
            requirement: self.0,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Guard<S> {
    inner: S,
    requirement: Requirement,
}

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The service that is ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let requirement = self.requirement;
        Box::pin(async move {
            if let Some(refused) = refused(&requirement, Credentials::of(&request)).await {
                return Ok(refused);
            }
            let response = inner.call(request).await;
            response.map(IntoResponse::into_response)
        })
    }
}

/// Whom the first requirement of an invocation has let in, and by what.
#[derive(Clone)]
pub(crate) struct Admitted {
    pub(crate) principal: Principal,
    credentials: Credentials,
}

impl Admitted {
    /// Whether this authorizer has let in these credentials, so that no signature is checked twice.
    fn is_by(&self, authorizer: &str, credentials: &Credentials) -> bool {
        self.principal.authorizer() == authorizer && self.credentials == *credentials
    }
}

/// Notes the caller in the invocation, or says how it is refused.
async fn refused(requirement: &Requirement, credentials: Credentials) -> Option<Response> {
    let context = Context::current();
    let authority = context.as_ref().and_then(Context::authority);
    let (Some(context), Some(authority)) = (&context, authority) else {
        let message = "a route that requires a caller was asked outside of an application";
        return Some(Error::new(ErrorKind::Internal, message).into_response());
    };
    let authorizer = requirement.authorizer;
    let earlier = context.admitted();
    let earlier = earlier.filter(|earlier| earlier.is_by(authorizer, &credentials));
    let identified = if let Some(earlier) = earlier {
        Ok(earlier.principal.clone())
    } else {
        let clock = context.clock();
        authority.identify(authorizer, &credentials, &*clock).await
    };
    match identified.and_then(|principal| with_scopes(principal, requirement)) {
        Ok(principal) => {
            context.admit(Admitted {
                principal,
                credentials,
            });
            None
        }
        Err(refusal) => Some(refusal.into_response(authorizer, context.id())),
    }
}

/// The caller, where it may do what the route asks for.
fn with_scopes(principal: Principal, requirement: &Requirement) -> Result<Principal, Refusal> {
    let mut scopes = requirement.scopes.iter();
    if scopes.all(|scope| principal.has_scope(scope)) {
        Ok(principal)
    } else {
        Err(Refusal::Scopes(requirement.scopes))
    }
}
