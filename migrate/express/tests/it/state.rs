//! Variables of modules: as in the memory of one Node process, but stored.

mod sequences;
mod shared;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State as Extracted;
use http_body_util::BodyExt as _;
use isobar::Collection;
use isobar::document::Query;
use isobar::driver::document::DocumentDriver;
use isobar_express::middleware::json;
use isobar_express::state::{ForRequest, Ported, StoredVariable, VARIABLES, Variable, Variables};
use isobar_express::{
    Express, Handled, JsValue, Profile, Request, Response, Router, array, legacy, object,
};
use isobar_local::LocalStore;
use shared::{Tells, Watched};

static VISITS: Variable = Variable::new("app.js visits", || JsValue::from(0));
static NOTES: Variable = Variable::new("app.js notes", || JsValue::from(array![]));
static OTHER: Variable = Variable::new("app.js other", || JsValue::from(array![]));

#[derive(Clone, Default)]
struct State(Variables);

impl ForRequest for State {
    fn for_request(&self, variables: Variables) -> Self {
        Self(variables)
    }
}

/// A process of its own over the store, to which others write too.
fn process(store: &LocalStore, router: Router<State>) -> Ported<State> {
    over(Watched::new(store.documents(), Tells::Nothing), router)
}

fn over(driver: Watched, router: Router<State>) -> Ported<State> {
    let express = Express::new(Profile::V4).set("env", "production");
    let stored = ("app", collection(Arc::new(driver)));
    Ported::with_variables(express, router, State::default(), stored).unwrap()
}

fn collection(driver: Arc<dyn DocumentDriver>) -> Collection<StoredVariable> {
    let clock = Arc::new(isobar_local::clock());
    Collection::new(driver, clock, &VARIABLES, "")
}

