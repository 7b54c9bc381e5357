//! The socket as Fn's agent finds it, and calls that are no requests.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use isobar::driver::function::FunctionDriver as _;
use isobar::{App, Environment};
use isobar_fn::function::{FnPlatform, bind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

fn bound(directory: &Path) -> (FnPlatform, PathBuf) {
    let path = directory.join("lsnr.sock");
    let listener = format!("unix:{}", path.display());
    let platform = bind(&|name| match name {
        "FN_LISTENER" => Some(listener.clone()),
        "ISOBAR_TIMEOUT" => Some("500ms".to_owned()),
        _ => None,
    });
    (platform.unwrap(), path)
}

async fn never() -> &'static str {
    std::future::pending().await
}

fn start(directory: &Path) -> PathBuf {
    let (platform, path) = bound(directory);
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let routes = isobar::http::Routes::new().get("/", async || "content");
    let routes = routes.get("/never", never);
    let app = App::new("called", |_: &Environment| Ok(())).routes(routes);
    let app = app.build(&environment).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    path
}

/// The whole answer to a call, in lower case.
async fn call(path: &Path, line: &str, fields: &str) -> String {
    let mut stream = UnixStream::connect(path).await.unwrap();
    let call = format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{fields}\r\n");
    stream.write_all(call.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_ascii_lowercase()
}

#[tokio::test]
async fn the_agent_may_write_to_what_it_finds_under_the_name() {
    let directory = tempfile::tempdir().unwrap();
    // A container that was ended has left its files.
    std::fs::write(directory.path().join("lsnr.sock"), "").unwrap();
    let (platform, path) = bound(directory.path());
    let link = std::fs::read_link(&path).unwrap();
    assert_eq!(link.parent(), Some(Path::new("")), "{link:?}");
    let socket = std::fs::metadata(&path).unwrap();
    assert!(socket.file_type().is_socket());
    assert_eq!(socket.permissions().mode() & 0o777, 0o666);
    drop(platform);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_longest_name_that_is_taken_can_be_bound() {
    let directory = tempfile::tempdir().unwrap();
    let bound = |bytes: usize| {
        let mut path = format!("{}/", directory.path().display());
        path.push_str(&"s".repeat(bytes - path.len()));
        bind(&|name| (name == "FN_LISTENER").then(|| format!("unix:{path}")))
    };
    assert!(bound(102).is_ok());
    let error = bound(103).unwrap_err().to_string();
    assert!(error.contains("at most 102 bytes"), "{error}");
}

#[tokio::test]
async fn content_that_nobody_wants_is_read_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = start(directory.path());
    let content = vec![b'x'; 12 * 1_024 * 1_024];
    let length = format!("content-length: {}\r\n", content.len());
    let request =
        "fn-intent: httprequest\r\nfn-http-method: POST\r\nfn-http-request-url: http://h/\r\n";
    for (fields, expected) in [(request, "fn-http-status: 413"), ("", "calls_not_served")] {
        let mut stream = UnixStream::connect(&path).await.unwrap();
        let head = format!(
            "POST /call HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{length}{fields}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&content).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let answer = answer.to_ascii_lowercase();
        assert!(answer.contains(expected), "{answer}");
    }
}

#[tokio::test]
async fn a_call_without_a_request_fails_and_the_function_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = start(directory.path());
    let plain = call(&path, "POST /call", "fn-call-id: c-1\r\n").await;
    assert!(plain.starts_with("http/1.1 502"), "{plain}");
    assert!(plain.contains("calls_not_served"), "{plain}");
    let request = "fn-intent: httprequest\r\nfn-http-method: GET\r\nfn-call-id: c-2\r\n";
    let malformed = call(&path, "POST /call", request).await;
    assert!(malformed.starts_with("http/1.1 200"), "{malformed}");
    assert!(malformed.contains("fn-http-status: 400"), "{malformed}");
    let whole = format!("{request}fn-http-request-url: http://h/\r\n");
    let answer = call(&path, "POST /call", &whole).await;
    assert!(answer.contains("fn-http-status: 200"), "{answer}");
    assert!(answer.contains("fn-http-h-x-request-id: c-2"), "{answer}");
    assert!(answer.ends_with("content"), "{answer}");
}

#[tokio::test]
async fn the_configuration_may_give_a_call_less_time_than_fn() {
    let directory = tempfile::tempdir().unwrap();
    let path = start(directory.path());
    let fields = "fn-intent: httprequest\r\nfn-http-method: GET\r\nfn-http-request-url: http://h/never\r\n\
                  fn-deadline: 2100-01-01T00:00:00Z\r\n";
    let answer = call(&path, "POST /call", fields).await;
    assert!(answer.contains("fn-http-status: 504"), "{answer}");
}

#[tokio::test]
async fn the_trace_that_fn_tells_goes_on_unless_the_client_tells_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = start(directory.path());
    let request = "fn-intent: httprequest\r\nfn-http-method: GET\r\nfn-http-request-url: http://h/\r\n\
                   x-b3-traceid: 463ac35c9f6413ad\r\nx-b3-spanid: a2fb4a1d1a96d312\r\n";
    let answer = call(&path, "POST /call", request).await;
    let of_fn = "fn-http-h-traceresponse: 00-0000000000000000463ac35c9f6413ad-";
    assert!(answer.contains(of_fn), "{answer}");
    let told = "fn-http-h-traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    let answer = call(&path, "POST /call", &format!("{request}{told}")).await;
    let of_client = "fn-http-h-traceresponse: 00-0af7651916cd43dd8448eb211c80319c-";
    assert!(answer.contains(of_client), "{answer}");
}
