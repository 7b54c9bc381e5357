//! A proxy before the emulator that passes requests on, and loses, cuts, refuses or delays some.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// The proxy; it ends with the test's runtime.
pub(crate) struct Faults {
    pub(crate) port: u16,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    plans: Vec<Plan>,
    /// Every request, as text.
    requests: Vec<String>,
}

/// What happens to the next requests that begin so.
struct Plan {
    start: String,
    left: u32,
    fault: Fault,
}

#[derive(Clone)]
pub(crate) enum Fault {
    /// It is carried out, and so many bytes of the answer pass before the connection is closed.
    Cut(usize),
    /// It does not arrive, and the connection is closed.
    Drop,
    /// It does not arrive, and is answered with this status, code and wait.
    Refuse(u16, &'static str, &'static str),
    /// It waits.
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
    pub(crate) async fn before(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::<Mutex<Shared>>::default();
        let served = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream, Arc::clone(&served)));
            }
        });
        Self { port, shared }
    }

    /// What happens to the next `count` requests that begin with `start`.
    pub(crate) fn plan(&self, start: &str, count: u32, fault: Fault) {
        lock(&self.shared).plans.push(Plan {
            start: start.to_owned(),
            left: count,
            fault,
        });
    }

    /// Loses the next answer to a request that begins with `start`.
    pub(crate) fn lose(&self, start: &str) {
        self.plan(start, 1, Fault::Cut(0));
    }

    /// Holds the next request that begins with `start`.
    pub(crate) fn hold(&self, start: &str) -> Arc<Gate> {
        let gate = Arc::<Gate>::default();
        self.plan(start, 1, Fault::Hold(Arc::clone(&gate)));
        gate
    }

    /// How many requests began so.
    pub(crate) fn count(&self, start: &str) -> usize {
        let shared = lock(&self.shared);
        let requests = shared.requests.iter();
        requests
            .filter(|request| request.starts_with(start))
            .count()
    }

    /// The requests, their first lines and all.
    pub(crate) fn requests(&self) -> Vec<String> {
        lock(&self.shared).requests.clone()
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("no panic under it")
}

impl Shared {
    fn fault_of(&mut self, request: String) -> Option<Fault> {
        let mut plans = self.plans.iter_mut();
        let plan = plans.find(|plan| plan.left > 0 && request.starts_with(&plan.start));
        self.requests.push(request);
        let plan = plan?;
        plan.left -= 1;
        Some(plan.fault.clone())
    }
}

fn refusal(status: u16, code: &str, wait: &str) -> String {
    let body = format!(r#"{{"odata.error":{{"code":"{code}","message":{{"value":"no"}}}}}}"#);
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Refused\r\ncontent-type: application/json\r\nretry-after: {wait}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// One request of one connection, which is closed after it.
async fn serve(mut client: TcpStream, upstream: u16, shared: Arc<Mutex<Shared>>) -> io::Result<()> {
    let request = request(&mut client).await?;
    let text = String::from_utf8_lossy(&request).into_owned();
    let fault = lock(&shared).fault_of(text);
    match &fault {
        Some(Fault::Drop) => return Ok(()),
        Some(Fault::Refuse(status, code, wait)) => {
            let answer = refusal(*status, code, wait);
            client.write_all(answer.as_bytes()).await?;
            return client.shutdown().await;
        }
        Some(Fault::Hold(gate)) => {
            gate.reached.notify_one();
            gate.opened.notified().await;
        }
        Some(Fault::Cut(_)) | None => {}
    }
    let mut server = TcpStream::connect(("127.0.0.1", upstream)).await?;
    server.write_all(&request).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    if let Some(Fault::Cut(passed)) = fault {
        answer.truncate(passed);
    }
    client.write_all(&answer).await?;
    client.shutdown().await
}

/// A request with what its head declares, and `Connection: close` added to that, so that its answer
/// ends with the connection.
async fn request(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 2;
        }
        more(stream, &mut bytes).await?;
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let mut lines = text.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let length: usize = length.unwrap_or(0);
    while bytes.len() < head + 2 + length {
        more(stream, &mut bytes).await?;
    }
    bytes.splice(head..head, *b"connection: close\r\n");
    Ok(bytes)
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<()> {
    if stream.read_buf(bytes).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
