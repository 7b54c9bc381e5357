//! What each request carries: who asks, and of which database.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderValue;
use http::header::AUTHORIZATION;
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tower::Service;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// One who may do everything, of an emulator.
    Owner,
}

/// A channel whose requests say who asks, and of which database.
#[derive(Debug, Clone)]
pub struct Authorized {
    channel: Channel,
    access: Access,
    database: HeaderValue,
}

impl Authorized {
    pub(crate) fn new(channel: Channel, access: Access, database: HeaderValue) -> Self {
        Self {
            channel,
            access,
            database,
        }
    }
}

type Answer = http::Response<Body>;

impl Service<http::Request<Body>> for Authorized {
    type Response = Answer;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let headers = request.headers_mut();
        headers.insert("google-cloud-resource-prefix", self.database.clone());
        match self.access {
            Access::Owner => {
                headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer owner"));
            }
        }
        Box::pin(self.channel.call(request))
    }
}
