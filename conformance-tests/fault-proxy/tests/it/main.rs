//! The proxy before a plain server of HTTP: what the server sees, and what its client hears.

use std::io::{Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use isobar_fault_proxy::{Answer, Fault, Protocol, Proxy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const CONTENT: &str = "{\"stored\": \"as it was asked\"}";

/// A server that counts requests and answers each in the same way.
struct Served {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Served {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&counted)));
            }
        });
        Self { address, requests }
    }

    fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, requests: Arc<AtomicUsize>) -> std::io::Result<()> {
    loop {
        head(&mut stream).await?;
        requests.fetch_add(1, Ordering::SeqCst);
        let length = CONTENT.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{CONTENT}");
        stream.write_all(answer.as_bytes()).await?;
    }
}

async fn head(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
    }
    Ok(())
}

/// What a client hears on a connection of its own until that ends; nothing where that does not end.
async fn ask(proxy: &Proxy, path: &str) -> Option<String> {
    let asked = async {
        let mut stream = TcpStream::connect(proxy.address()).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut heard = Vec::new();
        // A connection that is reset has ended too.
        let _ = stream.read_to_end(&mut heard).await;
        Ok::<_, Error>(String::from_utf8_lossy(&heard).into_owned())
    };
    let heard = tokio::time::timeout(Duration::from_secs(1), asked).await;
    heard.ok().map(|heard| heard.expect("the proxy listens"))
}

async fn behind() -> (Served, Proxy) {
    let served = Served::start().await;
    let proxy = Proxy::before(served.address, Protocol::Http1).await;
    (served, proxy.expect("a port"))
}

fn is_whole(heard: Option<&str>) -> bool {
    heard.is_some_and(|heard| heard.starts_with("HTTP/1.1 200") && heard.ends_with(CONTENT))
}

#[tokio::test]
async fn what_meets_no_fault_passes_and_is_counted() {
    let (served, proxy) = behind().await;
    proxy.plan(Fault::CutBefore.on("/elsewhere"));
    assert!(is_whole(ask(&proxy, "/here").await.as_deref()));
    assert_eq!((served.count(), proxy.count("GET /here")), (1, 1));
    assert_eq!(proxy.requests().len(), 1);
    assert_eq!(proxy.clear(), 0);
}

#[tokio::test]
async fn each_fault_reaches_the_server_or_not_and_the_client_never_whole() {
    for (fault, reaches, ends) in [
        (Fault::CutBefore, false, true),
        (Fault::CutAfter, true, true),
        (Fault::HoleBefore, false, false),
        (Fault::HoleAfter, true, false),
        (Fault::Truncate, true, true),
        (Fault::Stall, true, false),
        (Fault::Shorten, true, true),
        (Fault::Flip, true, true),
        (Fault::Noise, true, true),
    ] {
        let (served, proxy) = behind().await;
        proxy.plan(fault.clone());
        let heard = ask(&proxy, "/").await;
        assert!(!is_whole(heard.as_deref()), "{fault:?}: {heard:?}");
        assert_eq!(heard.is_some(), ends, "{fault:?}: {heard:?}");
        assert_eq!(served.count(), usize::from(reaches), "{fault:?}");
        assert_eq!(proxy.clear(), 1, "{fault:?}");
        assert!(is_whole(ask(&proxy, "/").await.as_deref()), "{fault:?}");
    }
}

#[tokio::test]
async fn a_cut_says_nothing_a_truncated_answer_something_and_noise_no_http() {
    let (_served, proxy) = behind().await;
    proxy.plan(Fault::CutAfter);
    assert_eq!(ask(&proxy, "/").await.as_deref(), Some(""));
    proxy.plan(Fault::Truncate);
    let heard = ask(&proxy, "/").await.expect("it ends");
    assert!(heard.starts_with("HTTP/1.1 200"), "{heard}");
    proxy.plan(Fault::Noise);
    let heard = ask(&proxy, "/").await.expect("it ends");
    let is_http = heard.starts_with("HTTP/1.1 200");
    assert!(!heard.is_empty() && !is_http, "{heard}");
}

#[tokio::test]
async fn what_is_shortened_or_flipped_is_an_answer_like_any_other() {
    let (_served, proxy) = behind().await;
    let half = CONTENT.len() / 2;
    proxy.plan(Fault::Shorten);
    let heard = ask(&proxy, "/").await.expect("it ends");
    assert!(
        heard.contains(&format!("content-length: {half}\r\n")),
        "{heard}"
    );
    assert!(heard.ends_with(&CONTENT[..half]), "{heard}");
    proxy.plan(Fault::Flip);
    let heard = ask(&proxy, "/").await.expect("it ends");
    assert!(heard.ends_with(&CONTENT[half + 1..]), "{heard}");
    assert!(!is_whole(Some(&heard)), "{heard}");
}

#[tokio::test]
async fn a_refusal_is_the_answer_and_the_request_does_not_arrive() {
    let (served, proxy) = behind().await;
    proxy.plan(Fault::Refuse(Answer::Throttled(Duration::from_secs(7))).times(2));
    for _ in 0..2 {
        let heard = ask(&proxy, "/").await.expect("an answer");
        assert!(heard.starts_with("HTTP/1.1 429"), "{heard}");
        assert!(heard.contains("retry-after: 7"), "{heard}");
    }
    let answer = Answer::Http {
        status: 409,
        content_type: "text/plain",
        body: "taken".to_owned(),
    };
    proxy.plan(Fault::Replace(answer));
    let heard = ask(&proxy, "/").await.expect("an answer");
    let is_taken = heard.starts_with("HTTP/1.1 409") && heard.ends_with("taken");
    assert!(is_taken, "{heard}");
    assert_eq!(served.count(), 1, "only what was replaced has arrived");
}

#[tokio::test]
async fn a_fault_waits_for_the_request_that_it_is_meant_for() {
    let (served, proxy) = behind().await;
    proxy.plan(Fault::CutBefore.on("/b").after(1));
    let mut whole = Vec::new();
    for path in ["/a", "/b", "/a", "/b", "/b"] {
        whole.push(is_whole(ask(&proxy, path).await.as_deref()));
    }
    assert_eq!(whole, [true, true, true, false, true]);
    assert_eq!(served.count(), 4);
}

#[tokio::test]
async fn what_is_held_passes_when_the_gate_is_opened() {
    let (served, proxy) = behind().await;
    let gate = proxy.hold("/held");
    let (heard, ()) = tokio::join!(ask(&proxy, "/held"), async {
        gate.reached().await;
        assert_eq!(served.count(), 0);
        gate.open();
    });
    assert!(is_whole(heard.as_deref()));
    assert_eq!(served.count(), 1);
}

#[tokio::test]
async fn what_is_late_arrives_although_nobody_waits() {
    let (served, proxy) = behind().await;
    proxy.plan(Fault::Late(Duration::from_millis(1_200)));
    assert_eq!(ask(&proxy, "/").await, None);
    assert_eq!(served.count(), 0);
    proxy.all_arrived().await;
    assert_eq!(served.count(), 1);
}
