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
use hyper::server::conn::http1;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
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
    auto: auto::Builder<TokioExecutor>,
}

/// hyper refuses a smaller buffer.
const LEAST_BUFFER: usize = 8192;

const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

impl Connections {
    pub(crate) fn new(options: Options) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .header_read_timeout(None)
            .writev(false)
            .max_header_size(options.max_head_bytes);
        let mut auto = auto::Builder::new(TokioExecutor::new());
        auto.http1()
            .header_read_timeout(None)
            .writev(false)
            .max_buf_size(options.max_head_bytes.max(LEAST_BUFFER));
        auto.http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(options.head_timeout)
            .max_header_list_size(u32::try_from(options.max_head_bytes).unwrap_or(u32::MAX));
        if options.max_headers != DEFAULT_MAX_HEADERS {
            http1.max_headers(options.max_headers);
            auto.http1().max_headers(options.max_headers);
        }
        Self {
            options: Arc::new(options),
            http1,
            auto,
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
        let io = CountedIo::new(stream, Arc::clone(&pulse), &self.options);
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
        let mut notices = notices(phase, Arc::clone(&pulse), patience);
        match self.options.protocol {
            Protocol::Http1 => {
                let connection = self.http1.serve_connection(io, handler).with_upgrades();
                drive_http1(connection, &mut notices).await;
            }
            Protocol::Http1AndH2c => {
                let connection = self.auto.serve_connection_with_upgrades(io, handler);
                drive_auto(connection, &mut notices).await;
            }
        }
        // What goes on now, if anything does, was upgraded.
        pulse.note_upgraded();
    }
}

/// Drives a connection that speaks HTTP/1 only, and tells a client that was too slow.
async fn drive_http1<S, B>(
    mut connection: http1::UpgradeableConnection<CountedIo, S>,
    notices: &mut Notices,
) where
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    loop {
        tokio::select! {
            biased;
            result = &mut connection => {
                return note_end(result.err().as_ref().map(|error| error as _));
            }
            Some(notice) = notices.next() => match notice {
                Notice::Drain => Pin::new(&mut connection).graceful_shutdown(),
                Notice::Close => return,
                Notice::Stopped => break,
            },
        }
    }
    let Some(parts) = connection.into_parts() else {
        return;
    };
    if !parts.read_buf.is_empty() {
        // One attempt without waiting: where the client reads nothing, there is nobody to tell.
        let told = parts.io.stream().try_write(REQUEST_TIMEOUT).is_ok();
        tracing::debug!(told, "a request head came too slowly");
    }
}

async fn drive_auto<S, B>(
    connection: auto::UpgradeableConnection<'_, CountedIo, S, TokioExecutor>,
    notices: &mut Notices,
) where
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut connection = pin!(connection);
    loop {
        tokio::select! {
            biased;
            result = connection.as_mut() => {
                return note_end(result.err().as_deref().map(|error| error as &(dyn StdError + 'static)));
            }
            Some(notice) = notices.next() => match notice {
                Notice::Drain => connection.as_mut().graceful_shutdown(),
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

/// A server that is gone without a word (its future was dropped) has closed.
fn notices(phase: watch::Receiver<Phase>, pulse: Arc<Pulse>, patience: Patience) -> Notices {
    let notices = Notices::new();
    let (mut draining, mut closing) = (phase.clone(), phase);
    notices.push(Box::pin(async move {
        let running = draining.wait_for(|phase| *phase != Phase::Running).await;
        running.map_or(Notice::Close, |_| Notice::Drain)
    }));
    notices.push(Box::pin(async move {
        let _gone = closing.wait_for(|phase| *phase == Phase::Closing).await;
        Notice::Close
    }));
    notices.push(Box::pin(async move {
        pulse.stopped(patience).await;
        Notice::Stopped
    }));
    notices
}
