//! What each request by gRPC carries: who asks, and of which resource.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::tls::use_ring;
use google_cloud_auth::credentials::{Builder, CacheableResource, Credentials};
use google_cloud_auth::errors::CredentialsError;
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap, HeaderValue};
use isobar::{Error, ErrorKind, Result};
use tonic::body::Body;
use tonic::transport::Channel;
use tower::Service;

/// How long a token may take, so that a call that has none can say so.
const TOKEN: Duration = Duration::from_secs(3);

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// One who may do everything, of an emulator.
    Owner,
    /// Whom Google's authentication knows.
    Google(Credentials),
}

impl Access {
    /// The Application Default Credentials of this process: a file that
    /// `GOOGLE_APPLICATION_CREDENTIALS` names, that of `gcloud`, or the machine's own service account.
    ///
    /// The scope is one of the "OAuth 2.0 Scopes for Google APIs".
    pub(crate) fn of_environment(scope: &str) -> Result<Self> {
        use_ring();
        let credentials = Builder::default().with_scopes([scope]).build();
        Ok(Self::Google(credentials.map_err(|error| {
            let message = "the credentials for Google Cloud cannot be read: check the file that \
                           GOOGLE_APPLICATION_CREDENTIALS names, or run gcloud auth \
                           application-default login";
            Error::new(ErrorKind::Unauthenticated, message).with_source(error)
        })?))
    }
}

/// A channel whose requests say who asks, and of which resource.
#[derive(Debug, Clone)]
pub struct Authorized {
    channel: Channel,
    access: Access,
    resource: Option<HeaderValue>,
}

impl Authorized {
    pub(crate) fn new(channel: Channel, access: Access, resource: Option<HeaderValue>) -> Self {
        Self {
            channel,
            access,
            resource,
        }
    }
}

type Answer = http::Response<Body>;
type AnyError = Box<dyn std::error::Error + Send + Sync>;

impl Service<http::Request<Body>> for Authorized {
    type Response = Answer;
    type Error = AnyError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, AnyError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), AnyError>> {
        self.channel.poll_ready(context).map_err(AnyError::from)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let headers = request.headers_mut();
        if let Some(resource) = &self.resource {
            headers.insert("google-cloud-resource-prefix", resource.clone());
        }
        let next = self.channel.clone();
        // The channel that is ready is the one to be used.
        let mut channel = std::mem::replace(&mut self.channel, next);
        let access = self.access.clone();
        Box::pin(async move {
            match access {
                Access::Owner => {
                    let owner = HeaderValue::from_static("Bearer owner");
                    request.headers_mut().insert(AUTHORIZATION, owner);
                }
                Access::Google(credentials) => {
                    request.headers_mut().extend(token(&credentials).await?);
                }
            }
            Ok(channel.call(request).await?)
        })
    }
}

/// The headers that say who asks; the library keeps a token until it expires.
async fn token(credentials: &Credentials) -> Result<HeaderMap, NoToken> {
    let headers = credentials.headers(Extensions::new());
    match tokio::time::timeout(TOKEN, headers).await {
        Ok(Ok(CacheableResource::New { data, .. })) => Ok(data),
        Ok(Ok(CacheableResource::NotModified)) | Err(_) => Err(NoToken(None)),
        Ok(Err(error)) => Err(NoToken(Some(error))),
    }
}

/// That there is no token, so that nothing was sent.
#[derive(Debug)]
pub(crate) struct NoToken(Option<CredentialsError>);

impl NoToken {
    /// Whether there may be one later.
    pub(crate) fn is_transient(&self) -> bool {
        self.0.as_ref().is_none_or(CredentialsError::is_transient)
    }
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no token for Google Cloud")
    }
}

impl std::error::Error for NoToken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause = self.0.as_ref()?;
        Some(cause)
    }
}
