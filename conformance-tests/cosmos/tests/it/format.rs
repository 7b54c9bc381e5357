//! Items as Microsoft's own client reads and writes them (cases D-310 and D-311).

use azure_data_cosmos::clients::ContainerClient;
use isobar::document::{Map, PutOptions, Query, SortType, Timestamp, Value};
use isobar::{CollectionSpec, ErrorKind};
use isobar_azure::document::cosmos::containers;
use isobar_conformance_cosmos::emulator::Emulator;
use serde_json::{Value as Json, json};

use super::{DATABASE, bind, fresh, map};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str)
    .preserve_order();
const ADOPTED: CollectionSpec<Map> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str)
    .adopt();

async fn container(emulator: &Emulator) -> ContainerClient {
    let client = emulator.client().await.expect("it is answered");
    let database = client.database_client(DATABASE);
    database
        .container_client("notes", None)
        .await
        .expect("it is answered")
}

async fn stored(emulator: &Emulator, id: &str) -> Json {
    let answer = container(emulator).await.read_item("ann", id, None).await;
    let mut item: Json = answer
        .expect("it is answered")
        .into_model()
        .expect("it is answered");
    for system in ["_rid", "_self", "_etag", "_ts", "_attachments"] {
        item.as_object_mut().expect("it is answered").remove(system);
    }
    item
}

#[tokio::test]
async fn microsofts_client_reads_what_we_write() {
    let (emulator, notes) = fresh(&NOTES).await;
    let mut note = map(&[
        ("owner", "ann".into()),
        ("id", "a/b😀".into()),
        ("whole", 5.into()),
        ("exact", ((1_i64 << 53) + 1).into()),
        ("ratio", 0.1.into()),
        ("at", Value::Timestamp(Timestamp::from_micros(1))),
        ("ttl", "mine".into()),
        ("empty", Value::Map(Map::new())),
    ]);
    note.insert("nothing".to_owned(), Value::Null);
    let expiry = Timestamp::from_micros(9_000_000_000_000_000);
    let options = PutOptions::default().with_expires_at(expiry);
    let version = notes.create_with(&note, options).await.unwrap();
    let id = "a.1b\u{d7ff}2r5s";
    let item = stored(&emulator, id).await;
    let mut expected = json!({
        "owner": "ann", "id": id, "whole": 5, "exact": {"_i": "8020000000000001"}, "ratio": 0.1,
        "at": {"_t": "8000000000000001"}, "_ttl": "mine", "empty": {}, "nothing": null,
        "_rev": version.as_str(), "_exp": 9_000_000_000_i64, "_v": 1,
    });
    // 255 years are more than a time to live can say.
    assert_eq!(item.get("ttl"), None);
    expected["_ord"] = item["_ord"].clone();
    assert_eq!(item, expected);
    let read = notes.fetch(("ann", "a/b😀")).await.unwrap().value;
    assert!(read.keys().eq(note.keys()), "{read:?}");
    assert_eq!(read, note);
}

#[tokio::test]
async fn we_read_what_microsofts_client_writes() {
    let (emulator, notes) = fresh(&NOTES).await;
    let theirs = json!({"owner": "ann", "id": "n1", "price": 2.5, "_i": {"_t": 1}, "tags": ["x"]});
    let container = container(&emulator).await;
    container
        .create_item("ann", "n1", theirs, None)
        .await
        .unwrap();
    let found = notes.fetch(("ann", "n1")).await.unwrap();
    assert!(found.version.is_absent());
    let expected = map(&[
        ("owner", "ann".into()),
        ("id", "n1".into()),
        ("price", 2.5.into()),
        ("_i", Value::Map(map(&[("_t", 1.into())]))),
        ("tags", Value::List(vec!["x".into()])),
    ]);
    assert_eq!(found.value, expected);
    let newer = json!({"owner": "ann", "id": "n2", "_v": 2});
    container
        .create_item("ann", "n2", newer, None)
        .await
        .unwrap();
    let error = notes.get(("ann", "n2")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn an_item_expires_an_hour_after_its_document() {
    let (emulator, notes) = fresh(&NOTES).await;
    let note = map(&[("owner", "ann".into()), ("id", "n1".into())]);
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let soon = i64::try_from(since.as_micros()).unwrap() + 60_000_000;
    let options = PutOptions::default().with_expires_at(Timestamp::from_micros(soon));
    notes.create_with(&note, options).await.unwrap();
    let ttl = stored(&emulator, "n1").await["ttl"].as_i64().unwrap();
    assert!((3_600..=3_660).contains(&ttl), "{ttl}");
}

#[tokio::test]
async fn an_adopted_container_has_plain_items_by_their_own_ids() {
    let (emulator, _) = fresh(&NOTES).await;
    let adopted = bind(emulator.client().await.unwrap(), &ADOPTED);
    let note = map(&[
        ("owner", "ann".into()),
        ("id", "a.b 😀".into()),
        ("ttl", (-1).into()),
    ]);
    adopted.create(&note).await.unwrap();
    let expected = json!({"owner": "ann", "id": "a.b 😀", "ttl": -1});
    assert_eq!(stored(&emulator, "a.b 😀").await, expected);
    let page = adopted.query(&Query::partition("ann")).await.unwrap();
    assert_eq!(page.items[0].value, note);
    for (field, value) in [
        ("at", Value::Timestamp(Timestamp::from_micros(1))),
        ("n", Value::Int(1 << 53)),
        ("_etag", "x".into()),
    ] {
        let mut refused = note.clone();
        refused.insert(field.to_owned(), value);
        let error = adopted.upsert(&refused).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{field}");
    }
    let key = map(&[("owner", "ann".into()), ("id", "a/b".into())]);
    let error = adopted.upsert(&key).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn the_printed_definition_is_that_of_the_container() {
    let (emulator, _) = fresh(&NOTES).await;
    let printed: Json = serde_json::from_str(&containers(&[NOTES.schema("")]).unwrap()).unwrap();
    let found = container(&emulator).await.read(None).await.unwrap();
    let found = serde_json::to_value(found.into_model().unwrap()).unwrap();
    for part in ["id", "defaultTtl", "indexingPolicy"] {
        assert_eq!(printed[0][part], found[part], "{part}");
    }
    assert_eq!(printed[0]["partitionKey"]["paths"], json!(["/owner"]));
    let composite = &printed[0]["indexingPolicy"]["compositeIndexes"][0];
    let paths: Vec<&str> = composite
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["/owner", "/id"]);
}