async fn send(ported: &Ported<State>, method: &str, path: &str, body: &str) -> (u16, String) {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = Ported::answer(Extracted(ported.clone()), request).await;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn visit(_: Request, res: Response, State(variables): State) -> Handled {
    variables.load(&[&VISITS]).await?;
    res.json(variables.add(&VISITS, 1.0))
}

async fn add_note(req: Request, res: Response, State(variables): State) -> Handled {
    variables.load(&[&NOTES, &VISITS]).await?;
    let note = object![
        ("id", variables.add(&VISITS, 1.0)),
        ("text", req.body().get("text")?)
    ];
    variables.array(&NOTES).push(&note);
    res.json(note)
}

async fn list_notes(_: Request, res: Response, State(variables): State) -> Handled {
    variables.load(&[&NOTES]).await?;
    res.json(variables.get(&NOTES))
}

async fn keep_twice(_: Request, res: Response, State(variables): State) -> Handled {
    variables.load(&[&NOTES, &OTHER]).await?;
    variables.array(&OTHER).push(variables.array(&NOTES).get(0));
    res.json("kept")
}

async fn move_over(_: Request, res: Response, State(variables): State) -> Handled {
    variables.load(&[&OTHER, &NOTES]).await?;
    variables
        .array(&OTHER)
        .push(variables.array(&NOTES).shift());
    res.json(variables.get(&OTHER))
}

async fn load_twice(_: Request, res: Response, State(variables): State) -> Handled {
    let (visits, notes) = ([&VISITS], [&NOTES]);
    let (first, second) = tokio::join!(variables.load(&visits), variables.load(&notes));
    first.and(second)?;
    res.json(variables.array(&NOTES).length())
}

async fn count_and_leave(_: Request, _: Response, State(variables): State) -> Handled {
    variables.load(&[&VISITS]).await?;
    variables.add(&VISITS, 1.0);
    Ok(isobar_express::Flow::Next)
}

fn router() -> Router<State> {
    Router::new()
        .middleware(json(()))
        .post("/visits", visit)
        .post("/notes", add_note)
        .get("/notes", list_notes)
        .post("/twice", keep_twice)
        .post("/move", move_over)
        .get("/both", load_twice)
        .get("/legacy", (count_and_leave, legacy))
}

/// Sends many requests at once, and gives the answers as they are numbered.
async fn send_many(processes: &[Ported<State>], count: usize, path: &'static str) -> Vec<String> {
    let body = format!(r#"{{"text": "{}"}}"#, "x".repeat(200));
    let requests = processes.iter().cycle().take(count).cloned();
    let tasks = requests.map(|ported| {
        let body = body.clone();
        tokio::spawn(async move { send(&ported, "POST", path, &body).await })
    });
    let mut answers = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        let (status, body) = task.await.unwrap();
        assert_eq!(status, 200, "{body}");
        answers.push(body);
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_is_lost_among_requests_of_one_process() {
    let store = LocalStore::in_memory().unwrap();
    let answers = send_many(&[process(&store, router())], 500, "/visits").await;
    let mut numbers: Vec<u32> = answers.iter().map(|body| body.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=500).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_is_lost_among_processes() {
    let store = LocalStore::in_memory().unwrap();
    let processes = [process(&store, router()), process(&store, router())];
    send_many(&processes, 200, "/notes").await;
    for ported in [&processes[0], &processes[1], &process(&store, router())] {
        let (_, notes) = send(ported, "GET", "/notes", "").await;
        let notes: serde_json::Value = serde_json::from_str(&notes).unwrap();
        let mut ids: Vec<_> = notes
            .as_array()
            .unwrap()
            .iter()
            .map(|note| note["id"].as_u64().unwrap())
            .collect();
        assert!(ids.is_sorted(), "the order of the list is that of the ids");
        ids.dedup();
        assert_eq!(ids.len(), 200);
    }
}

#[tokio::test]
async fn a_large_list_has_a_document_for_each_element_and_a_small_one_has_none() {
    let store = LocalStore::in_memory().unwrap();
    let ported = process(&store, router());
    let documents = async || {
        let query = Query::partition("app").limit(1_000);
        collection(store.documents())
            .query(&query)
            .await
            .unwrap()
            .items
            .len()
    };
    send_many(std::slice::from_ref(&ported), 2, "/notes").await;
    assert_eq!(documents().await, 2);
    send_many(std::slice::from_ref(&ported), 98, "/notes").await;
    assert_eq!(documents().await, 2 + 100);
}

#[tokio::test]
async fn an_object_kept_in_two_places_is_refused_and_leaves_nothing_behind() {
    let store = LocalStore::in_memory().unwrap();
    let ported = process(&store, router());
    let (_, first) = send(&ported, "POST", "/notes", r#"{"text": "a"}"#).await;
    assert_eq!(send(&ported, "POST", "/twice", "").await.0, 500);
    let (_, notes) = send(&ported, "GET", "/notes", "").await;
    assert_eq!(notes, format!("[{first}]"));
    assert_eq!(send(&ported, "POST", "/move", "").await, (200, notes));
    assert_eq!(send(&ported, "GET", "/notes", "").await.1, "[]");
}

#[tokio::test]
async fn an_element_of_a_large_list_can_move_to_another() {
    let store = LocalStore::in_memory().unwrap();
    let ported = process(&store, router());
    send_many(std::slice::from_ref(&ported), 100, "/notes").await;
    assert_eq!(send(&ported, "POST", "/twice", "").await.0, 500);
    for _ in 0..70 {
        let (status, body) = send(&ported, "POST", "/move", "").await;
        assert_eq!(status, 200, "{body}");
    }
    let (_, notes) = send(&process(&store, router()), "GET", "/notes", "").await;
    assert_eq!(notes.matches(r#""id""#).count(), 30);
}

#[tokio::test]
async fn functions_that_go_on_at_the_same_time_share_the_turn_of_their_request() {
    let ported = process(&LocalStore::in_memory().unwrap(), router());
    assert_eq!(
        send(&ported, "GET", "/both", "").await,
        (200, "0".to_owned())
    );
}

#[tokio::test]
async fn what_the_legacy_side_answers_changes_nothing() {
    let store = LocalStore::in_memory().unwrap();
    let ported = process(&store, router());
    assert_eq!(send(&ported, "POST", "/visits", "").await.1, "1");
    send(&ported, "GET", "/legacy", "").await;
    assert_eq!(send(&ported, "POST", "/visits", "").await.1, "2");
}

#[tokio::test]
async fn a_client_that_sends_slowly_keeps_nobody_waiting() {
    let store = LocalStore::in_memory().unwrap();
    let counted_first = Router::new()
        .middleware(count_and_leave)
        .middleware(json(()))
        .post("/visits", visit);
    let ported = process(&store, counted_first);
    let (_sender, never) = tokio::sync::mpsc::channel::<Result<String, std::io::Error>>(1);
    let body = Body::from_stream(futures_of(never));
    let slow = http::Request::post("/visits").body(body).unwrap();
    let slow = tokio::spawn(Ported::answer(Extracted(ported.clone()), slow));
    tokio::task::yield_now().await;
    assert_eq!(send(&ported, "POST", "/visits", "").await.1, "2");
    assert!(!slow.is_finished());
    slow.abort();
}

#[tokio::test]
async fn a_request_whose_client_has_gone_changes_nothing_and_keeps_nobody_waiting() {
    async fn hang(_: Request, _: Response, State(variables): State) -> Handled {
        variables.load(&[&VISITS]).await?;
        variables.add(&VISITS, 1.0);
        std::future::pending().await
    }
    let store = LocalStore::in_memory().unwrap();
    let ported = process(&store, router().post("/hang", hang));
    assert_eq!(send(&ported, "POST", "/visits", "").await.1, "1");
    let hanging = {
        let ported = ported.clone();
        tokio::spawn(async move { send(&ported, "POST", "/hang", "").await })
    };
    tokio::task::yield_now().await;
    hanging.abort();
    assert_eq!(send(&ported, "POST", "/visits", "").await.1, "2");
}

fn futures_of<T>(
    mut receiver: tokio::sync::mpsc::Receiver<T>,
) -> impl futures_util::Stream<Item = T> {
    futures_util::stream::poll_fn(move |context| receiver.poll_recv(context))
}

#[tokio::test]
async fn what_nobody_has_written_since_is_not_read_again() {
    let store = LocalStore::in_memory().unwrap();
    let driver = Watched::new(store.documents(), Tells::Revision);
    let reads = driver.reads();
    let ported = over(driver, router());
    send(&ported, "POST", "/notes", r#"{"text":"first"}"#).await;
    let (_, first) = send(&ported, "GET", "/notes", "").await;
    let before = reads.load(Ordering::Relaxed);
    for _ in 0..10 {
        let (_, again) = send(&ported, "GET", "/notes", "").await;
        assert_eq!(again, first);
    }
    assert_eq!(reads.load(Ordering::Relaxed), before);
}

#[tokio::test]
async fn applications_over_one_store_that_tells_see_what_the_other_writes() {
    let store = LocalStore::in_memory().unwrap();
    let application = || over(Watched::new(store.documents(), Tells::Revision), router());
    let (one, other) = (application(), application());
    for count in 1..=20 {
        let writer = if count % 2 == 0 { &one } else { &other };
        send(writer, "POST", "/notes", r#"{"text":"a note"}"#).await;
        for reader in [&one, &other] {
            let (_, notes) = send(reader, "GET", "/notes", "").await;
            assert_eq!(notes.matches("a note").count(), count);
        }
    }
}
