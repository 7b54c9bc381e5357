//! One request on a connection of its own.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

/// Sends a request to a server at `http://HOST:PORT`.
pub(crate) async fn exchange(
    server: &str,
    (method, target): (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let host = server.trim_start_matches("http://");
    let mut head = vec![
        format!("{method} {target} HTTP/1.1"),
        format!("host: {host}\r\nconnection: close"),
        format!("content-length: {}", body.len()),
    ];
    head.extend(
        headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    let head = head.join("\r\n") + "\r\n\r\n";
    let mut stream = TcpStream::connect(host).await.expect("a server listens");
    stream.write_all(head.as_bytes()).await.expect("a head");
    stream.write_all(body).await.expect("a body");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    parse(&answer)
}

fn parse(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.expect("a whole head"));
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let field = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find_map(|(found, value)| (found == name).then(|| value.to_owned()))
    };
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    assert_ne!(field("transfer-encoding").as_deref(), Some("chunked"));
    Answer {
        status: status.expect("a status"),
        content_type: field("content-type").unwrap_or_default(),
        body: body[4..].to_vec(),
    }
}
