//! PostgreSQL's protocol: the startup, then each request up to the message that asks for an answer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::fault::{Answer, Fault};
use crate::line::NOISE;
use crate::plan::Shared;

/// The codes that a client sends in place of a version.
const CANCEL: u32 = 80_877_102;
const TLS: u32 = 80_877_103;
/// The types of the messages that ask for an answer, and of the one that says goodbye.
const SYNC: u8 = b'S';
const QUERY: u8 = b'Q';
const TERMINATE: u8 = b'X';
/// The type of the message that ends an answer.
const READY: u8 = b'Z';
/// That the server is ready, outside of a transaction.
const IDLE: [u8; 6] = [READY, 0, 0, 0, 5, b'I'];
/// "terminating connection due to administrator command".
const SHUTDOWN: &str = "57P01";
/// How long what a client has sent may be on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(1);

/// What is read and not yet used of one side.
#[derive(Debug)]
struct Side {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// One connection of a client.
pub(crate) async fn serve(
    client: TcpStream,
    upstream: SocketAddr,
    shared: Arc<Shared>,
) -> io::Result<()> {
    let mut connection = Connection {
        server: Side::new(TcpStream::connect(upstream).await?),
        client: Side::new(client),
        shared,
    };
    if !connection.start().await? {
        return Ok(());
    }
    while let Some(request) = connection.client.request().await? {
        match connection.exchange(request).await? {
            Some(open) => connection = open,
            None => return Ok(()),
        }
    }
    Ok(())
}

#[derive(Debug)]
struct Connection {
    client: Side,
    server: Side,
    shared: Arc<Shared>,
}

impl Connection {
    /// The startup with its authentication; false where the connection is for something else.
    async fn start(&mut self) -> io::Result<bool> {
        loop {
            let packet = self.client.startup().await?;
            let code = packet.get(4..).and_then(|rest| rest.first_chunk::<4>());
            match code.map(|code| u32::from_be_bytes(*code)) {
                Some(TLS) => self.client.write(b"N").await?,
                Some(CANCEL) => {
                    self.server.write(&packet).await?;
                    self.server.ignore().await?;
                    return Ok(false);
                }
                _ => {
                    self.server.write(&packet).await?;
                    break;
                }
            }
        }
        loop {
            tokio::select! {
                message = self.server.message() => {
                    let message = message?;
                    self.client.write(&message).await?;
                    if message[0] == READY {
                        return Ok(true);
                    }
                }
                message = self.client.message() => self.server.write(&message?).await?,
            }
        }
    }

    /// One request and what becomes of it; `None` where the connection is to be closed.
    async fn exchange(mut self, request: Vec<u8>) -> io::Result<Option<Self>> {
        if request[0] == TERMINATE {
            self.server.write(&request).await?;
            return Ok(None);
        }
        let fault = self.shared.fault_of(&request);
        match &fault {
            Some(Fault::Delay(span)) => sleep(*span).await,
            Some(Fault::Hold(gate)) => gate.pass().await,
            Some(Fault::CutBefore) => return Ok(None),
            Some(Fault::HoleBefore) => return self.fall_silent().await,
            Some(Fault::Late(span)) => return self.arrive_late(request, *span).await,
            Some(Fault::Refuse(answer)) => return self.refuse(&request, answer).await,
            _ => {}
        }
        let answer = self.server.answered(&request).await?;
        match fault {
            Some(Fault::CutAfter) => {
                self.pass_the_rest().await?;
                return Ok(None);
            }
            Some(Fault::HoleAfter) => {
                self.pass_the_rest().await?;
                return self.fall_silent().await;
            }
            Some(Fault::Truncate) => {
                self.client.write(&answer[..answer.len() / 2]).await?;
                return Ok(None);
            }
            Some(Fault::Noise) => {
                self.client.write(&NOISE).await?;
                return Ok(None);
            }
            Some(Fault::Replace(other)) => {
                self.client.write(&error(b"ERROR", code(&other))).await?;
                self.client.write(&IDLE).await?;
            }
            Some(Fault::Gibberish) => self.client.write(&gibberish(answer)).await?,
            _ => self.client.write(&answer).await?,
        }
        Ok(Some(self))
    }

    /// Keeps the connection open without a word until the client gives up.
    async fn fall_silent(mut self) -> io::Result<Option<Self>> {
        self.client.ignore().await?;
        Ok(None)
    }

    /// What the client had sent behind the request arrives too.
    async fn pass_the_rest(&mut self) -> io::Result<()> {
        sleep(ON_ITS_WAY).await;
        let mut more = [0; 4_096];
        while let Ok(read @ 1..) = self.client.stream.try_read(&mut more) {
            self.client.bytes.extend(&more[..read]);
        }
        while let Some(length) = request_length(&self.client.bytes) {
            let request: Vec<u8> = self.client.bytes.drain(..length).collect();
            if request[0] == TERMINATE {
                break;
            }
            self.server.answered(&request).await?;
        }
        Ok(())
    }

