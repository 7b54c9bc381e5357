//! Platforms whose requests come within an invocation: one request of the caller's trace, and the answer to its invocation.

use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use serde_json::json;

use super::application::{Application, PARENT};
use super::runtime_api::received;

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// An action in a container, once it is initialised.
pub(super) fn openwhisk(collector: &str) -> Result<(Application, String), Failed> {
    let application = Application::action(collector)?;
    let post = |path: &str, content: &str| -> Result<String, Failed> {
        let stream = TcpStream::connect(application.address())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        posted(
            stream,
            path,
            ("content-type: application/json\r\n", content),
        )
    };
    post("/init", "{\"value\":{}}")?;
    let arguments = json!({
        "__ow_method": "get",
        "__ow_path": "/log/activated",
        "__ow_query": "",
        "__ow_headers": { "traceparent": PARENT },
    });
    let activation = json!({ "activation_id": "a1", "value": arguments });
    let answer = post("/run", &activation.to_string())?;
    Ok((application, answer))
}

/// A function of Fn, which is called over its Unix socket.
pub(super) fn of_fn(collector: &str) -> Result<(Application, String), Failed> {
    let directory = tempfile::TempDir::new()?;
    let socket = directory.path().join("lsnr.sock");
    let variables = vec![
        ("FN_LISTENER", format!("unix:{}", socket.display())),
        ("FN_FORMAT", "http-stream".to_owned()),
        ("FN_APP_NAME", "probe".to_owned()),
        ("FN_FN_ID", "01J".to_owned()),
    ];
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let application = Application::asking(collector, nowhere, variables)?;
    let fields = format!(
        "fn-call-id: 01K\r\nfn-intent: httprequest\r\nfn-http-method: GET\r\n\
         fn-http-request-url: http://fn.example/t/probe/log/called\r\nfn-http-h-traceparent: {PARENT}\r\n"
    );
    let answer = posted(connected(&socket)?, "/call", (&fields, ""))?;
    Ok((application, answer))
}

fn connected(socket: &Path) -> Result<UnixStream, Failed> {
    let begin = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Err(_) if begin.elapsed() < PATIENCE => thread::sleep(PAUSE),
            stream => {
                let stream = stream?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
        }
    }
}

/// The next connection, of all that come in time.
fn accepted(listener: &TcpListener, begin: Instant) -> Result<TcpStream, Failed> {
    listener.set_nonblocking(true)?;
    while begin.elapsed() < PATIENCE {
        match listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            accepted => {
                let (stream, _) = accepted?;
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
        }
    }
    Err("the probe does not answer its event".into())
}

/// All that comes back until the connection is closed.
fn posted(
    mut stream: impl Read + Write,
    path: &str,
    (fields, content): (&str, &str),
) -> Result<String, Failed> {
    let length = content.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n{content}"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// An event function of SCF, which asks a runtime API for its one event.
pub(super) fn scf(collector: &str) -> Result<(Application, String), Failed> {
    let api = TcpListener::bind("127.0.0.1:0")?;
    let address = api.local_addr()?;
    let variables = vec![
        ("TENCENTCLOUD_RUNENV", "SCF".to_owned()),
        ("SCF_FUNCTIONNAME", "probe".to_owned()),
        ("SCF_RUNTIME_API", address.ip().to_string()),
        ("SCF_RUNTIME_API_PORT", address.port().to_string()),
    ];
    let application = Application::asking(collector, address, variables)?;
    // It is ready, asks, and answers, each on a connection of its own.
    let begin = Instant::now();
    loop {
        let mut stream = accepted(&api, begin)?;
        let request = received(&mut BufReader::new(&stream));
        let (first, content) = request.ok_or("the probe sends no request")?;
        if first.contains("/invocation/response") || first.contains("/invocation/error") {
            return Ok((application, content));
        }
        let answer = if first.contains("/invocation/next") {
            event()
        } else {
            String::new()
        };
        let length = answer.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nRequest_Id: r1\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(answer.as_bytes())?;
    }
}

fn event() -> String {
    let event = json!({
        "httpMethod": "GET",
        "path": "/log/invoked",
        "headers": { "traceparent": PARENT },
        "queryString": {},
        "requestContext": { "serviceId": "service-1", "sourceIp": "198.51.100.7" },
    });
    event.to_string()
}
