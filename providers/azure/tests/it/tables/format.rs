//! The format at rest, beside requests of the service's own interface (D-310, D-311).

use bytes::Bytes;
use http::header::IF_MATCH;
use http::{HeaderMap, HeaderValue, Method};
use isobar::document::{Condition, Map, PutOptions, SortType, Timestamp, Update, Value, Version};
use isobar::{Collection, CollectionSpec, ErrorKind};
use isobar_azure::document::tables::TablesClient;
use serde_json::{Value as Json, json};

use super::{emulator, map, store};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::Str);

/// A table as other code sees it.
struct Raw {
    client: TablesClient,
    table: String,
}

impl Raw {
    async fn read(&self, partition: &str, row: &str) -> Json {
        let path = format!("/{}(PartitionKey='{partition}',RowKey='{row}')", self.table);
        let client = &self.client;
        let answer = client.send(Method::GET, &path, HeaderMap::new(), Bytes::new());
        serde_json::from_slice(answer.await.expect("an entity").body()).expect("JSON")
    }

    async fn insert(&self, entity: &Json) {
        let path = format!("/{}", self.table);
        let body = Bytes::from(entity.to_string());
        let client = &self.client;
        let sent = client.send(Method::POST, &path, HeaderMap::new(), body);
        sent.await.expect("an insert");
    }

    async fn merge(&self, partition: &str, row: &str, entity: &Json) {
        let path = format!("/{}(PartitionKey='{partition}',RowKey='{row}')", self.table);
        let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static("*"))]);
        let method = Method::from_bytes(b"MERGE").expect("a method");
        let body = Bytes::from(entity.to_string());
        self.client
            .send(method, &path, headers, body)
            .await
            .expect("a merge");
    }
}

async fn fresh(spec: &CollectionSpec<Map>) -> (Collection<Map>, Raw) {
    let (notes, prefix) = super::fresh(spec).await;
    let client = store(emulator::port()).client();
    let table = spec.schema(&prefix).table;
    (notes, Raw { client, table })
}

#[tokio::test]
async fn other_code_reads_our_documents() {
    let (notes, raw) = fresh(&NOTES).await;
    let at = Timestamp::from_micros(1_700_000_000_123_456);
    let document = map(&[
        ("id", "a".into()),
        ("part", "b c".into()),
        ("text", "hi".into()),
        ("flag", true.into()),
        ("big", ((1_i64 << 53) + 1).into()),
        ("half", 0.5.into()),
        ("at", at.into()),
        ("bytes", Value::Bytes(Bytes::from_static(b"\x00\xff"))),
        ("list", vec![1.into()].into()),
    ]);
    let version = notes.create(&document).await.unwrap();
    let entity = raw.read("a", "b%20wc").await;
    for (name, expected) in [
        ("text", json!("hi")),
        ("flag", json!(true)),
        ("big", json!("9007199254740993")),
        ("big@odata.type", json!("Edm.Int64")),
        ("half", json!(0.5)),
        ("at", json!("2023-11-14T22:13:20.123456Z")),
        ("bytes", json!("AP8=")),
        ("bytes@odata.type", json!("Edm.Binary")),
        ("_rev", json!(version.as_str())),
        ("_v", json!(1)),
        // CBOR of {"list": [1]}.
        ("_doc", json!("oWRsaXN0gQE=")),
    ] {
        assert_eq!(entity[name], expected, "{name} of {entity}");
    }
    let back = notes.fetch(("a", "b c")).await.unwrap().value;
    assert_eq!(back, document);
}

#[tokio::test]
async fn what_other_code_wrote_is_read_and_conditioned_on_and_replaced() {
    let (notes, raw) = fresh(&NOTES).await;
    let entity = json!({
        "PartitionKey": "a", "RowKey": "1", "small": 5, "text": "theirs", "half": 0.5,
        "big": "9007199254740993", "big@odata.type": "Edm.Int64",
        "at": "2023-11-14T22:13:20.123456Z", "at@odata.type": "Edm.DateTime",
        "_doc": "their own",
    });
    raw.insert(&entity).await;
    let item = notes.fetch(("a", "1")).await.unwrap();
    let expected = map(&[
        ("id", "a".into()),
        ("part", "1".into()),
        ("small", 5.into()),
        ("text", "theirs".into()),
        ("half", 0.5.into()),
        ("big", ((1_i64 << 53) + 1).into()),
        ("at", Timestamp::from_micros(1_700_000_000_123_456).into()),
        ("_doc", "their own".into()),
    ]);
    assert_eq!(item.value, expected);
    assert_eq!(item.version, Version::absent());
    let options = PutOptions::default().with_condition(Condition::version(&item.version));
    notes.replace_with(&expected, options).await.unwrap();
    let replaced = notes.fetch(("a", "1")).await.unwrap();
    assert_eq!(replaced.value, expected);
    assert!(!replaced.version.is_absent());
}

/// A write of other code changes the state of the entity, which our next write asks for.
#[tokio::test]
async fn a_change_of_other_code_is_not_overwritten() {
    let (notes, raw) = fresh(&NOTES).await;
    let note = map(&[("id", "a".into()), ("part", "1".into()), ("n", 1.into())]);
    notes.create(&note).await.unwrap();
    raw.merge("a", "1", &json!({"theirs": "x"})).await;
    let update = Update::new().increment("n", 1_i64);
    let item = notes.update(("a", "1"), update).await.unwrap();
    assert_eq!(item.value["theirs"], "x".into());
    assert_eq!(item.value["n"], 2.into());
}

#[tokio::test]
async fn an_adopted_table_keeps_the_types_of_what_is_not_changed() {
    let adopted = NOTES.adopt();
    let (notes, raw) = fresh(&adopted).await;
    let guid = "c9da6455-213d-42c9-9a79-3e9149a57833";
    let entity = json!({
        "PartitionKey": "a b", "RowKey": "1.2", "n": 5, "_rev": "theirs",
        "g": guid, "g@odata.type": "Edm.Guid",
    });
    raw.insert(&entity).await;
    let update = Update::new().increment("n", 1_i64).set("text", "ours");
    let item = notes.update(("a b", "1.2"), update).await.unwrap();
    assert_eq!(item.value["g"], guid.into());
    let entity = raw.read("a%20b", "1.2").await;
    assert_eq!(entity["n"], json!(6));
    assert_eq!(entity["g@odata.type"], json!("Edm.Guid"));
    assert_eq!(entity["text"], json!("ours"));
    assert!(
        entity.get("_v").is_none() && entity.get("_exp").is_none(),
        "{entity}"
    );
    let list = Update::new().set("list", vec![Value::Null]);
    let error = notes.update(("a b", "1.2"), list).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("\"list\""), "{error}");
}

#[tokio::test]
async fn a_check_of_what_is_missing_leaves_nothing() {
    let (notes, raw) = fresh(&NOTES).await;
    let note = map(&[("id", "a".into()), ("part", "1".into())]);
    notes
        .transact("a", |tx| {
            let note = note.clone();
            async move {
                assert!(tx.get(("a", "2")).await?.is_none());
                tx.put(&note)
            }
        })
        .await
        .unwrap();
    assert!(notes.get(("a", "2")).await.unwrap().is_none());
    let path = format!("/{}()", raw.table);
    let client = &raw.client;
    let all = client.send(Method::GET, &path, HeaderMap::new(), Bytes::new());
    let all: Json = serde_json::from_slice(all.await.unwrap().body()).unwrap();
    assert_eq!(all["value"].as_array().unwrap().len(), 1, "{all}");
}
