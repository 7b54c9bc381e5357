//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::watch;
use tower::Service;

use crate::answer::Answers;
use crate::body::RequestBody;
use crate::counted::CountedIo;
use crate::options::{DEFAULT_MAX_HEADERS, Options, Protocol};
use crate::pulse::{Patience, Pulse};
use crate::socket::Stream;

/// How far the server's end has come; a connection follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// No further request on any connection.
    Draining,
    /// The grace period is over.
    Closing,
}

/// What all connections of a server share.
#[derive(Debug)]
pub(crate) struct Connections {
    options: Arc<Options>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

impl Connections {
    pub(crate) fn new(options: Options) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .header_read_timeout(None)
            .writev(false)
            .max_header_size(options.max_head_bytes);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .keep_alive_interval(options.head_timeout)
            .max_header_list_size(u32::try_from(options.max_head_bytes).unwrap_or(u32::MAX));
        if options.max_headers != DEFAULT_MAX_HEADERS {
            http1.max_headers(options.max_headers);
        }
        Self {
            options: Arc::new(options),
            http1,
            http2,
        }
    }

    pub(crate) async fn serve<S, B>(
        self: Arc<Self>,
        stream: Stream,
        peer: SocketAddr,
        service: S,
        phase: watch::Receiver<Phase>,
    ) where
        S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let pulse = Arc::new(Pulse::default());
        let mut io = CountedIo::new(stream, Arc::clone(&pulse), &self.options);
        let handler = Answers {
            service,
            options: Arc::clone(&self.options),
            peer,
            pulse: Arc::clone(&pulse),
        };
        let patience = Patience {
            head: self.options.head_timeout,
            idle: self.options.idle_timeout,
        };
        let mut client = Client::new(phase, pulse, patience);
        if self.options.protocol == Protocol::Http1 {
            return drive_http1(&self.http1, (io, handler), &mut client).await;
        }
        let begins = tokio::select! {
            biased;
            begins = io.begins_http2() => begins,
            _ = client.notices.next() => return,
        };
        match begins {
            Ok(true) => drive_http2(&self.http2, (io, handler), client.over_http2()).await,
            Ok(false) => drive_http1(&self.http1, (io, handler), &mut client).await,
            Err(error) => note_end(Some(&error)),
        }
    }
}

/// Drives a connection that speaks HTTP/1, and tells a client that was too slow.
async fn drive_http1<S, B>(
    builder: &http1::Builder,
    (mut io, mut handler): (CountedIo, S),
    client: &mut Client,
) where
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    loop {
        let connection = builder.serve_connection(io, handler).with_upgrades();
        let Some(parts) = until_stopped(connection, client).await else {
            return;
        };
        if !parts.read_buf.is_empty() {
            // One attempt without waiting: where the client reads nothing, there is nobody to tell.
            let told = parts.io.stream().try_write(REQUEST_TIMEOUT).is_ok();
            return tracing::debug!(told, "a request head came too slowly");
        }
        if !client.goes_on() {
            return;
        }
        (io, handler) = (parts.io, parts.service);
    }
}

/// What a connection consisted of whose client has stopped; `None` where it has ended otherwise.
async fn until_stopped<S, B>(
    mut connection: http1::UpgradeableConnection<CountedIo, S>,
    client: &mut Client,
) -> Option<http1::Parts<CountedIo, S>>
where
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    loop {
        tokio::select! {
            biased;
            result = &mut connection => {
                note_end(result.err().as_ref().map(|error| error as _));
                // What goes on now, if anything does, was upgraded.
                client.pulse.note_upgraded();
                return None;
            }
            Some(notice) = client.notices.next() => match notice {
                Notice::Drain => Pin::new(&mut connection).graceful_shutdown(),
                Notice::Close => return None,
                Notice::Stopped => return connection.into_parts(),
            },
        }
    }
}

async fn drive_http2<S, B>(
    builder: &http2::Builder<TokioExecutor>,
    (io, handler): (CountedIo, S),
    mut client: Client,
) where
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut connection = pin!(builder.serve_connection(io, handler));
    let mut is_told = false;
    loop {
        tokio::select! {
            biased;
            result = connection.as_mut() => {
                return note_end(result.err().as_ref().map(|error| error as _));
            }
            Some(notice) = client.notices.next() => match notice {
                Notice::Drain => connection.as_mut().graceful_shutdown(),
                Notice::Stopped if !is_told => {
                    // A request that is on its way already is answered, or its client knows that it was not read.
                    connection.as_mut().graceful_shutdown();
                    client.watch();
                    is_told = true;
                }
                Notice::Close | Notice::Stopped => return,
            },
        }
    }
}

fn note_end(error: Option<&(dyn StdError + 'static)>) {
    if let Some(error) = error {
        tracing::debug!(error, "a connection ended early");
    }
}

/// What a connection is told while it works.
#[derive(Clone, Copy, Debug)]
enum Notice {
    Drain,
    Close,
    /// The client does.
    Stopped,
}

/// Only what woke is looked at: asking costs a request next to nothing as long as there is no notice.
type Notices = FuturesUnordered<Pin<Box<dyn Future<Output = Notice> + Send>>>;

/// What is to be known of a client beside its requests.
struct Client {
    phase: watch::Receiver<Phase>,
    pulse: Arc<Pulse>,
    patience: Patience,
    notices: Notices,
}

impl Client {
    /// A server that is gone without a word (its future was dropped) has closed.
    fn new(phase: watch::Receiver<Phase>, pulse: Arc<Pulse>, patience: Patience) -> Self {
        let notices = Notices::new();
        let (mut draining, mut closing) = (phase.clone(), phase.clone());
        notices.push(Box::pin(async move {
            let running = draining.wait_for(|phase| *phase != Phase::Running).await;
            running.map_or(Notice::Close, |_| Notice::Drain)
        }));
        notices.push(Box::pin(async move {
            let _gone = closing.wait_for(|phase| *phase == Phase::Closing).await;
            Notice::Close
        }));
        let client = Self {
            phase,
            pulse,
            patience,
            notices,
        };
        client.watch();
        client
    }

    /// The same client, now that it speaks HTTP/2.
    fn over_http2(self) -> Self {
        Self::new(self.phase, self.pulse, self.patience.of_http2())
    }

    /// Tells when it stops.
    fn watch(&self) {
        let (pulse, patience) = (Arc::clone(&self.pulse), self.patience);
        self.notices.push(Box::pin(async move {
            pulse.stopped(patience).await;
            Notice::Stopped
        }));
    }

    /// Whether it may stay that has sent nothing; it is watched further then.
    fn goes_on(&self) -> bool {
        let goes_on = self.pulse.may_go_on(self.patience);
        if goes_on {
            self.watch();
        }
        goes_on
    }
}
