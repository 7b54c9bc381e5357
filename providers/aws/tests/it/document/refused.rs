//! Callers that AWS does not let in: each hears why, and what to do.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_smithy_async::time::StaticTimeSource;
use isobar::document::Map;
use isobar::{Collection, CollectionSpec, Error, ErrorKind};
use isobar_aws::DynamoStore;
use isobar_fault_proxy::{Protocol, Proxy};

use super::map;
use crate::user::{User, root};
use crate::{clock, emulator};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");
fn config() -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(emulator::guarded())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

fn notes(config: Builder) -> Collection<Map> {
    let store = DynamoStore::new(Client::from_conf(config.build()));
    Collection::new(Arc::new(store), clock(), &NOTES, "")
}

/// What a read and a write come to, which must be the same.
async fn refused(config: Builder) -> Error {
    let notes = notes(config);
    let write = notes.create(&map(&[("id", "a".into())])).await;
    let write = write.expect_err("nobody is let in");
    let read = notes.get("a").await.expect_err("nobody is let in");
    assert_eq!(read.kind(), write.kind(), "{read:?}");
    for (error, operation) in [(&read, "document.get"), (&write, "document.create")] {
        let told = error.to_string();
        let begin = format!("{operation} on \"notes\" at \"a\": ");
        assert!(told.starts_with(&begin), "{told}");
        assert!(!error.retryable() && !error.outcome_unknown(), "{error:?}");
    }
    read
}

async fn check(config: Builder, kind: ErrorKind, what: &str) {
    let error = refused(config).await;
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(error.to_string().contains(what), "{error}");
}

#[tokio::test]
async fn who_has_no_credentials_wrong_ones_or_no_permission_is_told_what_to_check() {
    let user = User::create("nobody").await;
    let as_user = config().credentials_provider(user.credentials());
    let allow = ErrorKind::PermissionDenied;
    check(
        as_user,
        allow,
        "give the role of this program the permission",
    )
    .await;

    let unknown = ErrorKind::Unauthenticated;
    let wrong = Credentials::new(&user.key, "another secret", None, None, "tests");
    let wrong = config().credentials_provider(wrong);
    check(wrong, unknown, "check the access key with its secret").await;
    let stranger = Credentials::new("AKIANOBODYKNOWSTHIS0", "secret", None, None, "tests");
    let stranger = config().credentials_provider(stranger);
    check(stranger, unknown, "check the access key with its secret").await;
    check(
        config().credentials_provider(Nothing),
        unknown,
        "set AWS_ACCESS_KEY_ID",
    )
    .await;
}

/// A region has tables of its own: those of another are not there, whoever asks.
#[tokio::test]
async fn in_another_region_the_table_is_missing_and_the_region_is_what_to_check() {
    let here = config().credentials_provider(root());
    notes(here).ensure().await.unwrap();
    let elsewhere = config().region(Region::new("eu-central-1"));
    let elsewhere = elsewhere.credentials_provider(root());
    let missing = ErrorKind::Internal;
    check(elsewhere, missing, "check its name, region and account").await;
}

/// An environment in which there are no credentials.
#[derive(Debug)]
struct Nothing;

impl ProvideCredentials for Nothing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded_no_source()))
    }
}

/// DynamoDB takes signatures up to a quarter of an hour old. What it says of older ones tells the
/// SDK how late it is, so that the request is sent again, once, and all that follow are right.
#[tokio::test]
async fn a_clock_that_is_off_by_minutes_costs_a_second_request_at_most() {
    let user = User::create("late").await;
    user.allow("dynamodb:*").await;
    let upstream = emulator::guarded().trim_start_matches("http://");
    let upstream = upstream.parse().expect("a port of this machine");
    let minutes = |count: u64| Duration::from_mins(count);
    let now = SystemTime::now();
    let made = config().credentials_provider(user.credentials());
    notes(made).ensure().await.unwrap();
    for (clock, requests) in [
        (now - minutes(10), 1),
        (now - minutes(20), 2),
        (now + minutes(20), 2),
    ] {
        let proxy = Proxy::before(upstream, Protocol::Http1)
            .await
            .expect("a port");
        let late = config()
            .endpoint_url(proxy.url())
            .credentials_provider(user.credentials())
            .time_source(StaticTimeSource::new(clock));
        let late = notes(late);
        late.upsert(&map(&[("id", "b".into())])).await.unwrap();
        assert_eq!(proxy.count("PutItem"), requests);
        assert!(late.get("b").await.unwrap().is_some());
        assert_eq!(proxy.count("GetItem"), 1);
    }
}
