//! The connection to Firestore: one gRPC channel, given up where nothing is heard on it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use googleapis_tonic_google_firestore_v1::google::firestore::v1::firestore_client::FirestoreClient;
use http::HeaderValue;
use isobar::{Error, Result};
use tonic::transport::Endpoint;
use tonic::{Status, Streaming};

use super::access::{Access, Authorized};

/// How long a connection may take: half the time budget of a call.
const CONNECT: Duration = Duration::from_secs(5);
/// After how long without an answer a request counts as lost, so that a call has time for another.
const ATTEMPT: Duration = Duration::from_secs(4);
/// Who is given up after having waited so long has reason to doubt the connection.
const SILENCE: Duration = Duration::from_secs(1);
/// A document has at most 1 MiB ("Quotas and limits"), a batch of a hundred as many.
const MESSAGE_BYTES: usize = 128 << 20;

/// The generated client of Firestore, the native type of the store.
pub type Client = FirestoreClient<Authorized>;

/// The client that is used just now.
///
/// All requests share one connection of TCP, and a channel does not notice that nothing comes back
/// on it any more. So a request that is not answered in time, or that is given up after a while,
/// takes the others to a new connection.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    access: Access,
    database: HeaderValue,
    current: Mutex<Current>,
}

#[derive(Debug, Clone)]
struct Current {
    client: Client,
    number: u64,
}

impl Connection {
    /// One that is opened when it is first needed.
    pub(crate) fn new(endpoint: Endpoint, access: Access, database: &str) -> Result<Self> {
        let named = |_| Error::invalid("a project or database of Firestore is ASCII text");
        let database: HeaderValue = database.parse().map_err(named)?;
        let endpoint = endpoint.connect_timeout(CONNECT);
        let client = client(&endpoint, &access, &database);
        let current = Mutex::new(Current { client, number: 0 });
        Ok(Self(Arc::new(Inner {
            endpoint,
            access,
            database,
            current,
        })))
    }

    /// The client that is used just now.
    pub(crate) fn client(&self) -> Client {
        self.current().client
    }

    fn current(&self) -> Current {
        let current = self.0.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One request, up to its answer or the start of it.
    pub(crate) async fn send<T, F>(&self, request: impl FnOnce(Client) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let Current { client, number } = self.current();
        self.heard(number, request(client)).await
    }

    /// One request that is answered by a stream of messages.
    pub(crate) async fn stream<T, F>(
        &self,
        request: impl FnOnce(Client) -> F,
    ) -> Result<Answers<T>, Status>
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
        let heard = tokio::time::timeout(ATTEMPT, something).await;
        doubt.is_groundless = heard.is_ok();
        heard.unwrap_or_else(|_| {
            let seconds = ATTEMPT.as_secs();
            let message = format!("no answer within {seconds} s");
            Err(Status::unavailable(message))
        })
    }

    /// Takes later requests to a new connection, if this is still the one of that number.
    fn give_up(&self, number: u64) {
        let Inner {
            endpoint,
            access,
            database,
            current,
        } = &*self.0;
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == number {
            tracing::debug!("nothing is heard from Firestore: the connection is given up");
            *current = Current {
                client: client(endpoint, access, database),
                number: number + 1,
            };
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.0.endpoint.uri();
        write!(f, "Connection({endpoint})")
    }
}

/// The messages of an answer.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    stream: Streaming<T>,
    connection: Connection,
    number: u64,
}

impl<T> Answers<T> {
    /// The next one; `None` at the end.
    pub(crate) async fn message(&mut self) -> Result<Option<T>, Status> {
        let next = self.stream.message();
        self.connection.heard(self.number, next).await
    }
}

/// Waiting for something; dropped in vain, it doubts the connection.
struct Doubt<'c> {
    connection: &'c Connection,
    number: u64,
    began: Instant,
    is_groundless: bool,
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if !self.is_groundless && self.began.elapsed() >= SILENCE {
            self.connection.give_up(self.number);
        }
    }
}

fn client(endpoint: &Endpoint, access: &Access, database: &HeaderValue) -> Client {
    let channel = endpoint.connect_lazy();
    let authorized = Authorized::new(channel, access.clone(), database.clone());
    FirestoreClient::new(authorized)
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES)
}
