//! Events at the path that only their senders know: what reaches the application, and what the sender is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Event, Message, Outcome, ReplyEvent, TopicSpec};
use isobar::http::Routes;
use isobar::{App, BucketSpec, Environment, Error, ErrorKind, Result};
use isobar_serve::event::{ACCOUNTS_VARIABLE, EVENTS_VARIABLE, EventFacts};
use isobar_serve::{HttpPlatform, PlatformFacts, PlatformSetup};

use crate::harness::{exchange, status};
use crate::platform::FACTS;

pub(crate) const PATH: &str = "/0123456789abcdef";
const JOBS: TopicSpec = TopicSpec::new("jobs");
const BATCHES: TopicSpec = TopicSpec::new("batches");
const FILES: BucketSpec = BucketSpec::new("files");

pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

async fn bind(path: Option<&str>) -> Result<HttpPlatform> {
    let path = path.map(str::to_owned);
    let variables = move |name: &str| match name {
        "A_PORT" => Some("0".to_owned()),
        EVENTS_VARIABLE => path.clone(),
        _ => None,
    };
    PlatformSetup::new(&FACTS).bind(&variables).await
}

fn environment(platform: &HttpPlatform) -> Environment {
    let clock = Arc::new(isobar_serve::clock());
    Environment::builder(platform.describe(), clock).build()
}

/// An application that notes what wakes it, and does with a message what its body says.
pub(crate) fn app(seen: &Seen) -> App<Seen> {
    let seen = Arc::clone(seen);
    let routes = Routes::new().fallback(async || "the application");
    let app = App::new("woken", move |_: &Environment| Ok(seen)).routes(routes);
    app.subscribe(&JOBS, async |seen: Seen, event: Event<Message>| {
        let message = event.data;
        let body = String::from_utf8_lossy(&message.body).into_owned();
        let (id, attributes) = (&message.id, &message.attributes);
        seen.lock()
            .unwrap()
            .push(format!("{id} {body} {attributes:?}"));
        match &*body {
            "later" => Ok(Outcome::Retry(Some(Duration::from_secs(7)))),
            "never" => Ok(Outcome::Discard),
            "answer" => {
                let reply = ReplyEvent::new("com.example.noted", "/notes");
                let reply = reply.with_data("text/plain", "noted");
                Ok(Outcome::Reply(Box::new(reply)))
            }
            "traced" => {
                let parent = event.context.trace().parent_id();
                let told = parent.map(|span| format!("{span:x}"));
                seen.lock().unwrap().push(told.unwrap_or_default());
                Ok(Outcome::Ack)
            }
            "fails" => Err(Error::new(ErrorKind::InvalidArgument, "as it was told to")),
            _ => Ok(Outcome::Ack),
        }
    })
    .subscribe_in_batches(&BATCHES, async |_: Seen, event: Event<Vec<Message>>| {
        let failed = event.data.into_iter().filter(|each| each.body == "fails");
        Ok(Outcome::Partial(failed.map(|each| each.id).collect()))
    })
    .on_blob(&FILES, async |seen: Seen, event: Event<_>| {
        seen.lock().unwrap().push(format!(
            "{} {:?} {}",
            event.id,
            event.data.kind,
            event.data.key.as_str()
        ));
        Ok(Outcome::Ack)
    })
    .schedule(
        "nightly",
        "0 3 * * *",
        async |seen: Seen, event: Event<_>| {
            seen.lock()
                .unwrap()
                .push(format!("{} {}", event.id, event.data.name));
            Ok(Outcome::Ack)
        },
    )
}

pub(crate) async fn start() -> (SocketAddr, Seen) {
    let platform = bind(Some(PATH)).await.unwrap();
    let address = platform.local_addr();
    let seen = Seen::default();
    let app = app(&seen).build(&environment(&platform)).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    (address, seen)
}

async fn ask(address: SocketAddr, request: &str, fields: &str, body: &str) -> String {
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n"
    );
    exchange(address, format!("{head}{body}").as_bytes()).await
}

const STRUCTURED: &str = "content-type: application/cloudevents+json\r\n";

/// A message in the structured mode, and the status that its sender is told.
async fn send(address: SocketAddr, id: &str, body: &str) -> String {
    let event = format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"topic/jobs","type":"isobar.topic.messages",
           "data":{{"messages":[{{"id":"{id}","body":"{body}"}}]}}}}"#
    );
    ask(address, &format!("POST {PATH}"), STRUCTURED, &event).await
}

#[tokio::test]
async fn accounts_that_are_named_where_none_can_be_compared_end_the_start() {
    let named = |name: &str| match name {
        "A_PORT" => Some("0".to_owned()),
        ACCOUNTS_VARIABLE => Some("1".to_owned()),
        _ => None,
    };
    let refused = PlatformSetup::new(&FACTS).bind(&named).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    let refused = refused.to_string();
    assert!(refused.contains(ACCOUNTS_VARIABLE), "{refused}");
    assert!(refused.contains(FACTS.title), "{refused}");
    PlatformSetup::new(&TELLING).bind(&named).await.unwrap();
}

