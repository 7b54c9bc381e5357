//! A proxy before the emulator that passes requests on and loses some of the answers.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The proxy; it ends with the test's runtime.
pub(crate) struct Faults {
    pub(crate) endpoint: String,
    plans: Plans,
}

type Plans = Arc<Mutex<HashMap<String, Plan>>>;

/// What happens to the next answers to requests that have some text in their head.
struct Plan {
    left: u32,
    /// The bytes of the answer that pass before the connection is closed.
    passed: usize,
}

impl Faults {
    pub(crate) async fn before(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let plans = Plans::default();
        let shared = Arc::clone(&plans);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream.clone(), Arc::clone(&shared)));
            }
        });
        Self { endpoint, plans }
    }

    /// Loses the next `count` answers to requests that have `operation` in their head.
    pub(crate) fn lose(&self, operation: &str, count: u32) {
        self.plan(
            operation,
            Plan {
                left: count,
                passed: 0,
            },
        );
    }

    /// Cuts off the next answer after some bytes.
    #[cfg(feature = "blob")]
    pub(crate) fn cut(&self, operation: &str, passed: usize) {
        self.plan(operation, Plan { left: 1, passed });
    }

    fn plan(&self, operation: &str, plan: Plan) {
        let mut plans = self.plans.lock().expect("no panic under it");
        plans.insert(operation.to_owned(), plan);
    }
}

/// One request of one connection, which is closed after it.
async fn serve(mut client: TcpStream, upstream: String, plans: Plans) -> io::Result<()> {
    let request = message(&mut client, Body::Declared).await?;
    let mut server = TcpStream::connect(upstream).await?;
    server.write_all(&request).await?;
    let body = if request.starts_with(b"HEAD ") {
        Body::None
    } else {
        Body::Declared
    };
    let answer = message(&mut server, body).await?;
    let passed = passed(&plans, &request).unwrap_or(answer.len());
    client
        .write_all(&answer[..passed.min(answer.len())])
        .await?;
    client.shutdown().await
}

/// How much of the answer to a request passes, where a plan says so.
fn passed(plans: &Plans, request: &[u8]) -> Option<usize> {
    let head = String::from_utf8_lossy(request);
    let mut plans = plans.lock().expect("no panic under it");
    let plan = plans
        .iter_mut()
        .find(|(operation, plan)| plan.left > 0 && head.contains(operation.as_str()));
    plan.map(|(_, plan)| {
        plan.left -= 1;
        plan.passed
    })
}

/// Whether a message has the body that its head declares; the answer to HEAD has none.
enum Body {
    None,
    Declared,
}

/// One HTTP/1.1 message with a Content-Length, and `Connection: close` added to its head.
async fn message(stream: &mut TcpStream, body: Body) -> io::Result<Vec<u8>> {
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
    let declared = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let length = match body {
        Body::None => 0,
        Body::Declared => declared.unwrap_or(0),
    };
    while bytes.len() < head + 2 + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    bytes.splice(head..head, *b"connection: close\r\n");
    Ok(bytes)
}
