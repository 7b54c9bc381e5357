//! What a process connects to, by its environment.

use std::collections::BTreeMap;

use isobar::document::CollectionSpec;
use isobar::function::SettingSpec;
use isobar::{App, BucketSpec};
use serde_json::Value;

use super::*;

const NOTES: CollectionSpec<Value> = CollectionSpec::new("notes");
const FILES: BucketSpec = BucketSpec::new("files");
const GREETING: SettingSpec = SettingSpec::new("GREETING");

fn app() -> App<()> {
    App::new("notes", |environment| {
        environment.collection(&NOTES)?;
        environment.bucket(&FILES)?;
        environment.setting(&GREETING).map(drop)
    })
    .collection(&NOTES)
    .bucket(&FILES)
    .setting(&GREETING)
}

async fn start(app: App<()>, variables: &[(&str, &str)]) -> Result<()> {
    let given = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let free_port = ("ISOBAR_LISTEN".to_owned(), "127.0.0.1:0".to_owned());
    let given: BTreeMap<String, String> = given.chain([free_port]).collect();
    let config = Config::new(move |name| given.get(name).cloned(), &app.describe());
    let connected = connect(&app.describe(), &config).await?;
    app.build(&connected.environment).map(drop)
}

async fn refused(variables: &[(&str, &str)]) -> String {
    start(app(), variables)
        .await
        .expect_err("this configuration is wrong")
        .to_string()
}

#[tokio::test]
async fn one_local_directory_serves_documents_and_blobs() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("local:{}", directory.path().display());
    let stores = [
        ("ISOBAR_DOCUMENTS", url.as_str()),
        ("ISOBAR_BLOBS", &url),
        ("GREETING", "hi"),
    ];
    start(app(), &stores).await.unwrap();
}

#[tokio::test]
async fn a_missing_setting_is_named() {
    let message = refused(&[("ISOBAR_DOCUMENTS", "memory:"), ("ISOBAR_BLOBS", "memory:")]).await;
    assert!(message.contains("GREETING"), "{message}");
}

#[tokio::test]
async fn a_platform_without_a_configured_store_names_the_variable() {
    let message = refused(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")]).await;
    assert!(message.contains("ISOBAR_DOCUMENTS"), "{message}");
}

#[tokio::test]
async fn a_store_that_is_not_linked_names_crate_and_feature() {
    let message = refused(&[("ISOBAR_DOCUMENTS", "mongodb://account")]).await;
    assert!(message.contains("ISOBAR_DOCUMENTS"), "{message}");
}

#[tokio::test]
async fn a_platform_that_nobody_serves_is_not_taken_for_this_machine() {
    let message = refused(&[("K_SERVICE", "notes")]).await;
    assert!(
        message.contains("K_SERVICE") && message.contains("ISOBAR_PLATFORM"),
        "{message}"
    );
}

#[tokio::test]
async fn an_undeclared_collection_is_an_error_that_says_how_to_declare_it() {
    let app = App::new("notes", |environment| {
        environment.collection(&NOTES).map(drop)
    });
    let error = start(app, &[]).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains(".collection("), "{cause}");
}
