//! A client that takes nothing of its response is waited for no longer than it may take.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::stream::{self, Stream, StreamExt as _};
use isobar::driver::function::FunctionDriver as _;
use isobar::http::Routes;
use isobar::{App, Environment};
use isobar_serve::{FrontLimits, Options, PlatformFacts, PlatformSetup};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::harness::{exchange, get_once, read_until, start_with, status};
use crate::platform::FACTS;

const SHORT: Duration = Duration::from_millis(150);
/// After which a test has failed.
const LONG: Duration = Duration::from_secs(20);

type Piece = Result<Bytes, Infallible>;

/// More than any buffer takes.
fn endless() -> impl Stream<Item = Piece> {
    stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 16_384])))
}

/// Notifies somebody when it is dropped.
struct Place(Arc<Notify>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// A client with a small buffer that asks for `target` and takes nothing.
async fn deaf(address: SocketAddr, target: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: t\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// What ends the stream, after all that has come before.
async fn end_of(stream: &mut TcpStream) -> ErrorKind {
    let mut taken = Vec::new();
    let read = timeout(LONG, stream.read_to_end(&mut taken)).await.unwrap();
    read.unwrap_err().kind()
}

/// Answers without end at `/endless`, and at `/events` with one event, silence until it is told, and another.
fn app(dropped: &Arc<Notify>, told: &Arc<Notify>) -> Router {
    let (dropped, told) = (Arc::clone(dropped), Arc::clone(told));
    let endless = move || {
        let place = Place(Arc::clone(&dropped));
        let pieces = endless().inspect(move |_| {
            let _held = &place;
        });
        std::future::ready(Body::from_stream(pieces))
    };
    let events = move || {
        let told = Arc::clone(&told);
        let second = stream::once(async move {
            told.notified().await;
            Piece::Ok(Bytes::from_static(b"second"))
        });
        let first = stream::iter([Piece::Ok(Bytes::from_static(b"first"))]);
        std::future::ready(Body::from_stream(first.chain(second)))
    };
    Router::new()
        .route("/endless", get(endless))
        .route("/events", get(events))
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off_and_sees_it() {
    let dropped = Arc::new(Notify::new());
    let options = Options::default().with_response_idle_timeout(SHORT);
    let server = start_with(app(&dropped, &Arc::default()), options).await;
    let mut client = deaf(server.address, "/endless").await;
    timeout(LONG, dropped.notified()).await.unwrap();
    assert_eq!(end_of(&mut client).await, ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_the_end_of_a_response_is_cut_off() {
    let whole = || async { vec![b'x'; 8 * 1_024 * 1_024] };
    let options = Options::default()
        .with_response_idle_timeout(SHORT)
        .with_idle_timeout(Some(Duration::from_hours(1)))
        .with_max_connections(1);
    let server = start_with(Router::new().route("/", get(whole)), options).await;
    let mut client = deaf(server.address, "/").await;
    // It is the only one that is served until then.
    let second = TcpStream::connect(server.address).await.unwrap();
    let (mut reading, mut writing) = second.into_split();
    writing.write_all(&get_once("/", "")).await.unwrap();
    timeout(LONG, reading.read_u8()).await.unwrap().unwrap();
    assert_eq!(end_of(&mut client).await, ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_handler_may_be_silent_for_longer_than_a_client_may_take_nothing() {
    let (dropped, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let options = Options::default().with_response_idle_timeout(SHORT);
    let server = start_with(app(&dropped, &told), options).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(&get_once("/events", "")).await.unwrap();
    read_until(&mut client, "first\r\n").await;
    for _ in 0..2 {
        let _deaf = deaf(server.address, "/endless").await;
        timeout(LONG, dropped.notified()).await.unwrap();
    }
    told.notify_one();
    read_until(&mut client, "second\r\n0\r\n\r\n").await;
}

static OPEN: PlatformFacts = PlatformFacts {
    limits: FrontLimits::NONE,
    ..FACTS
};

/// A platform that has one place, or one for a path.
async fn start_platform(places: Option<usize>) -> SocketAddr {
    let port = |name: &str| (name == "A_PORT").then(|| "0".to_owned());
    let setup = PlatformSetup::new(&OPEN)
        .with_response_idle_timeout(SHORT)
        .with_most_under_way(places);
    let platform = setup.bind(&port).await.unwrap();
    let address = platform.local_addr();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let endless = async || isobar::http::Body::from_stream(endless());
    let endless = isobar::http::routing::get(endless).max_concurrent(1);
    let routes = Routes::new()
        .route("/endless", endless)
        .get("/", async || "here");
    let app = App::new("test", |_: &Environment| Ok(())).routes(routes);
    let app = app.build(&environment).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    address
}

/// A client that takes nothing keeps others from `target` with the status `full`, and no longer than it may.
async fn check_place(places: Option<usize>, target: &str, full: &str) {
    let address = start_platform(places).await;
    let mut client = deaf(address, "/endless").await;
    // The head tells that the place is taken.
    client.read_u8().await.unwrap();
    let answer = exchange(address, &get_once(target, "")).await;
    assert_eq!(status(&answer), full, "{answer}");
    let free = async {
        loop {
            let mut next = TcpStream::connect(address).await.unwrap();
            next.write_all(&get_once(target, "")).await.unwrap();
            let mut answer = [0; 12];
            next.read_exact(&mut answer).await.unwrap();
            if &answer == b"HTTP/1.1 200" {
                return;
            }
        }
    };
    timeout(LONG, free).await.unwrap();
}

#[tokio::test]
async fn a_client_that_takes_nothing_keeps_no_place_of_a_platform() {
    check_place(Some(1), "/", "429").await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_keeps_no_place_of_a_path() {
    check_place(None, "/endless", "503").await;
}
