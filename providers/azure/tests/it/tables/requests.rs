//! Who asks, what is asked, and what other code sees and writes.

use bytes::Bytes;
use http::{HeaderMap, Method};
use isobar::document::{Map, PutOptions, Query, SortType, Timestamp, WriteSet};
use isobar::{Collection, CollectionSpec, ErrorKind};
use isobar_azure::config::tables::TablesPlace;
use isobar_azure::document::tables::{Credential, TablesClient};

use super::{clock, emulator, map, store};
use crate::signature::signature;

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::Str);

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let url = "azure-tables://devstoreaccount1";
    let mut place = TablesPlace::parse(url).unwrap();
    place.endpoint = format!("http://127.0.0.1:{}/devstoreaccount1", emulator::port());
    place.credential = Some(Credential::key("d3Jvbmc=").unwrap());
    let store = std::sync::Arc::new(place.open().unwrap());
    let notes = Collection::new(store, clock(), &NOTES, "");
    let error = notes.get(("a", "1")).await.unwrap_err();
    // The service says AuthenticationFailed, which is another kind.
    assert_eq!(error.provider_code(), Some("AuthorizationFailure"));
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(!error.retryable() && error.request_id().is_some());
    let told = error.to_string();
    let begin = "document.get on \"notes\" at (\"a\", \"1\"): ";
    assert!(told.starts_with(begin), "{told}");
    assert!(told.contains("check the account's name and key"), "{told}");
}

#[tokio::test]
async fn a_shared_access_signature_allows_what_it_says() {
    let (_, prefix) = super::fresh(&NOTES).await;
    let with = |permissions| {
        let mut place = TablesPlace::parse("azure-tables://devstoreaccount1").unwrap();
        place.endpoint = format!("http://127.0.0.1:{}/devstoreaccount1", emulator::port());
        place.credential = Some(Credential::sas(&signature('t', permissions)));
        let store = std::sync::Arc::new(place.open().unwrap());
        Collection::new(store, clock(), &NOTES, &prefix)
    };
    let note = |part: &str| map(&[("id", "a".into()), ("part", part.into())]);
    let writer = with("rwdlau");
    writer.create(&note("1")).await.unwrap();
    let set = WriteSet::new().create(&note("2")).create(&note("3"));
    writer.commit("a", set).await.unwrap();
    let reader = with("r");
    assert_eq!(reader.fetch(("a", "2")).await.unwrap().value, note("2"));
    let page = reader.query(&Query::partition("a")).await.unwrap();
    assert_eq!(page.items.len(), 3);
    let error = reader.create(&note("4")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn a_table_that_is_missing_is_named_so() {
    let notes = Collection::new(store(emulator::port()), clock(), &NOTES, "none");
    for error in [
        notes.get(("a", "1")).await.unwrap_err(),
        notes
            .create(&map(&[("id", "a".into()), ("part", "1".into())]))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(
            error.to_string().contains("the table is missing"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_native_client_asks_whatever_the_service_knows() {
    let (notes, prefix) = super::fresh(&NOTES).await;
    let client = notes.native::<TablesClient>().expect("the native client");
    let path = format!("/Tables?$filter=TableName%20eq%20'{prefix}notes'");
    let answer = client.send(Method::GET, &path, HeaderMap::new(), Bytes::new());
    let told = String::from_utf8(answer.await.unwrap().body().to_vec()).unwrap();
    assert!(
        told.contains(&format!("\"TableName\":\"{prefix}notes\"")),
        "{told}"
    );
    assert_eq!(client.account(), "devstoreaccount1");
}

#[tokio::test]
async fn a_collection_of_another_key_is_refused() {
    let (_, prefix) = super::fresh(&NOTES).await;
    let other = NOTES.sort("at", SortType::I64);
    let other = Collection::new(store(emulator::port()), clock(), &other, &prefix);
    let error = other.ensure().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_sweep_removes_what_expired_before_an_instant_and_nothing_else() {
    let (notes, prefix) = super::fresh(&NOTES).await;
    let note = |part: &str| map(&[("id", "a".into()), ("part", part.into())]);
    notes.create(&note("1")).await.unwrap();
    for (part, seconds) in [("2", 1_000), ("3", 2_000), ("4", 253_000_000_000)] {
        let at = Timestamp::from_micros(seconds * 1_000_000);
        let options = PutOptions::default().with_expires_at(at);
        notes.upsert_with(&note(part), options).await.unwrap();
    }
    let store = store(emulator::port());
    let before = Timestamp::from_micros(1_500_000_000);
    let schema = NOTES.schema(&prefix);
    assert_eq!(store.sweep(&schema, before).await.unwrap(), 1);
    assert_eq!(store.sweep(&schema, before).await.unwrap(), 0);
    let now = Timestamp::from(std::time::SystemTime::now());
    assert_eq!(store.sweep(&schema, now).await.unwrap(), 1);
    assert!(notes.get(("a", "1")).await.unwrap().is_some());
    assert!(notes.get(("a", "4")).await.unwrap().is_some());
}
