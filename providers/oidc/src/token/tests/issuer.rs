//! An issuer's HTTP server that answers for its keys whatever a test wants.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use isobar::driver::token::TokenIssuer;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is answered at the URL of the keys.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Json(String),
    Redirect,
    Status(u16),
    /// The connection ends without an answer.
    Closed,
    /// Nothing comes, and the connection stays.
    Hangs,
}

pub(super) struct Issuer {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    keys: Mutex<Answer>,
    configuration: Mutex<String>,
    requests: AtomicUsize,
}

impl Issuer {
    pub(super) async fn start(keys: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let configuration = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let shared = Arc::new(Shared {
            keys: Mutex::new(keys),
            configuration: Mutex::new(configuration.to_string()),
            requests: AtomicUsize::new(0),
        });
        let served = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&served)));
            }
        });
        Self { url, shared }
    }

    pub(super) fn named(&self) -> TokenIssuer {
        TokenIssuer::new(self.url.clone(), None)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn keys_url(&self) -> String {
        format!("{}/keys", self.url)
    }

    /// What discovery answers from now on.
    pub(super) fn configure(&self, configuration: String) {
        *self.shared.configuration.lock().unwrap() = configuration;
    }

    /// What is answered at the URL of the keys from now on.
    pub(super) fn change_keys(&self, keys: Answer) {
        *self.shared.keys.lock().unwrap() = keys;
    }

    pub(super) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&piece[..read]),
        }
    }
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let keys = if head.starts_with(b"GET /keys ") {
        shared.keys.lock().unwrap().clone()
    } else {
        Answer::Json(shared.configuration.lock().unwrap().clone())
    };
    let (status, location, body) = match keys {
        Answer::Json(body) => (200, "", body),
        Answer::Status(status) => (status, "", String::new()),
        Answer::Redirect => (
            302,
            "location: /.well-known/openid-configuration\r\n",
            String::new(),
        ),
        Answer::Closed => return,
        Answer::Hangs => std::future::pending().await,
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\n{location}connection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
}
