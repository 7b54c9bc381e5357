//! The smallest HTTP/1.1 client: it writes what it is told and reads one response.

mod incoming;

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, WriteHalf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::{WireRequest, WireResponse};

pub(crate) use incoming::open;

/// A request that is being written.
type Writing<S> = JoinHandle<io::Result<WriteHalf<S>>>;

/// Sends one request on a connection of its own.
pub(crate) async fn exchange(
    address: SocketAddr,
    request: &WireRequest,
) -> io::Result<WireResponse> {
    let stream = TcpStream::connect(address).await?;
    let host = address.to_string();
    let expects = |(name, _): &(String, Vec<u8>)| name.eq_ignore_ascii_case("expect");
    if request.headers.iter().any(expects) {
        return expecting(stream, &host, request).await;
    }
    let (answer, _) = over(stream, &host, request).await?;
    parse(&answer, &request.method)
}

/// Sends the content only when the server asks for it (RFC 9110, section 10.1.1).
async fn expecting(
    mut stream: TcpStream,
    host: &str,
    request: &WireRequest,
) -> io::Result<WireResponse> {
    stream.write_all(&head(host, request)).await?;
    let mut answer = Vec::new();
    loop {
        if let Some((interim, length)) = read_head(&answer)? {
            if interim.status == 100 {
                answer.drain(..length);
                stream.write_all(&request.body).await?;
            }
            break;
        }
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(malformed("the head is not whole"));
        }
    }
    stream.read_to_end(&mut answer).await?;
    parse(&answer, &request.method)
}

/// Sends one request on this connection; fails where the server does not read it to its end.
pub(crate) async fn whole_over<S>(
    stream: S,
    host: &str,
    request: &WireRequest,
) -> io::Result<WireResponse>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (answer, writing) = over(stream, host, request).await?;
    drop(writing.await.map_err(io::Error::other)??);
    parse(&answer, &request.method)
}

/// The answer to a request, of which some may not be written yet.
async fn over<S>(stream: S, host: &str, request: &WireRequest) -> io::Result<(Vec<u8>, Writing<S>)>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut incoming, mut outgoing) = tokio::io::split(stream);
    let head = head(host, request);
    let body = request.body.clone();
    // A server that refuses a request may answer before it has read all of it.
    let writing = tokio::spawn(async move {
        outgoing.write_all(&head).await?;
        outgoing.write_all(&body).await?;
        Ok::<_, io::Error>(outgoing)
    });
    let mut answer = Vec::new();
    match incoming.read_to_end(&mut answer).await {
        // It had said what there was to say, and did not read on.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !answer.is_empty() => {}
        ended => drop(ended?),
    }
    Ok((answer, writing))
}

/// The same with a server that does not close: the answer ends where its length says.
pub(crate) async fn exchange_by_length(
    address: SocketAddr,
    request: &WireRequest,
) -> io::Result<WireResponse> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(&head(&address.to_string(), request))
        .await?;
    stream.write_all(&request.body).await?;
    let mut answer = Vec::new();
    while stream.read_buf(&mut answer).await? > 0 {
        let response = parse(&answer, &request.method);
        if let Ok(whole) = response
            && !whole.values("content-length").is_empty()
        {
            return Ok(whole);
        }
    }
    parse(&answer, &request.method)
}

fn head(host: &str, request: &WireRequest) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    let named = |name: &str| {
        request
            .headers
            .iter()
            .any(|(found, _)| found.eq_ignore_ascii_case(name))
    };
    let mut field = |name: &str, value: &[u8]| {
        head.extend(name.as_bytes());
        head.extend(b": ");
        head.extend(value);
        head.extend(b"\r\n");
    };
    if !named("host") {
        field("host", host.as_bytes());
    }
    for (name, value) in &request.headers {
        field(name, value);
    }
    if !request.body.is_empty() && !named("transfer-encoding") && !named("content-length") {
        field("content-length", request.body.len().to_string().as_bytes());
    }
    let closes: &[u8] = if named("upgrade") {
        b"upgrade, close"
    } else {
        b"close"
    };
    field("connection", closes);
    head.extend(b"\r\n");
    head
}

/// A response without its content, and the length of its head; nothing while that is not whole.
fn read_head(answer: &[u8]) -> io::Result<Option<(WireResponse, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; 256];
    let mut head = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(length) = head.parse(answer).map_err(malformed)? else {
        return Ok(None);
    };
    let headers = head.headers.iter();
    let headers = headers.map(|field| (field.name.to_ascii_lowercase(), field.value.to_vec()));
    let response = WireResponse {
        status: head.code.unwrap_or_default(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    Ok(Some((response, length)))
}

fn parse(answer: &[u8], method: &str) -> io::Result<WireResponse> {
    let head = read_head(answer)?;
    let (head, length) = head.ok_or_else(|| malformed("the head is not whole"))?;
    let WireResponse {
        status, headers, ..
    } = head;
    let value = |name: &str| {
        let found = headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    let rest = &answer[length..];
    let body = if value("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        unchunked(rest)?
    } else {
        rest.to_vec()
    };
    let announced = value("content-length").and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length != body.len()) && method != "HEAD" && status != 304 {
        return Err(malformed(
            "the content has not the length that was announced",
        ));
    }
    Ok(WireResponse {
        status,
        headers,
        body,
    })
}

fn unchunked(mut rest: &[u8]) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let parsed = httparse::parse_chunk_size(rest);
        let Ok(httparse::Status::Complete((start, size))) = parsed else {
            return Err(malformed("the chunks are not whole"));
        };
        if size == 0 {
            return Ok(body);
        }
        let size = usize::try_from(size).map_err(malformed)?;
        let whole = rest[start..].split_at_checked(size);
        let (chunk, after) = whole.ok_or_else(|| malformed("a chunk is cut"))?;
        body.extend(chunk);
        let after = after.strip_prefix(b"\r\n");
        rest = after.ok_or_else(|| malformed("a chunk has no end"))?;
    }
}

fn malformed(why: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}