/// A platform that tells the account of the function.
static TELLING: PlatformFacts = PlatformFacts {
    events: EventFacts {
        account: Some("x-account"),
        ..EventFacts::OWN
    },
    ..FACTS
};

#[tokio::test]
async fn an_application_that_waits_for_events_does_not_start_without_their_path() {
    let platform = bind(None).await.unwrap();
    let app = app(&Seen::default())
        .build(&environment(&platform))
        .unwrap();
    let error = platform.serve(app).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains(EVENTS_VARIABLE), "{error}");
    let error = bind(Some("/events")).await.unwrap_err();
    assert!(error.to_string().contains(EVENTS_VARIABLE), "{error}");
}

#[tokio::test]
async fn outcomes_become_statuses() {
    let (address, seen) = start().await;
    let done = send(address, "1", "done").await;
    assert_eq!(status(&done), "204");
    assert!(done.contains("x-request-id: "), "{done}");
    assert_eq!(status(&send(address, "2", "never").await), "204");
    let later = send(address, "3", "later").await;
    assert_eq!(status(&later), "503");
    assert!(later.contains("retry-after: 7\r\n"), "{later}");
    let failed = send(address, "4", "fails").await;
    assert_eq!(status(&failed), "500");
    assert!(!failed.contains("as it was told to"), "{failed}");
    assert_eq!(seen.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn an_event_is_answered_by_another_where_its_sender_takes_one() {
    let (address, _) = start().await;
    let post = format!("POST {PATH}");
    let message = |id: &str| format!(r#"{{"id":"{id}","body":"answer"}}"#);
    let event = |messages: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"1 a","source":"topic/jobs","type":"isobar.topic.messages",
               "data":{{"messages":[{messages}]}}}}"#
        )
    };
    let asked = format!(
        "{STRUCTURED}prefer: reply\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
    );
    let single = event(&message("1"));
    let answer = ask(address, &post, &asked, &single).await;
    assert_eq!(status(&answer), "200");
    for expected in [
        "ce-specversion: 1.0\r\n",
        "ce-id: topic/jobs#1%2520a\r\n",
        "ce-type: com.example.noted\r\n",
        "ce-source: /notes\r\n",
        "ce-traceparent: 00-0af7651916cd43dd8448eb211c80319c-",
        "content-type: text/plain\r\n",
        "x-request-id: ",
        "\r\n\r\nnoted",
    ] {
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
    assert_eq!(
        status(&ask(address, &post, STRUCTURED, &single).await),
        "500"
    );
    let several = event(&format!("{},{}", message("1"), message("2")));
    assert_eq!(status(&ask(address, &post, &asked, &several).await), "503");
    let batched = "content-type: application/cloudevents-batch+json\r\nprefer: reply\r\n";
    let batch = format!("[{single},{single}]");
    assert_eq!(status(&ask(address, &post, batched, &batch).await), "500");
}

#[tokio::test]
async fn a_batch_of_which_no_message_failed_is_done() {
    let (address, _) = start().await;
    for (last, expected) in [("done", "204"), ("fails", "503")] {
        let event = format!(
            r#"{{"specversion":"1.0","id":"1","source":"topic/batches","type":"isobar.topic.messages",
               "data":{{"messages":[{{"id":"1","body":"done"}},{{"id":"2","body":"{last}"}}]}}}}"#
        );
        let answer = ask(address, &format!("POST {PATH}"), STRUCTURED, &event).await;
        assert_eq!(status(&answer), expected, "{last}: {answer}");
    }
}

#[tokio::test]
async fn each_kind_of_event_wakes_its_trigger() {
    let (address, seen) = start().await;
    let binary = |kind: &str, source: &str, more: &str| {
        format!(
            "ce-specversion: 1.0\r\nce-id: 1\r\nce-type: {kind}\r\nce-source: {source}\r\nce-time: 2026-11-30T03:00:00Z\r\n{more}"
        )
    };
    let post = format!("POST {PATH}");
    let stored = binary(
        "isobar.blob.stored",
        "bucket/staging-files",
        "ce-subject: a%20b%252F%C3%A9\r\n",
    );
    assert_eq!(status(&ask(address, &post, &stored, "").await), "204");
    let tick = binary("isobar.schedule.tick", "schedule/staging-nightly", "");
    assert_eq!(status(&ask(address, &post, &tick, "").await), "204");
    let other = binary("com.example.made", "/mine", "ce-shade: red\r\n");
    let named = format!("POST {PATH}/jobs");
    assert_eq!(status(&ask(address, &named, &other, "text").await), "204");
    let seen = seen.lock().unwrap();
    let expected = [
        "1 Stored a b%2Fé",
        "1 nightly",
        r#"1 text {"shade": "red", "source": "/mine", "type": "com.example.made"}"#,
    ];
    assert_eq!(*seen, expected);
}

