//! The connection to a service of Google: one gRPC channel, given up where nothing is heard on it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderValue;
use isobar::{Error, ErrorKind, Result};
use tonic::Status;
#[cfg(feature = "document")]
use tonic::Streaming;
use tonic::transport::{ClientTlsConfig, Endpoint};

use crate::access::{Access, Authorized};
use crate::tls::use_ring;

/// How long a connection may take: half the time budget of a call.
const CONNECT: Duration = Duration::from_secs(5);
/// Who is given up after having waited so long has reason to doubt the connection.
const SILENCE: Duration = Duration::from_secs(1);

/// The client that is used just now.
///
/// All requests share one connection of TCP, and a channel does not notice that nothing comes back
/// on it any more. So a request that is not answered in time, or that is given up after a while,
/// takes the others to a new connection.
pub(crate) struct Connection<C>(Arc<Inner<C>>);

impl<C> Clone for Connection<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Inner<C> {
    way: Way<C>,
    current: Mutex<Current<C>>,
}

/// How a service is reached.
pub(crate) struct Way<C> {
    pub(crate) endpoint: Endpoint,
    pub(crate) access: Access,
    /// What the service wants to be told of the resource that requests are about.
    pub(crate) resource: Option<HeaderValue>,
    /// The generated client on a channel.
    pub(crate) client: fn(Authorized) -> C,
    /// After how long without an answer a request counts as lost.
    pub(crate) attempt: Duration,
}

#[derive(Debug, Clone)]
struct Current<C> {
    client: C,
    number: u64,
}

impl<C> Way<C> {
    fn open(&self) -> C {
        let channel = self.endpoint.connect_lazy();
        let access = self.access.clone();
        (self.client)(Authorized::new(channel, access, self.resource.clone()))
    }
}

impl<C: Clone> Connection<C> {
    /// One that is opened when it is first needed.
    pub(crate) fn new(mut way: Way<C>) -> Self {
        way.endpoint = way.endpoint.connect_timeout(CONNECT);
        let client = way.open();
        let current = Mutex::new(Current { client, number: 0 });
        Self(Arc::new(Inner { way, current }))
    }

    /// The client that is used just now.
    pub(crate) fn client(&self) -> C {
        self.current().client
    }

    fn current(&self) -> Current<C> {
        let current = self.0.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One request, up to its answer or the start of it.
    pub(crate) async fn send<T, F>(&self, request: impl FnOnce(C) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let Current { client, number } = self.current();
        self.heard(number, request(client)).await
    }

    #[cfg(feature = "document")]
    /// One request that is answered by a stream of messages.
    pub(crate) async fn stream<T, F>(
        &self,
        request: impl FnOnce(C) -> F,
    ) -> Result<Answers<T, C>, Status>
    where
        F: Future<Output = Result<tonic::Response<Streaming<T>>, Status>>,
    {
        let Current { client, number } = self.current();
        let answer = self.heard(number, request(client)).await?;
        Ok(Answers {
            stream: answer.into_inner(),
            connection: self.clone(),
            number,
        })
    }

    /// Waits for something on the connection of this number.
    async fn heard<T>(
        &self,
        number: u64,
        something: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let mut doubt = Doubt {
            connection: self,
            number,
            began: Instant::now(),
            is_groundless: false,
        };
        let heard = tokio::time::timeout(self.0.way.attempt, something).await;
        doubt.is_groundless = heard.is_ok();
        heard.unwrap_or_else(|_| {
            let seconds = self.0.way.attempt.as_secs();
            let message = format!("no answer within {seconds} s");
            Err(Status::unavailable(message))
        })
    }

    /// Takes later requests to a new connection, if this is still the one of that number.
    fn give_up(&self, number: u64) {
        let Inner { way, current } = &*self.0;
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == number {
            tracing::debug!(endpoint = %way.endpoint.uri(), "nothing is heard: the connection is given up");
            *current = Current {
                client: way.open(),
                number: number + 1,
            };
        }
    }
}

impl<C> fmt::Debug for Connection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.0.way.endpoint.uri();
        write!(f, "Connection({endpoint})")
    }
}

/// The messages of an answer.
#[cfg(feature = "document")]
#[derive(Debug)]
pub(crate) struct Answers<T, C> {
    stream: Streaming<T>,
    connection: Connection<C>,
    number: u64,
}

#[cfg(feature = "document")]
impl<T, C: Clone> Answers<T, C> {
    /// The next one; `None` at the end.
    pub(crate) async fn message(&mut self) -> Result<Option<T>, Status> {
        let next = self.stream.message();
        self.connection.heard(self.number, next).await
    }
}

/// Waiting for something; dropped in vain, it doubts the connection.
struct Doubt<'c, C: Clone> {
    connection: &'c Connection<C>,
    number: u64,
    began: Instant,
    is_groundless: bool,
}

impl<C: Clone> Drop for Doubt<'_, C> {
    fn drop(&mut self) {
        if !self.is_groundless && self.began.elapsed() >= SILENCE {
            self.connection.give_up(self.number);
        }
    }
}

/// A service at a URL.
pub(crate) fn endpoint(url: &str) -> Result<Endpoint> {
    let invalid = |_| Error::invalid("the endpoint of the store is not a URL");
    Endpoint::from_shared(url.to_owned()).map_err(invalid)
}

/// Google's own service, whose certificate the platform's authorities have signed.
pub(crate) fn google(service: &str) -> Result<Endpoint> {
    use_ring();
    let tls = ClientTlsConfig::new().with_native_roots();
    endpoint(service)?.tls_config(tls).map_err(|error| {
        let message = "there is no TLS: the certificates of the platform cannot be read";
        Error::new(ErrorKind::Internal, message).with_source(error)
    })
}
