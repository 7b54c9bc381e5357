//! A proxy before the emulator that passes requests on and loses some of the answers.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The proxy; it ends with the test's runtime.
pub(crate) struct Faults {
    pub(crate) endpoint: String,
    /// How many answers of each operation are still to be lost.
    losses: Arc<Mutex<HashMap<String, u32>>>,
}

impl Faults {
    pub(crate) async fn before(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let losses: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
        let shared = Arc::clone(&losses);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream.clone(), Arc::clone(&shared)));
            }
        });
        Self { endpoint, losses }
    }

    /// Loses the next `count` answers to requests that name `operation` in their head.
    pub(crate) fn lose(&self, operation: &str, count: u32) {
        let mut losses = self.losses.lock().expect("no panic under it");
        losses.insert(operation.to_owned(), count);
    }
}

/// One request of one connection, which is closed after it.
async fn serve(
    mut client: TcpStream,
    upstream: String,
    losses: Arc<Mutex<HashMap<String, u32>>>,
) -> io::Result<()> {
    let request = message(&mut client).await?;
    let head = String::from_utf8_lossy(&request).into_owned();
    let mut server = TcpStream::connect(upstream).await?;
    server.write_all(&request).await?;
    let answer = message(&mut server).await?;
    let lost = losses
        .lock()
        .expect("no panic under it")
        .iter_mut()
        .any(|(operation, left)| head.contains(operation.as_str()) && take(left));
    if !lost {
        client.write_all(&answer).await?;
    }
    client.shutdown().await
}

fn take(left: &mut u32) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

/// One HTTP/1.1 message with a Content-Length, and `Connection: close` added to its head.
async fn message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 2;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0);
    while bytes.len() < head + 2 + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    bytes.splice(head..head, *b"connection: close\r\n");
    Ok(bytes)
}