#[tokio::test]
async fn a_structured_event_tells_its_trace_where_its_request_does_not() {
    let (address, seen) = start().await;
    let event = |span: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"1","source":"topic/jobs","type":"isobar.topic.messages",
               "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033{span}-01",
               "data":{{"messages":[{{"id":"1","body":"traced"}}]}}}}"#
        )
    };
    let post = format!("POST {PATH}");
    let done = ask(address, &post, STRUCTURED, &event("31")).await;
    assert_eq!(status(&done), "204");
    let batched = "content-type: application/cloudevents-batch+json\r\n";
    let batch = format!("[{},{}]", event("32"), event("33"));
    assert_eq!(status(&ask(address, &post, batched, &batch).await), "204");
    let traced = format!(
        "{STRUCTURED}traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033aa-01\r\n"
    );
    assert_eq!(
        status(&ask(address, &post, &traced, &event("34")).await),
        "204"
    );
    let seen = seen.lock().unwrap();
    let spans = seen
        .iter()
        .filter(|told| told.starts_with("b7ad6b71692033"));
    let spans: Vec<_> = spans.map(|span| &span[14..]).collect();
    assert_eq!(spans, ["31", "32", "33", "aa"]);
}

#[tokio::test]
async fn a_batch_comes_again_whole_where_one_of_it_failed() {
    let (address, seen) = start().await;
    let event = |id: &str, body: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"topic/jobs","type":"isobar.topic.messages",
               "data":{{"messages":[{{"id":"{id}","bodyBase64":"{body}"}}]}}}}"#
        )
    };
    let batched = "content-type: application/cloudevents-batch+json\r\n";
    let post = format!("POST {PATH}");
    // "fails" and "b".
    let batch = format!("[{},{}]", event("1", "ZmFpbHM="), event("2", "Yg=="));
    assert_eq!(status(&ask(address, &post, batched, &batch).await), "500");
    assert_eq!(*seen.lock().unwrap(), ["1 fails {}", "2 b {}"]);
    let malformed = format!("[{},{{}}]", event("3", ""));
    assert_eq!(
        status(&ask(address, &post, batched, &malformed).await),
        "400"
    );
    assert_eq!(status(&ask(address, &post, batched, "[]").await), "204");
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_not_known_is_refused_by_name() {
    let (address, seen) = start().await;
    let post = format!("POST {PATH}");
    let unknown = r#"{"specversion":"1.0","id":"1","source":"/s","type":"com.example.made"}"#;
    let answer = ask(address, &post, STRUCTURED, unknown).await;
    assert_eq!(status(&answer), "415");
    assert!(
        answer.contains("event_unsupported") && answer.contains("com.example.made"),
        "{answer}"
    );
    let avro = "content-type: application/cloudevents+avro\r\n";
    assert_eq!(status(&ask(address, &post, avro, "x").await), "415");
    assert_eq!(status(&ask(address, &post, "", "{}").await), "415");
    assert_eq!(status(&ask(address, &post, STRUCTURED, "{}").await), "400");
    let large = "x".repeat(2_000);
    assert_eq!(
        status(&ask(address, &post, STRUCTURED, &large).await),
        "413"
    );
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn other_paths_are_the_applications() {
    let (address, seen) = start().await;
    for path in [
        "/",
        "/0123456789abcdeg",
        "/0123456789abcdef/",
        "/0123456789abcdef/a/b",
    ] {
        let answer = ask(address, &format!("POST {path}"), STRUCTURED, "{}").await;
        assert!(answer.ends_with("the application"), "{path}: {answer}");
    }
    assert!(seen.lock().unwrap().is_empty());
    let answer = ask(address, &format!("GET {PATH}"), "", "").await;
    assert_eq!(status(&answer), "405");
    assert!(answer.contains("allow: POST, OPTIONS"), "{answer}");
}

#[tokio::test]
async fn an_application_without_triggers_has_all_paths() {
    let platform = bind(Some(PATH)).await.unwrap();
    let address = platform.local_addr();
    let routes = Routes::new().fallback(async || "the application");
    let app = App::new("asleep", |_: &Environment| Ok(())).routes(routes);
    let app = app.build(&environment(&platform)).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    let answer = ask(address, &format!("POST {PATH}"), STRUCTURED, "{}").await;
    assert!(answer.ends_with("the application"), "{answer}");
}

/// "HTTP 1.1 Web Hooks for Event Delivery", section 4.
#[tokio::test]
async fn a_sender_that_asks_is_let() {
    let (address, _) = start().await;
    let asks = "webhook-request-origin: eventgrid.azure.net\r\nwebhook-request-rate: 120\r\n";
    let answer = ask(address, &format!("OPTIONS {PATH}"), asks, "").await;
    assert_eq!(status(&answer), "200");
    assert!(
        answer.contains("webhook-allowed-origin: eventgrid.azure.net\r\n"),
        "{answer}"
    );
    assert!(answer.contains("webhook-allowed-rate: *\r\n"), "{answer}");
}
