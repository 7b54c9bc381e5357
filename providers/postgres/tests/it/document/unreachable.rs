//! Servers that are not there, or do not let us in.

use isobar::document::{CollectionSpec, Map};
use isobar::{Collection, Error, ErrorKind};

use super::{bind, map, store};
use crate::clock;
use crate::server::{self, Server};

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
        error.to_string().contains("the database is missing"),
        "{error}"
    );
    assert!(!error.retryable(), "{error:?}");
}

#[tokio::test]
async fn a_wrong_and_a_missing_password_and_a_missing_grant_are_told_apart() {
    // The server runs as somebody else, who must be able to read it.
    let rules = tempfile::NamedTempFile::new().expect("a file");
    let lines = "local all all trust\n\
                 host all guarded 127.0.0.1/32 scram-sha-256\n\
                 host all all 127.0.0.1/32 trust\n";
    std::fs::write(rules.path(), lines).expect("the rules");
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(rules.path(), everybody).expect("the rules");
    let setting = format!("hba_file={}", rules.path().display());
    let server = Server::start(&[&setting]);
    let owner = store(&server.url(""));
    bind(&owner, &NOTES, "").ensure().await.unwrap();
    let role = "CREATE ROLE guarded LOGIN PASSWORD 'right'";
    let client = owner.pool().get().await.unwrap();
    client.batch_execute(role).await.unwrap();
    for (who, kind, what) in [
        (
            "guarded:wrong@",
            ErrorKind::Unauthenticated,
            "check the role and the password",
        ),
        ("guarded@", ErrorKind::Unauthenticated, "set a password"),
        (
            "guarded:right@",
            ErrorKind::PermissionDenied,
            "grant the role",
        ),
    ] {
        let error = refused(&server.url("").replace("postgres@", who)).await;
        assert_eq!(error.kind(), kind, "{who} {error:?}");
        assert!(!error.retryable(), "{error:?}");
        let told = error.to_string();
        let begins = "document.create on \"notes\" at \"a\": ";
        assert!(told.starts_with(begins), "{told}");
        assert!(told.contains(what), "{told}");
    }
}
