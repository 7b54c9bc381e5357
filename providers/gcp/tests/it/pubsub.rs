//! Messages that Google's own emulator of Pub/Sub pushes to an application on Cloud Run's platform.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Event, Message, Outcome, TopicSpec};
use isobar::{App, Environment};
use isobar_gcp::function::bind;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::emulator::pubsub_port;

const JOBS: TopicSpec = TopicSpec::new("jobs");
const EVENTS: &str = "/0123456789abcdef";
/// Pub/Sub waits before it tries again.
const PATIENCE: Duration = Duration::from_secs(30);

type Seen = Arc<Mutex<Vec<Message>>>;

/// An application whose first message of each id fails where its body says so.
async fn start() -> (SocketAddr, Seen) {
    let variables = |name: &str| match name {
        "ISOBAR_LISTEN" => Some("127.0.0.1:0".to_owned()),
        "ISOBAR_EVENTS_PATH" => Some(EVENTS.to_owned()),
        _ => None,
    };
    let platform = bind(&variables).await.unwrap();
    let address = platform.local_addr();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let seen = Seen::default();
    let state = Arc::clone(&seen);
    let app = App::new("pushed", move |_: &Environment| Ok(state));
    let app = app.subscribe(&JOBS, async |seen: Seen, event: Event<Message>| {
        let mut seen = seen.lock().unwrap();
        let first = seen.iter().all(|earlier| earlier.id != event.data.id);
        let fails = first && event.data.body == "fails";
        seen.push(event.data);
        Ok(if fails {
            Outcome::Retry(None)
        } else {
            Outcome::Ack
        })
    });
    let app = app.build(&environment).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    (address, seen)
}

/// Asks the emulator.
async fn ask(method: &str, path: &str, content: Value) -> Value {
    let content = content.to_string();
    let length = content.len();
    let mut stream = TcpStream::connect(("127.0.0.1", pubsub_port()))
        .await
        .unwrap();
    let request = format!(
        "{method} /v1/projects/p/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{content}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    // It does not close the connection: the answer ends where its length says.
    let mut answer = Vec::new();
    loop {
        if let Some(content) = whole(&answer) {
            return serde_json::from_slice(content).unwrap();
        }
        let read = stream.read_buf(&mut answer).await.unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
    }
}

/// The content of an answer that is there to its end.
fn whole(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    assert!(
        head.starts_with("http/1.1 200 "),
        "{}",
        String::from_utf8_lossy(answer)
    );
    let (_, length) = head.split_once("content-length: ")?;
    let length = length.lines().next()?.parse().ok()?;
    answer[end + 4..].get(..length)
}

#[tokio::test(flavor = "multi_thread")]
async fn pushed_messages_arrive_whole_and_come_again() {
    let (address, seen) = start().await;
    ask("PUT", "topics/jobs", json!({})).await;
    let subscription = json!({
        "topic": "projects/p/topics/jobs",
        "pushConfig": { "pushEndpoint": format!("http://{address}{EVENTS}") },
        "retryPolicy": { "minimumBackoff": "0.1s", "maximumBackoff": "1s" },
    });
    ask("PUT", "subscriptions/staging-jobs", subscription).await;
    let bytes = [0_u8, 255, 13, 10];
    let messages = json!({ "messages": [
        { "data": STANDARD.encode(bytes), "attributes": { "n.1": "test \u{e9}" } },
        { "data": STANDARD.encode("fails") },
    ] });
    let sent = ask("POST", "topics/jobs:publish", messages).await;
    let id = |index: usize| sent["messageIds"][index].as_str().unwrap().to_owned();

    let begin = Instant::now();
    while seen.lock().unwrap().len() < 3 {
        assert!(begin.elapsed() < PATIENCE, "{:?}", seen.lock().unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let seen = seen.lock().unwrap();
    let of = |id: &str| -> Vec<_> { seen.iter().filter(|seen| seen.id == id).collect() };
    let whole = of(&id(0));
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0].body, bytes.as_slice());
    assert_eq!(whole[0].attributes["n.1"], "test \u{e9}");
    assert!(whole[0].sent_at.is_some());
    let again = of(&id(1));
    assert_eq!(again.len(), 2);
    assert_eq!(again[0], again[1]);
}

/// The emulator does not tell the ordering key in what it pushes, but it does to whoever pulls.
#[cfg(feature = "topic")]
#[tokio::test(flavor = "multi_thread")]
async fn published_messages_have_their_group_as_the_ordering_key() {
    ask("PUT", "topics/sent-jobs", json!({})).await;
    let subscription =
        json!({ "topic": "projects/p/topics/sent-jobs", "enableMessageOrdering": true });
    ask("PUT", "subscriptions/sent", subscription).await;
    let url = format!("pubsub://p?endpoint=http://127.0.0.1:{}", pubsub_port());
    let topics = isobar_gcp::topic::Place::parse(&url)
        .unwrap()
        .open()
        .unwrap();
    let platform = isobar::driver::function::FunctionDescription {
        provider: "test",
        capabilities: isobar::Capabilities::default(),
    };
    let environment = Environment::builder(platform, Arc::new(isobar_serve::clock()))
        .topics(Arc::new(topics))
        .topic_prefix("sent-")
        .build();
    let topic = environment.topic(&JOBS).unwrap();
    let messages = ["1", "2", "3"].map(|body| {
        let message = isobar::function::OutgoingMessage::new(body);
        message.attribute("kind", "x").group("red")
    });
    for sent in topic.publish_all(&messages).await.unwrap() {
        sent.unwrap();
    }
    let pulled = ask(
        "POST",
        "subscriptions/sent:pull",
        json!({ "maxMessages": 10 }),
    )
    .await;
    let pulled = pulled["receivedMessages"].as_array().unwrap().iter();
    let pulled = pulled.map(|received| {
        let message = &received["message"];
        let part = |name: &str| message[name].as_str().unwrap().to_owned();
        (
            part("data"),
            part("orderingKey"),
            message["attributes"].clone(),
        )
    });
    let expected = ["1", "2", "3"].map(|body| {
        (
            STANDARD.encode(body),
            "red".to_owned(),
            json!({ "kind": "x" }),
        )
    });
    assert_eq!(pulled.collect::<Vec<_>>(), expected);
}
