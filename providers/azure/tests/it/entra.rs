//! Signing in with Microsoft Entra: Azurite asks for tokens, which come from where App Service has its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use isobar::document::{Map, Value};
use isobar::driver::{Clock, SystemClock};
use isobar::{Bucket, Collection, CollectionSpec, Result};
use isobar_azure::config::blob::BlobPlace;
use isobar_azure::config::tables::TablesPlace;
use serde_json::json;

use crate::emulator::{self, Emulator};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");
/// Name the endpoints of the child's stores.
const TABLES: &str = "ISOBAR_AZURE_TEST_TABLES";
const BLOBS: &str = "ISOBAR_AZURE_TEST_BLOBS";
const SECRET: &str = "what only this program knows";

fn path(name: &str) -> String {
    format!("{}/tests/it/entra/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Azurite with TLS, which tests what a token says of itself, and nobody's signature.
fn start(service: &str) -> Emulator {
    let (certificate, key) = (path("emulator.pem"), path("emulator.key"));
    let flags = ["--oauth", "basic", "--cert", &certificate, "--key", &key];
    emulator::start(service, &flags)
}

/// A token for `audience` that is good from so many seconds after now, for an hour.
fn token(audience: &str, from: i64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it works");
    let begin = i64::try_from(now.as_secs()).expect("it works") + from;
    let claims = json!({
        "aud": audience, "iss": "https://sts.windows.net/11111111-1111-1111-1111-111111111111/",
        "iat": begin, "nbf": begin, "exp": begin + 3_600,
    });
    let parts = [json!({"alg": "RS256", "typ": "JWT"}), claims];
    let parts = parts.map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{}.c2ln", parts.join("."))
}

/// What App Service has at `IDENTITY_ENDPOINT` ("REST endpoint reference" of its managed identities).
struct Identities {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Identities {
    /// Gives this token to everybody, or tells that there is none.
    fn start(token: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("it works");
        let address = listener.local_addr().expect("it works");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let request = answer(stream.expect("it works"), token.as_deref());
                told.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(request);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn answer(mut stream: TcpStream, token: Option<&str>) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("it works") == 1 {
        request.push(byte[0]);
    }
    let (status, body) = match token {
        Some(token) => {
            let body = json!({
                "access_token": token, "expires_on": "4102444800", "token_type": "Bearer",
                "resource": "https://storage.azure.com",
            });
            ("200 OK", body.to_string())
        }
        None => ("400 Bad Request", "{\"statusCode\":400}".to_owned()),
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close");
    let head = format!("{head}\r\ncontent-type: application/json\r\n\r\n");
    stream
        .write_all((head + &body).as_bytes())
        .expect("it works");
    String::from_utf8(request).expect("it works")
}

/// What a program is told by both stores whose environment is this one.
fn told(tables: &Emulator, blobs: &Emulator, identities: &Identities) -> String {
    let endpoint = |emulator: &Emulator| format!("https://127.0.0.1:{}/shop", emulator.port);
    let child = Command::new(std::env::current_exe().expect("it works"))
        .args([
            "entra::a_program_asks_as_its_environment_says",
            "--exact",
            "--nocapture",
        ])
        .env(TABLES, endpoint(tables))
        .env(BLOBS, endpoint(blobs))
        .env("SSL_CERT_FILE", path("authority.pem"))
        .env(
            "IDENTITY_ENDPOINT",
            format!("http://{}/msi/token", identities.address),
        )
        .env("IDENTITY_HEADER", SECRET)
        .output()
        .expect("it works");
    let told = String::from_utf8(child.stdout).expect("it works");
    assert!(
        child.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    told
}

/// Does nothing but where [`told`] has started it.
#[tokio::test]
async fn a_program_asks_as_its_environment_says() {
    let variable = |name| std::env::var_os(name).and_then(|value| value.into_string().ok());
    let (Some(tables), Some(blobs)) = (variable(TABLES), variable(BLOBS)) else {
        return;
    };
    tell("tables", documents(&tables).await);
    tell("blobs", content(&blobs).await);
}

/// Says to the parent how it went.
fn tell(what: &str, result: Result<()>) {
    let result = result.map_err(|error| (error.kind(), error.outcome_unknown(), error.to_string()));
    writeln!(std::io::stdout(), "{what}: {result:?}").expect("it works");
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))))
}

async fn documents(endpoint: &str) -> Result<()> {
    let url = format!("azure-tables://shop?endpoint={endpoint}");
    let store = Arc::new(TablesPlace::parse(&url)?.open()?);
    let notes = Collection::new(store, clock(), &NOTES, "");
    notes.ensure().await?;
    let note: Map = [("id".to_owned(), Value::from("a"))].into_iter().collect();
    notes.upsert(&note).await?;
    let found = notes.fetch("a").await?;
    assert_eq!(found.value, note);
    Ok(())
}

async fn content(endpoint: &str) -> Result<()> {
    let url = format!("azure-blob://shop?endpoint={endpoint}");
    let store = Arc::new(BlobPlace::parse(&url)?.open()?);
    let files = Bucket::new(store, clock(), "files");
    files.ensure().await?;
    files.put("a", Bytes::from_static(b"content")).await?;
    assert_eq!(files.get("a").await?.body.collect().await?, b"content"[..]);
    Ok(())
}

#[test]
fn an_identity_of_the_platform_reads_and_writes_and_others_are_told_why_not() {
    let (tables, blobs) = (start("table"), start("blob"));
    let audience = "https://storage.azure.com";
    let identities = Identities::start(Some(token(audience, -60)));
    let good = told(&tables, &blobs, &identities);
    assert!(good.contains("tables: Ok(())"), "{good}");
    assert!(good.contains("blobs: Ok(())"), "{good}");
    let asked = identities.asked();
    // Each store asks once, and keeps its token.
    assert_eq!(asked.len(), 2, "{asked:?}");
    for request in asked {
        assert!(
            request.contains("resource=https%3A%2F%2Fstorage.azure.com"),
            "{request}"
        );
        assert!(
            request.contains(&format!("x-identity-header: {SECRET}")),
            "{request}"
        );
    }
    for (given, because) in [
        (Some(token("https://vault.azure.net", -60)), "answered 403"),
        // The clock that the token was made by is ten minutes ahead, and an hour and ten behind.
        (
            Some(token(audience, 600)),
            "the clock of this machine is right",
        ),
        (
            Some(token(audience, -4_200)),
            "the clock of this machine is right",
        ),
        (None, "Microsoft Entra gave no token"),
    ] {
        let refused = told(&tables, &blobs, &Identities::start(given));
        for store in [
            "tables: Err((Unauthenticated, false",
            "blobs: Err((Unauthenticated, false",
        ] {
            assert!(
                refused.contains(store) && refused.contains(because),
                "{refused}"
            );
        }
    }
}
