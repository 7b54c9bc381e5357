//! Files that somebody attaches on the application's page in Chromium: each goes to the store itself
//! by a signed request, and is read again through the portable API.

use std::any::Any;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use azure_storage_blob::BlobServiceClient;
use azure_storage_blob::models::{BlobServiceProperties, CorsRule as AzureRule};
use isobar::driver::blob::BlobDriver as _;
use isobar_azure::config::blob::BlobPlace;
use isobar_conformance::emulator::{Emulator, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::JSON;
use crate::cloud::{MINISTACK, s3_client};
use crate::http::exchange;

const BUCKET: &str = "test-attachments";
const PATIENCE: Duration = Duration::from_secs(30);
const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
];

/// The application on this machine, its documents in a directory of its own.
struct Application {
    url: String,
    directory: TempDir,
    _process: Child,
}

/// Where it will listen, which the rules of the buckets name.
fn origin() -> String {
    format!(
        "http://{}:{}",
        Ipv4Addr::LOCALHOST,
        free_port().expect("a port")
    )
}

impl Application {
    /// Starts it at this URL, with blobs at that one, or else beside its documents.
    async fn start(url: &str, blobs: Option<&str>) -> Self {
        // What a local store signs is sent to another origin than the page's.
        let signed = url.replace("127.0.0.1", "localhost");
        let directory = tempfile::tempdir().expect("a directory");
        let documents = format!("local:{}", directory.path().join("store").display());
        let address = url.trim_start_matches("http://");
        let mut program = Command::new(env!("CARGO_BIN_EXE_notes"));
        let program = program
            .env("ISOBAR_LISTEN", address)
            .env("ISOBAR_PREFIX", "test-")
            .env("ISOBAR_BLOBS", blobs.unwrap_or(&documents))
            .env("ISOBAR_BLOB_URL", &signed)
            .env("ISOBAR_DOCUMENTS", &documents)
            .envs(KEYS)
            .kill_on_drop(true);
        let process = program.spawn().expect("the application");
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let listens = tokio::time::timeout(PATIENCE, listens).await;
        listens.expect("the application listens");
        Self {
            url: url.to_owned(),
            directory,
            _process: process,
        }
    }

    async fn create_note(&self) -> String {
        let draft = json!({ "text": "with a file" }).to_string();
        let target = ("POST", "/notes/alice");
        let answer = exchange(&self.url, target, &[JSON], draft.as_bytes()).await;
        let note: Value = serde_json::from_slice(&answer.body).expect("a note");
        let id = note["id"].as_str().expect("an id");
        format!("/notes/alice/{id}/attachments")
    }

    /// Attaches a file as somebody does who chooses it and presses the button; what the page says.
    async fn attach(&self, page: &str, file: &Path) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../conformance-tests/emulators/chromium/attach.mjs");
        let mut browser = Command::new("node");
        let browser = browser.arg(script).arg(format!("{}{page}", self.url));
        let output = browser.arg(file).output().await.expect("Node");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        format!("{said}{errors}")
    }
}

async fn a_page_attaches_a_file(application: &Application) {
    let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let file = application.directory.path().join("a picture.png");
    std::fs::write(&file, &content).expect("a file");
    let page = application.create_note().await;
    assert_eq!(
        application.attach(&page, &file).await,
        "stored a picture.png"
    );

    let files = format!("{page}/files");
    let listed = exchange(&application.url, ("GET", &files), &[], &[]).await;
    let listed: Value = serde_json::from_slice(&listed.body).expect("a list");
    let size = content.len();
    assert_eq!(listed, json!([{ "name": "a picture.png", "size": size }]));
    let target = format!("{files}/a%20picture.png");
    let read = exchange(&application.url, ("GET", &target), &[], &[]).await;
    assert_eq!(
        (read.status, read.content_type.as_str()),
        (200, "image/png")
    );
    assert!(read.body == content, "{} other bytes", read.body.len());
}

#[tokio::test]
async fn a_page_in_chromium_attaches_a_file_on_s3() {
    let emulator = Emulator::start(&MINISTACK).await.expect("the emulator");
    let s3 = s3_client(&emulator.url);
    let created = s3.create_bucket().bucket(BUCKET).send().await;
    created.expect("a bucket");
    let origin = origin();
    let rule = CorsRule::builder()
        .allowed_origins(&origin)
        .allowed_methods("PUT")
        .allowed_headers("*")
        .build();
    let rules = CorsConfiguration::builder().cors_rules(rule.expect("a rule"));
    let request = s3.put_bucket_cors().bucket(BUCKET);
    let request = request.cors_configuration(rules.build().expect("rules"));
    request.send().await.expect("rules are set");
    let url = format!("s3://us-east-1?endpoint={}", emulator.url);
    let application = Application::start(&origin, Some(&url)).await;
    a_page_attaches_a_file(&application).await;
}

#[tokio::test]
async fn a_page_in_chromium_attaches_a_file_on_azure() {
    let emulator = Emulator::start_azurite_blobs().await.expect("Azurite");
    let account = "devstoreaccount1";
    let url = format!("azure-blob://{account}?endpoint={}/{account}", emulator.url);
    let place = BlobPlace::parse(&url).expect("a place");
    let store = Arc::new(place.open().expect("a store"));
    store.ensure(BUCKET).await.expect("a container");
    let origin = origin();
    let native: &dyn Any = store.native();
    let client: &BlobServiceClient = native.downcast_ref().expect("the vendor's client");
    let rule = AzureRule {
        allowed_origins: Some(origin.clone()),
        allowed_methods: Some("PUT".to_owned()),
        allowed_headers: Some("*".to_owned()),
        exposed_headers: Some(String::new()),
        max_age_in_seconds: Some(60),
    };
    let properties = BlobServiceProperties {
        cors: Some(vec![rule]),
        ..BlobServiceProperties::default()
    };
    let properties = properties.try_into().expect("XML");
    let set = client.set_properties(properties, None).await;
    set.expect("rules are set");
    let application = Application::start(&origin, Some(&url)).await;
    a_page_attaches_a_file(&application).await;
}

#[tokio::test]
async fn a_page_in_chromium_attaches_a_file_on_this_machine() {
    let application = Application::start(&origin(), None).await;
    a_page_attaches_a_file(&application).await;
}
