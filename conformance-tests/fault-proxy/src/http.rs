//! HTTP, of version 1.1 or 2: each request is taken whole, and each answer.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, Request, Response, Uri, Version, request};
use http_body::{Body, Frame};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::Protocol;
use crate::busy::response;
use crate::fault::Fault;
use crate::line::{Line, NOISE, Switch};
use crate::plan::Shared;

/// How long the start of an answer has to reach the client before the rest is cut off.
const ON_ITS_WAY: Duration = Duration::from_millis(20);

type Reply = Response<BoxBody<Bytes, Infallible>>;

/// The server, and the faults before it.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    client: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    protocol: Protocol,
    shared: Arc<Shared>,
}

impl Upstream {
    pub(crate) fn new(address: SocketAddr, protocol: Protocol, shared: Arc<Shared>) -> Self {
        let mut client = Client::builder(TokioExecutor::new());
        client.http2_only(protocol == Protocol::Grpc);
        Self {
            client: client.build_http(),
            address,
            protocol,
            shared,
        }
    }

    /// One connection of a client.
    pub(crate) async fn serve(self, stream: TcpStream) {
        let switch = Arc::<Switch>::default();
        let line = TokioIo::new(Line::new(stream, Arc::clone(&switch)));
        let each = service_fn(|request| self.clone().exchange(request, Arc::clone(&switch)));
        let server = auto::Builder::new(TokioExecutor::new());
        tokio::select! {
            // A client that goes away is none of the server's business.
            _ = server.serve_connection(line, each) => {}
            () = switch.is_cut() => {}
        }
    }

    async fn exchange(self, request: Request<Incoming>, switch: Arc<Switch>) -> io::Result<Reply> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        if switch.is_silent() {
            return pending().await;
        }
        let fault = self.shared.fault_of(&text(&head, &body));
        match &fault {
            Some(Fault::Delay(span)) => sleep(*span).await,
            Some(Fault::Hold(gate)) => gate.pass().await,
            Some(Fault::CutBefore) => return cut(&switch).await,
            Some(Fault::HoleBefore) => return silent(&switch).await,
            Some(Fault::Late(span)) => {
                self.forward_later(head, body, *span);
                return silent(&switch).await;
            }
            Some(Fault::Refuse(answer)) => {
                return Ok(response(answer, self.protocol).map(Full::boxed));
            }
            _ => {}
        }
        let answer = self.forward(head, body).await?;
        match fault {
            Some(Fault::CutAfter) => cut(&switch).await,
            Some(Fault::HoleAfter) => silent(&switch).await,
            Some(Fault::Replace(answer)) => Ok(response(&answer, self.protocol).map(Full::boxed)),
            Some(Fault::Truncate) => Ok(answer.map(|content| Half::of(&content, switch).boxed())),
            Some(Fault::Stall) => {
                Ok(answer.map(|content| Half::before_silence(&content, switch).boxed()))
            }
            Some(Fault::Shorten) => Ok(shortened(answer)),
            Some(Fault::Flip) => Ok(answer.map(|content| flipped(&content).boxed())),
            Some(Fault::Noise) => {
                switch.disturb();
                Ok(answer.map(BoxBody::new))
            }
            Some(Fault::Gibberish) => Ok(answer.map(|content| gibberish(&content).boxed())),
            _ => Ok(answer.map(BoxBody::new)),
        }
    }

    async fn forward(&self, head: request::Parts, body: Bytes) -> io::Result<Response<Whole>> {
        let mut request = Request::from_parts(head, Full::from(body));
        let target = request.uri().path_and_query();
        let target = target.map_or("/", |target| target.as_str());
        let target = format!("http://{}{target}", self.address);
        *request.uri_mut() = target.parse::<Uri>().map_err(io::Error::other)?;
        *request.version_mut() = if self.protocol == Protocol::Grpc {
            Version::HTTP_2
        } else {
            Version::HTTP_11
        };
        request.headers_mut().remove(EXPECT);
        let answer = self
            .client
            .request(request)
            .await
            .map_err(io::Error::other)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?;
        let trailers = body.trailers().cloned();
        let content = Some(body.to_bytes());
        Ok(Response::from_parts(head, Whole { content, trailers }))
    }

    fn forward_later(self, head: request::Parts, body: Bytes, span: Duration) {
        self.shared.will_arrive();
        tokio::spawn(async move {
            sleep(span).await;
            // Nobody waits for the answer.
            let _ = self.forward(head, body).await;
            self.shared.has_arrived();
        });
    }
}

async fn cut<T>(switch: &Switch) -> T {
    switch.cut();
    pending().await
}

async fn silent<T>(switch: &Switch) -> T {
    switch.silence();
    pending().await
}

/// A request as text: the first line, the headers, the content.
fn text(head: &request::Parts, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{} {}\r\n", head.method, head.uri).into_bytes();
    for (name, value) in &head.headers {
        text.extend(name.as_str().as_bytes());
        text.extend(b": ");
        text.extend(value.as_bytes());
        text.extend(b"\r\n");
    }
    text.extend(b"\r\n");
    text.extend(body);
    text
}

/// An answer that came whole.
#[derive(Debug)]
struct Whole {
    content: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Whole {
    fn bytes(&self) -> Bytes {
        self.content.clone().unwrap_or_default()
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let whole = self.get_mut();
        let content = whole.content.take().filter(|content| !content.is_empty());
        let frame = content.map(Frame::data);
        let frame = frame.or_else(|| whole.trailers.take().map(Frame::trailers));
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes().is_empty() && self.trailers.is_none()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        let length = self.content.as_ref().map_or(0, Bytes::len);
        http_body::SizeHint::with_exact(length as u64)
    }
}

/// As many bytes, none of which means anything.
fn gibberish(content: &Whole) -> Full<Bytes> {
    Full::from(vec![NOISE[0]; content.bytes().len()])
}

/// Half of the content, declared as if it were all.
fn shortened(answer: Response<Whole>) -> Reply {
    let (mut head, content) = answer.into_parts();
    let content = content.bytes();
    if !content.is_empty() {
        head.headers.remove(CONTENT_LENGTH);
    }
    let half = Full::from(content.slice(..content.len() / 2));
    Response::from_parts(head, half.boxed())
}

fn flipped(content: &Whole) -> Full<Bytes> {
    let mut content = content.bytes().to_vec();
    let middle = content.len() / 2;
    if let Some(byte) = content.get_mut(middle) {
        *byte ^= 1;
    }
    Full::from(content)
}

/// The first half of an answer, after which the connection is closed or falls silent.
#[derive(Debug)]
struct Half {
    start: Option<Bytes>,
    length: u64,
    /// Until when the connection lasts; for ever where it falls silent.
    until: Option<Pin<Box<Sleep>>>,
    switch: Arc<Switch>,
}

impl Half {
    fn before_silence(whole: &Whole, switch: Arc<Switch>) -> Self {
        Self {
            until: None,
            ..Self::of(whole, switch)
        }
    }

    fn of(whole: &Whole, switch: Arc<Switch>) -> Self {
        let content = whole.bytes();
        let start = content.slice(..content.len() / 2);
        Self {
            start: Some(start).filter(|start| !start.is_empty()),
            length: content.len() as u64,
            until: Some(Box::pin(sleep(ON_ITS_WAY))),
            switch,
        }
    }
}

impl Body for Half {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let half = self.get_mut();
        if let Some(start) = half.start.take() {
            return Poll::Ready(Some(Ok(Frame::data(start))));
        }
        if let Some(until) = &mut half.until {
            ready!(until.as_mut().poll(context));
            half.switch.cut();
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        false
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.length)
    }
}
