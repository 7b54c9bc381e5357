//! The tie between a server and the process that started it.
//!
//! A supervising process (the migration gateway) sets `ISOBAR_SUPERVISOR` to the path of a Unix socket. The server
//! connects to it, writes one line, `{"address":"127.0.0.1:40123","pid":4711}`, and holds the connection: the line says
//! that it is ready and where, and the end of the connection says that the supervisor is gone, however it ended, so that
//! no server outlives it. Unlike a signal on the parent's death this needs no privilege and works through wrappers.

use std::io;
use std::net::SocketAddr;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::config;
use crate::error::{Error, ErrorKind};

/// What a supervisor reads of the line.
#[derive(Deserialize)]
struct Ready {
    address: SocketAddr,
}

/// For a supervisor: waits until the server that it has started is ready, and tells where. As long as the connection is held,
/// the server knows that it is wanted.
pub async fn announced(listener: &UnixListener) -> io::Result<(UnixStream, SocketAddr)> {
    let (stream, _) = listener.accept().await?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    let ready: Ready = serde_json::from_str(&line)?;
    Ok((reader.into_inner(), ready.address))
}

/// The held connection; absent where nobody supervises.
#[derive(Debug)]
pub(crate) struct Supervision(Option<UnixStream>);

impl Supervision {
    pub(crate) async fn announce(address: SocketAddr) -> Result<Self, Error> {
        let Some(path) = config::supervisor_path() else {
            return Ok(Self(None));
        };
        let unreachable = |source: io::Error| {
            let message = format!(
                "cannot reach the supervising process at {}; unset {} to run without one",
                path.display(),
                config::SUPERVISOR_VARIABLE
            );
            Error::new(ErrorKind::Supervisor, message, source)
        };
        let mut stream = UnixStream::connect(&path).await.map_err(unreachable)?;
        let ready = serde_json::json!({ "address": address, "pid": std::process::id() });
        stream
            .write_all(format!("{ready}\n").as_bytes())
            .await
            .map_err(unreachable)?;
        Ok(Self(Some(stream)))
    }

    /// Resolves when the supervisor has gone; never where there is none.
    pub(crate) async fn gone(&mut self) {
        let Some(stream) = &mut self.0 else {
            return std::future::pending().await;
        };
        let mut ignored = [0; 64];
        while matches!(stream.read(&mut ignored).await, Ok(1..)) {}
    }
}
