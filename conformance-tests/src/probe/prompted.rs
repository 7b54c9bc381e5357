//! A response of the probe that goes on when a case says so, over a connection of their own: no case has to wait for time
//! to pass, and a case sees when the probe has let go of the response.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;

use axum::extract::Query;
use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::Failure;
use crate::door::WireRequest;

/// Where the case listens on this machine.
#[derive(Debug, Deserialize)]
pub(super) struct Prompted {
    prompter: u16,
}

/// Has the next event be sent.
const NEXT: u8 = b'n';
/// Has the response fail.
const FAIL: u8 = b'f';
/// Has what makes the response panic.
const PANIC: u8 = b'p';

/// The process was told to end.
const ENDS: u8 = b'e';
/// The response of a request that waited.
pub(crate) const WAITED: &str = "waited";

/// What a case says to the probe while that responds.
#[derive(Debug)]
pub(crate) struct Prompter {
    listener: TcpListener,
}

/// The connection to one response.
#[derive(Debug)]
pub(crate) struct Prompt {
    connection: TcpStream,
}

/// The events of the response, in the form of Server-Sent Events.
pub(crate) fn event(number: u32) -> String {
    format!("id: {number}\ndata: event {number}\n\n")
}

/// Sends an event at once, and another one whenever it is told to.
pub(super) async fn respond(Query(Prompted { prompter }): Query<Prompted>) -> Result<Response> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, prompter));
    let failed = |error| Error::new(ErrorKind::Internal, "nobody prompts").with_source(error);
    let connection = TcpStream::connect(address).await.map_err(failed)?;
    let events = stream::unfold(Some((connection, 0_u32)), |state| async move {
        let (mut connection, number) = state?;
        // The first one needs no prompt.
        let prompt = if number == 0 {
            NEXT
        } else {
            connection.read_u8().await.ok()?
        };
        if prompt == PANIC {
            super::panic().await;
        }
        if prompt != NEXT {
            return Some((Err(io::Error::other("as it was told to")), None));
        }
        let sent = Bytes::from(event(number));
        Some((Ok(sent), Some((connection, number + 1))))
    });
    let mut response = Response::new(Body::from_stream(events));
    let events = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(CONTENT_TYPE, events);
    Ok(response)
}

/// Responds when it is prompted; says before that when the process was told to end.
pub(super) async fn wait(Query(Prompted { prompter }): Query<Prompted>) -> Result<&'static str> {
    let failed = |error| Error::new(ErrorKind::Internal, "nobody prompts").with_source(error);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, prompter));
    let mut end = signal(SignalKind::terminate()).map_err(failed)?;
    let mut connection = TcpStream::connect(address).await.map_err(failed)?;
    let (mut prompts, mut told) = connection.split();
    let mut prompt = pin!(prompts.read_u8());
    loop {
        tokio::select! {
            _ = end.recv() => told.write_u8(ENDS).await.map_err(failed)?,
            prompt = &mut prompt => {
                prompt.map_err(failed)?;
                return Ok(WAITED);
            }
        }
    }
}

/// A response whose content panics before there is any.
pub(super) async fn panicking_content() -> Body {
    Body::from_stream(stream::once(async {
        super::panic().await;
        Ok::<_, io::Error>(Bytes::new())
    }))
}

impl Prompter {
    pub(crate) async fn new() -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(|error| Failure::new(format!("no prompter: {error}")))?;
        Ok(Self { listener })
    }

    /// What is answered by events.
    pub(crate) fn request(&self) -> Result<WireRequest, Failure> {
        let request = self.get("/prompted")?;
        Ok(request.header("accept", "text/event-stream"))
    }

    /// What is answered when it is prompted.
    pub(crate) fn waiting(&self) -> Result<WireRequest, Failure> {
        self.get("/waiting")
    }

    fn get(&self, path: &str) -> Result<WireRequest, Failure> {
        let address = self.listener.local_addr();
        let address = address.map_err(|error| Failure::new(format!("no prompter: {error}")))?;
        let target = format!("{path}?prompter={}", address.port());
        Ok(WireRequest::new("GET", target))
    }

    /// The connection of the response that has begun.
    pub(crate) async fn prompt(&self) -> Result<Prompt, Failure> {
        let accepted = self.listener.accept().await;
        let (connection, _) = accepted.map_err(|error| gone(&error))?;
        Ok(Prompt { connection })
    }
}

impl Prompt {
    /// Has the next event be sent.
    pub(crate) async fn next(&mut self) -> Result<(), Failure> {
        self.say(NEXT).await
    }

    /// Has the response fail.
    pub(crate) async fn fail(&mut self) -> Result<(), Failure> {
        self.say(FAIL).await
    }

    /// Has what makes the response panic.
    pub(crate) async fn panic(&mut self) -> Result<(), Failure> {
        self.say(PANIC).await
    }

    async fn say(&mut self, prompt: u8) -> Result<(), Failure> {
        let said = self.connection.write_u8(prompt).await;
        said.map_err(|error| gone(&error))
    }

    /// Waits until the probe has heard that it is to end.
    pub(crate) async fn ends(&mut self) -> Result<(), Failure> {
        match tokio::time::timeout(super::PATIENCE, self.connection.read_u8()).await {
            Ok(Ok(ENDS)) => Ok(()),
            Ok(heard) => Err(Failure::new(format!("the probe does not wait: {heard:?}"))),
            Err(_) => Err(Failure::new("the probe has heard of no end in 10 s")),
        }
    }

    /// Waits until the probe has let go of the response.
    pub(crate) async fn let_go(mut self) -> Result<(), Failure> {
        let mut nothing = [0];
        match tokio::time::timeout(super::PATIENCE, self.connection.read(&mut nothing)).await {
            // It says nothing: what is read is the end of the connection.
            Ok(_) => Ok(()),
            Err(_) => Err(Failure::new("the handler goes on 10 s later")),
        }
    }
}

fn gone(error: &io::Error) -> Failure {
    Failure::new(format!("the probe does not listen to prompts: {error}"))
}
