//! Servers that are not there, or do not let us in.

use isobar::document::{CollectionSpec, Map};
use isobar::{Collection, Error, ErrorKind};

use super::{map, store};
use crate::{clock, server};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");

async fn refused(url: &str) -> Error {
    let notes = Collection::new(store(url), clock(), &NOTES, "");
    let created = notes.create(&map(&[("id", "a".into())])).await;
    let error = created.expect_err("nobody is there");
    assert!(!error.outcome_unknown(), "{error:?}");
    error
}

#[tokio::test]
async fn nobody_there_is_told_apart_from_an_unknown_outcome() {
    let error = refused(&server::url(server::free_port(), "")).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.retryable(), "{error:?}");
    assert!(error.to_string().contains("cannot be reached"), "{error}");
}

#[tokio::test]
async fn wrong_settings_are_told_by_what_to_do() {
    let there = server::shared();
    let error = refused(&there.url("sslmode=require")).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.retryable(), "{error:?}");
    assert!(error.to_string().contains("sslmode=disable"), "{error}");

    let error = refused(&there.url("").replace("postgres@", "nobody@")).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(error.provider_code(), Some("28000"));

    let error = refused(&there.url("").replace("/postgres?", "/nowhere?")).await;
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(
        error.to_string().contains("\"nowhere\" does not exist"),
        "{error}"
    );
    assert!(!error.retryable(), "{error:?}");
}
