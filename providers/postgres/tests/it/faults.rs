//! A proxy before the server that passes requests on, and loses, refuses or delays some.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
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
    /// Every request, as it was sent.
    requests: Vec<Vec<u8>>,
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
    /// The request is carried out, and the connection closed instead of an answer.
    Lose,
    /// The request does not arrive, and the connection is closed.
    Drop,
    /// The request does not arrive, and is answered with this error.
    Refuse(&'static str),
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

    /// Loses the next answer to a request that has `text` in it.
    pub(crate) fn lose(&self, text: &str) {
        self.plan(text, (0, 1), Fault::Lose);
    }

    /// Loses `count` answers after the next `after` ones.
    pub(crate) fn lose_after(&self, text: &str, (after, count): (u32, u32)) {
        self.plan(text, (after, count), Fault::Lose);
    }

    /// Loses the next request before it arrives.
    pub(crate) fn drop_next(&self, text: &str) {
        self.plan(text, (0, 1), Fault::Drop);
    }

    /// Answers the next `count` requests with an error of this code.
    pub(crate) fn refuse(&self, text: &str, count: u32, code: &'static str) {
        self.plan(text, (0, count), Fault::Refuse(code));
    }

    /// Holds one request after the next `after` ones.
    pub(crate) fn hold(&self, text: &str, after: u32) -> Arc<Gate> {
        let gate = Arc::<Gate>::default();
        self.plan(text, (after, 1), Fault::Hold(Arc::clone(&gate)));
        gate
    }

    /// How many requests had `text` in them.
    pub(crate) fn count(&self, text: &str) -> usize {
        let shared = lock(&self.shared);
        let requests = shared.requests.iter();
        requests.filter(|request| has(request, text)).count()
    }

    /// Every message of every request: its type, and its content.
    pub(crate) fn messages(&self) -> Vec<(u8, Vec<u8>)> {
        let shared = lock(&self.shared);
        let mut messages = Vec::new();
        for request in &shared.requests {
            let mut rest = request.as_slice();
            while let Some(length) = whole(rest) {
                messages.push((rest[0], rest[5..length].to_vec()));
                rest = &rest[length..];
            }
        }
        messages
    }

    fn plan(&self, text: &str, (after, left): (u32, u32), fault: Fault) {
        lock(&self.shared).plans.push(Plan {
            text: text.to_owned(),
            after,
            left,
            fault,
        });
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("no panic under it")
}

impl Shared {
    fn fault_of(&mut self, request: &[u8]) -> Option<Fault> {
        self.requests.push(request.to_vec());
        let mut plans = self.plans.iter_mut();
        let plan = plans.find(|plan| plan.left > 0 && has(request, &plan.text))?;
        if plan.after > 0 {
            plan.after -= 1;
            return None;
        }
        plan.left -= 1;
        Some(plan.fault.clone())
    }
}

fn has(request: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(request).contains(text)
}

/// One connection: the startup, then requests and answers each on their way.
async fn serve(client: TcpStream, upstream: u16, shared: Arc<Mutex<Shared>>) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", upstream)).await?;
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    let lost = Arc::<Lost>::default();
    let client_out = Arc::new(tokio::sync::Mutex::new(client_out));
    tokio::select! {
        ended = requests(client_in, server_out, Arc::clone(&client_out), (&shared, &lost)) => ended,
        ended = answers(server_in, client_out, &lost) => ended,
    }
}

/// The number of the request whose answer is lost; the startup is number 1.
#[derive(Default)]
struct Lost(Mutex<Option<usize>>);

impl Lost {
    fn is(&self, number: usize) -> bool {
        *self.0.lock().expect("no panic under it") == Some(number)
    }

    fn set(&self, number: usize) {
        *self.0.lock().expect("no panic under it") = Some(number);
    }
}

type Client = Arc<tokio::sync::Mutex<OwnedWriteHalf>>;

async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    answers: Client,
    (shared, lost): (&Mutex<Shared>, &Lost),
) -> io::Result<()> {
    let mut bytes = Vec::new();
    let length = startup(&mut client, &mut bytes).await?;
    server.write_all(&bytes[..length]).await?;
    bytes.drain(..length);
    let mut number = 1;
    loop {
        let length = request(&mut client, &mut bytes).await?;
        let request: Vec<u8> = bytes.drain(..length).collect();
        let fault = lock(shared).fault_of(&request);
        match fault {
            None => {}
            Some(Fault::Lose) => lost.set(number + 1),
            Some(Fault::Drop) => return Ok(()),
            Some(Fault::Refuse(code)) => {
                answers.lock().await.write_all(&refusal(code)).await?;
                continue;
            }
            Some(Fault::Hold(gate)) => {
                gate.reached.notify_one();
                gate.opened.notified().await;
            }
        }
        number += 1;
        server.write_all(&request).await?;
    }
}

async fn answers(mut server: OwnedReadHalf, client: Client, lost: &Lost) -> io::Result<()> {
    let (mut bytes, mut number) = (Vec::new(), 1);
    loop {
        let Some(length) = whole(&bytes) else {
            more(&mut server, &mut bytes).await?;
            continue;
        };
        let message: Vec<u8> = bytes.drain(..length).collect();
        let is_last = message[0] == b'Z';
        if !lost.is(number) {
            client.lock().await.write_all(&message).await?;
        } else if is_last {
            return Ok(());
        }
        number += usize::from(is_last);
    }
}

async fn more(stream: &mut OwnedReadHalf, bytes: &mut Vec<u8>) -> io::Result<()> {
    if stream.read_buf(bytes).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// The length of the startup packet, which has no type.
async fn startup(client: &mut OwnedReadHalf, bytes: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        if let Some(length) = bytes.first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            if bytes.len() >= length {
                return Ok(length);
            }
        }
        more(client, bytes).await?;
    }
}

/// The length of the messages up to the one that asks for an answer.
async fn request(client: &mut OwnedReadHalf, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let mut end = 0;
    loop {
        match whole(&bytes[end..]) {
            Some(length) => {
                let kind = bytes[end];
                end += length;
                if matches!(kind, b'S' | b'Q' | b'X') {
                    return Ok(end);
                }
            }
            None => more(client, bytes).await?,
        }
    }
}

/// The length of the message at the start, if all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(1..5)?.first_chunk::<4>()?;
    let length = 1 + u32::from_be_bytes(*length) as usize;
    (bytes.len() >= length).then_some(length)
}

/// An error, and that the server is ready again, as if the transaction had failed.
fn refusal(code: &str) -> Vec<u8> {
    let fields = format!("SERROR\0VERROR\0C{code}\0Mrefused by the proxy\0\0");
    let mut answer = vec![b'E'];
    answer.extend(
        u32::try_from(fields.len() + 4)
            .expect("short")
            .to_be_bytes(),
    );
    answer.extend(fields.as_bytes());
    answer.extend([b'Z', 0, 0, 0, 5, b'I']);
    answer
}