    async fn arrive_late(mut self, request: Vec<u8>, span: Duration) -> io::Result<Option<Self>> {
        self.shared.will_arrive();
        let (mut server, shared) = (self.server, Arc::clone(&self.shared));
        tokio::spawn(async move {
            sleep(span).await;
            // Nobody waits for the answer.
            let _ = server.answered(&request).await;
            shared.has_arrived();
        });
        self.client.ignore().await?;
        Ok(None)
    }

    /// Has the server itself fail, so that a transaction is in the state that an error leaves; a
    /// commit that fails has ended it.
    async fn refuse(mut self, request: &[u8], answer: &Answer) -> io::Result<Option<Self>> {
        if matches!(answer, Answer::Unavailable(_)) {
            self.client.write(&error(b"FATAL", SHUTDOWN)).await?;
            return Ok(None);
        }
        let code = code(answer);
        let failing = format!("DO $$BEGIN RAISE 'refused' USING ERRCODE = '{code}'; END$$");
        let ends = request[0] == QUERY && String::from_utf8_lossy(request).contains("COMMIT");
        if ends {
            self.server.answered(&query("ROLLBACK")).await?;
        }
        let answer = self.server.answered(&query(&failing)).await?;
        self.client.write(&answer).await?;
        Ok(Some(self))
    }
}

/// The SQLSTATE of an answer; 53400 is "configuration limit exceeded".
fn code(answer: &Answer) -> &'static str {
    match answer {
        Answer::Postgres(code) => code,
        Answer::Unavailable(_) => SHUTDOWN,
        Answer::Throttled(_) | Answer::Http { .. } => "53400",
    }
}

fn query(text: &str) -> Vec<u8> {
    message(QUERY, &[text.as_bytes(), b"\0"].concat())
}

fn error(severity: &[u8], code: &str) -> Vec<u8> {
    let fields = [
        b"S",
        severity,
        b"\0V",
        severity,
        b"\0C",
        code.as_bytes(),
        b"\0Mrefused\0\0",
    ];
    message(b'E', &fields.concat())
}

fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 4).unwrap_or(u32::MAX);
    let mut message = vec![kind];
    message.extend(length.to_be_bytes());
    message.extend(content);
    message
}

/// The same messages, none of whose contents means anything.
fn gibberish(mut answer: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while let Some(length) = whole(&answer[at..]) {
        answer[at + 5..at + length].fill(NOISE[0]);
        at += length;
    }
    answer
}

impl Side {
    fn new(stream: TcpStream) -> Self {
        let bytes = Vec::new();
        Self { stream, bytes }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends a request, and gives the whole answer to it.
    async fn answered(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        self.write(request).await?;
        let mut answer = Vec::new();
        loop {
            let message = self.message().await?;
            let kind = message[0];
            answer.extend(message);
            if kind == READY {
                return Ok(answer);
            }
        }
    }

    /// Reads until the other side ends the connection.
    async fn ignore(&mut self) -> io::Result<()> {
        let mut nothing = [0; 1_024];
        while self.stream.read(&mut nothing).await? > 0 {}
        Ok(())
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// The first packet, which has no type.
    async fn startup(&mut self) -> io::Result<Vec<u8>> {
        while self.bytes.len() < 4 {
            self.more().await?;
        }
        let length = self.bytes.first_chunk::<4>();
        let length = length.map_or(4, |length| u32::from_be_bytes(*length) as usize);
        while self.bytes.len() < length {
            self.more().await?;
        }
        Ok(self.bytes.drain(..length).collect())
    }

    async fn message(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(length) = whole(&self.bytes) {
                return Ok(self.bytes.drain(..length).collect());
            }
            self.more().await?;
        }
    }

    /// The messages up to the one that asks for an answer; `None` at the end.
    async fn request(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(length) = request_length(&self.bytes) {
                return Ok(Some(self.bytes.drain(..length).collect()));
            }
            if self.stream.read_buf(&mut self.bytes).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// The length of the first request, if all of it is there.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let mut end = 0;
    loop {
        let kind = *bytes.get(end)?;
        end += whole(&bytes[end..])?;
        if matches!(kind, SYNC | QUERY | TERMINATE) {
            return Some(end);
        }
    }
}

/// The length of the message at the start, if all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(1..5)?.first_chunk::<4>()?;
    let length = 1 + u32::from_be_bytes(*length) as usize;
    (bytes.len() >= length).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_ends_where_an_answer_is_asked_for() {
        let mut bytes = message(b'P', b"a");
        assert_eq!(request_length(&bytes), None);
        bytes.extend(message(SYNC, b""));
        let length = bytes.len();
        bytes.extend(query("COMMIT"));
        assert_eq!(request_length(&bytes), Some(length));
        assert_eq!(request_length(&bytes[..length - 1]), None);
    }

    #[test]
    fn gibberish_has_the_frames_of_what_it_was() {
        let answer = [message(b'D', b"data"), IDLE.to_vec()].concat();
        let garbled = gibberish(answer);
        assert_eq!(&garbled[..6], [b'D', 0, 0, 0, 8, 0xff]);
        assert_eq!(&garbled[9..], [b'Z', 0, 0, 0, 5, 0xff]);
    }
}
