//! A response over HTTP/1.1 whose content is read as it comes.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::stream::{Piece, Pieces, WireStream};
use super::super::{WireRequest, WireResponse};
use super::{head, malformed, read_head};

/// A connection, with what was read of the content and not passed on yet.
struct Incoming {
    connection: TcpStream,
    buffer: Vec<u8>,
    framing: Framing,
}

/// How the content ends (RFC 9112, section 6.3).
enum Framing {
    /// There is none.
    None,
    /// With a chunk of no bytes.
    Chunks,
    /// After so many bytes more.
    Length(usize),
    /// With the connection.
    Connection,
}

/// Sends a request on a connection of its own, and reads the head of the response.
pub(crate) async fn open(address: SocketAddr, request: &WireRequest) -> io::Result<WireStream> {
    let mut connection = TcpStream::connect(address).await?;
    connection
        .write_all(&head(&address.to_string(), request))
        .await?;
    connection.write_all(&request.body).await?;
    let mut buffer = Vec::new();
    let (response, length) = loop {
        if connection.read_buf(&mut buffer).await? == 0 {
            return Err(malformed("the head is not whole"));
        }
        if let Some(read) = read_head(&buffer)? {
            break read;
        }
    };
    buffer.drain(..length);
    let incoming = Incoming {
        connection,
        buffer,
        framing: Framing::of(&response, &request.method),
    };
    Ok(WireStream::new(response, |pieces| incoming.bring(pieces)))
}

impl Framing {
    fn of(response: &WireResponse, method: &str) -> Self {
        if method == "HEAD" || matches!(response.status, 204 | 304) {
            return Self::None;
        }
        if response.joined("transfer-encoding") == "chunked" {
            return Self::Chunks;
        }
        let length = response.joined("content-length").parse();
        length.map_or(Self::Connection, Self::Length)
    }
}

impl Incoming {
    async fn bring(mut self, pieces: Pieces) {
        loop {
            let piece = match self.next().await {
                Ok(Some(content)) => Piece::Content(content),
                Ok(None) => return,
                Err(error) => Piece::Broken(error.to_string()),
            };
            let is_broken = matches!(piece, Piece::Broken(_));
            if pieces.send(piece).await.is_err() || is_broken {
                return;
            }
        }
    }

    /// The next bytes of the content; nothing at its end.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(found) = self.take()? {
                return Ok((!found.is_empty()).then_some(found));
            }
            let read = self.connection.read_buf(&mut self.buffer).await?;
            match self.framing {
                Framing::Connection if read == 0 => return Ok(None),
                _ if read == 0 => return Err(malformed("the connection ends before the content")),
                _ => {}
            }
        }
    }

    /// Bytes of the content from what was read; none of them where the content ends here.
    fn take(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.framing {
            Framing::None => Ok(Some(Vec::new())),
            Framing::Chunks => self.take_chunk(),
            Framing::Length(left) => {
                let ready = left.min(self.buffer.len());
                self.framing = Framing::Length(left - ready);
                let taken: Vec<u8> = self.buffer.drain(..ready).collect();
                Ok((left == 0 || ready > 0).then_some(taken))
            }
            Framing::Connection => {
                let taken = std::mem::take(&mut self.buffer);
                Ok((!taken.is_empty()).then_some(taken))
            }
        }
    }

    fn take_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let parsed = httparse::parse_chunk_size(&self.buffer);
        let parsed = parsed.map_err(|_| malformed("the chunks are malformed"))?;
        let httparse::Status::Complete((start, size)) = parsed else {
            return Ok(None);
        };
        let size = usize::try_from(size).map_err(malformed)?;
        let end = start.saturating_add(size);
        if self.buffer.len() < end.saturating_add(2) {
            return Ok(None);
        }
        let chunk = self.buffer.get(start..end).unwrap_or_default().to_vec();
        self.buffer.drain(..end + 2);
        Ok(Some(chunk))
    }
}
