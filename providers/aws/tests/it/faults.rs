//! A proxy before the emulator that passes requests on, and loses, alters or delays some answers.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// The proxy; it ends with the test's runtime.
pub(crate) struct Faults {
    pub(crate) endpoint: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    plans: Vec<Plan>,
    /// Every request, as text.
    requests: Vec<String>,
}

/// What happens to the next requests that have some text in them.
struct Plan {
    text: String,
    /// How many of them pass unharmed before it happens.
    after: u32,
    left: u32,
    fault: Fault,
}

#[derive(Clone)]
enum Fault {
    /// Only so many bytes of the answer pass before the connection is closed.
    Cut(usize),
    /// The request arrives, and this is the answer.
    #[cfg(feature = "document")]
    Replace(Vec<u8>),
    /// The request does not arrive, and this is the answer; nothing closes the connection.
    Refuse(Vec<u8>),
    /// The request waits.
    Hold(Arc<Gate>),
}

/// Where a request is held.
#[derive(Default)]
pub(crate) struct Gate {
    reached: Notify,
    opened: Notify,
}

impl Gate {
    /// Waits until a request is held here.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the request pass.
    pub(crate) fn open(&self) {
        self.opened.notify_one();
    }
}

impl Faults {
    pub(crate) async fn before(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::<Mutex<Shared>>::default();
        let served = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream.clone(), Arc::clone(&served)));
            }
        });
        Self { endpoint, shared }
    }

    /// Loses the next `count` answers to requests that have `text` in them.
    pub(crate) fn lose(&self, text: &str, count: u32) {
        self.plan(text, (0, count), Fault::Cut(0));
    }

    /// Cuts off the next answer after some bytes.
    #[cfg(feature = "blob")]
    pub(crate) fn cut(&self, text: &str, passed: usize) {
        self.plan(text, (0, 1), Fault::Cut(passed));
    }

    /// Answers the next request with an error after it was carried out.
    #[cfg(feature = "document")]
    pub(crate) fn replace(&self, text: &str, answer: Vec<u8>) {
        self.plan(text, (0, 1), Fault::Replace(answer));
    }

    /// Refuses `count` requests after the next `after` ones.
    pub(crate) fn refuse(&self, text: &str, (after, count): (u32, u32), answer: Vec<u8>) {
        self.plan(text, (after, count), Fault::Refuse(answer));
    }

    /// Holds the next request.
    pub(crate) fn hold(&self, text: &str) -> Arc<Gate> {
        let gate = Arc::<Gate>::default();
        self.plan(text, (0, 1), Fault::Hold(Arc::clone(&gate)));
        gate
    }

    /// How many requests had `text` in them.
    #[cfg(feature = "document")]
    pub(crate) fn count(&self, text: &str) -> usize {
        let shared = self.shared.lock().expect("no panic under it");
        let requests = shared.requests.iter();
        requests.filter(|request| request.contains(text)).count()
    }

    fn plan(&self, text: &str, (after, left): (u32, u32), fault: Fault) {
        let mut shared = self.shared.lock().expect("no panic under it");
        shared.plans.push(Plan {
            text: text.to_owned(),
            after,
            left,
            fault,
        });
    }
}

impl Shared {
    fn fault_of(&mut self, request: String) -> Option<Fault> {
        let mut plans = self.plans.iter_mut();
        let plan = plans.find(|plan| plan.left > 0 && request.contains(&plan.text));
        self.requests.push(request);
        let plan = plan?;
        if plan.after > 0 {
            plan.after -= 1;
            return None;
        }
        plan.left -= 1;
        Some(plan.fault.clone())
    }
}

/// The answer of DynamoDB to a request that it refuses.
#[cfg(feature = "document")]
pub(crate) fn dynamodb_error(status: u16, code: &str) -> Vec<u8> {
    let body = format!("{{\"__type\":\"com.amazonaws.dynamodb.v20120810#{code}\"}}");
    answer(status, "application/x-amz-json-1.0", &body)
}

/// The answer of S3 to a request that it refuses.
#[cfg(feature = "blob")]
pub(crate) fn s3_error(status: u16, code: &str) -> Vec<u8> {
    let body = format!("<Error><Code>{code}</Code></Error>");
    answer(status, "application/xml", &body)
}

fn answer(status: u16, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Refused\r\ncontent-type: {content_type}\r\n");
    format!("{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// One request of one connection, which is closed after it.
async fn serve(
    mut client: TcpStream,
    upstream: String,
    shared: Arc<Mutex<Shared>>,
) -> io::Result<()> {
    let request = message(&mut client, Body::Declared).await?;
    let text = String::from_utf8_lossy(&request).into_owned();
    let fault = shared.lock().expect("no panic under it").fault_of(text);
    match &fault {
        Some(Fault::Refuse(answer)) => {
            client.write_all(answer).await?;
            return client.shutdown().await;
        }
        Some(Fault::Hold(gate)) => {
            gate.reached.notify_one();
            gate.opened.notified().await;
        }
        _ => {}
    }
    let mut server = TcpStream::connect(upstream).await?;
    server.write_all(&request).await?;
    let body = if request.starts_with(b"HEAD ") {
        Body::None
    } else {
        Body::Declared
    };
    let mut answer = message(&mut server, body).await?;
    match fault {
        Some(Fault::Cut(passed)) => answer.truncate(passed),
        #[cfg(feature = "document")]
        Some(Fault::Replace(other)) => answer = other,
        _ => {}
    }
    client.write_all(&answer).await?;
    client.shutdown().await
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
