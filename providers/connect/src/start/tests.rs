//! What a process connects to, by its environment.

use std::collections::BTreeMap;

use isobar::blob::{PresignOptions, PresignPutOptions};
use isobar::document::CollectionSpec;
use isobar::function::SettingSpec;
use isobar::{App, BucketSpec};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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
async fn a_front_door_that_is_not_that_of_the_platform_is_believed_nowhere() {
    let message = refused(&[
        ("ISOBAR_DOCUMENTS", "memory:"),
        ("ISOBAR_BLOBS", "memory:"),
        ("GREETING", "hi"),
        ("ISOBAR_AUTHORIZER", "api-gateway"),
    ])
    .await;
    assert!(message.contains("ISOBAR_AUTHORIZER"), "{message}");
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

#[cfg(feature = "fn")]
#[tokio::test]
async fn a_platform_whose_contract_is_broken_is_not_taken_for_this_machine() {
    let memory = [("ISOBAR_DOCUMENTS", "memory:"), ("ISOBAR_BLOBS", "memory:")];
    let message = refused(&[&memory[..], &[("FN_LISTENER", "tcp:1")]].concat()).await;
    assert!(message.contains("FN_LISTENER"), "{message}");
}

#[cfg(feature = "tencent-scf")]
#[tokio::test]
async fn an_event_function_of_scf_that_lacks_its_port_is_not_taken_for_a_web_function() {
    let memory = [("ISOBAR_DOCUMENTS", "memory:"), ("ISOBAR_BLOBS", "memory:")];
    let event = [
        ("TENCENTCLOUD_RUNENV", "SCF"),
        ("SCF_RUNTIME_API", "127.0.0.1"),
    ];
    let message = refused(&[memory, event].concat()).await;
    assert!(message.contains("SCF_RUNTIME_API_PORT"), "{message}");
    let told = [("ISOBAR_PLATFORM", "tencent-scf"), ("GREETING", "hi")];
    start(app(), &[&memory[..], &event, &told].concat())
        .await
        .unwrap();
}

#[cfg(feature = "_platforms")]
fn detected(variables: &'static [&'static str]) -> &'static str {
    let set = move |name: &str| variables.contains(&name).then(|| "x".to_owned());
    let config = Config::new(set, &app().describe());
    match platform::detect(&config).expect("a platform") {
        Platform::Local => "local",
        Platform::Lambda => "lambda",
        Platform::Http(served) => served.name(),
    }
}

#[cfg(feature = "_platforms")]
#[test]
fn each_platform_is_told_by_its_marks() {
    let table: [(&'static [&'static str], &str); 15] = [
        (&[], "local"),
        (&["AWS_LAMBDA_RUNTIME_API"], "lambda"),
        (&["K_SERVICE", "PORT"], "cloud-run"),
        (&["K_SERVICE", "KUBERNETES_SERVICE_HOST"], "knative"),
        (&["KUBERNETES_SERVICE_HOST", "PORT"], "local"),
        (&["FUNCTIONS_CUSTOMHANDLER_PORT"], "azure-functions"),
        (&["FC_CUSTOM_LISTEN_PORT"], "alibaba-fc"),
        (&["FC_FUNCTION_NAME"], "alibaba-fc"),
        (&["TENCENTCLOUD_RUNENV"], "tencent-scf"),
        (
            &["TENCENTCLOUD_RUNENV", "SCF_RUNTIME_API"],
            "tencent-scf-events",
        ),
        (&["OPENFAAS_NAME", "KUBERNETES_SERVICE_HOST"], "openfaas"),
        (&["FN_LISTENER"], "fn"),
        (&["__OW_API_HOST"], "openwhisk"),
        (&["__OW_API_HOST", "__OW_ACTION_NAME"], "openwhisk-loop"),
        (&["__OW_API_HOST", "__OW_PROXY_VERSION"], "openwhisk-loop"),
    ];
    for (variables, expected) in table {
        assert_eq!(detected(variables), expected, "{variables:?}");
    }
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

/// What a put of `bytes` to a URL is answered with, of which so many are sent.
async fn put(url: &str, bytes: usize, sent: usize) -> String {
    let url = url.strip_prefix("http://").expect("a URL of HTTP");
    let (authority, target) = url.split_at(url.find('/').expect("a path"));
    let mut stream = TcpStream::connect(authority).await.expect("a server");
    let head = format!(
        "PUT {target} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: {bytes}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a reader");
    let piece = vec![7; 1 << 20];
    let mut left = sent;
    while left > 0 {
        let next = left.min(piece.len());
        stream.write_all(&piece[..next]).await.expect("a reader");
        left -= next;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn requests_that_the_local_store_signs_are_answered_here_whatever_their_size() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("local:{}", directory.path().display());
    let given = BTreeMap::from([
        ("ISOBAR_DOCUMENTS", url.clone()),
        ("ISOBAR_BLOBS", url),
        ("ISOBAR_LISTEN", "127.0.0.1:0".to_owned()),
        ("GREETING", "hi".to_owned()),
    ]);
    let config = Config::new(move |name| given.get(name).cloned(), &app().describe());
    let connected = connect(&app().describe(), &config).await.unwrap();
    let files = connected.environment.bucket(&FILES).unwrap();
    let service = app().build(&connected.environment).unwrap();
    let serving = tokio::spawn(async move { connected.platform.serve(service).await });
    let bytes = 25 << 20;
    let sized = PresignPutOptions::default().with_size(bytes as u64);
    let request = files.presign_put("a b", sized).await.unwrap();
    assert_eq!(put(&request.url, bytes, bytes).await, "HTTP/1.1 200 OK");
    assert_eq!(files.head("a b").await.unwrap().size, bytes as u64);
    let other = request.url.replace("/.isobar/", "/isobar/");
    let other = put(&other, bytes, 0).await;
    assert_eq!(other, "HTTP/1.1 413 Payload Too Large");
    serving.abort();
}

#[tokio::test]
async fn a_variable_says_by_which_url_others_reach_this_machine() {
    let given = BTreeMap::from([
        ("ISOBAR_DOCUMENTS", "memory:"),
        ("ISOBAR_BLOBS", "memory:"),
        ("ISOBAR_LISTEN", "0.0.0.0:0"),
        ("GREETING", "hi"),
    ]);
    for (variable, beginning) in [
        (None, "http://127.0.0.1:"),
        (Some("https://n.example"), "https://n.example/"),
    ] {
        let given = given.clone();
        let lookup = move |name: &str| match name {
            "ISOBAR_BLOB_URL" => variable.map(str::to_owned),
            _ => given.get(name).map(|value| (*value).to_owned()),
        };
        let config = Config::new(lookup, &app().describe());
        let connected = connect(&app().describe(), &config).await.unwrap();
        let files = connected.environment.bucket(&FILES).unwrap();
        let request = files
            .presign_get("a", PresignOptions::default())
            .await
            .unwrap();
        assert!(request.url.starts_with(beginning), "{}", request.url);
    }
}

/// The configuration of an action in a container, at this address.
#[cfg(feature = "openwhisk")]
fn action(address: &str, description: &Description) -> Config {
    let address = address.to_owned();
    let variable = move |name: &str| match name {
        "ISOBAR_PLATFORM" => Some("openwhisk".to_owned()),
        "ISOBAR_LISTEN" => Some(address.clone()),
        "GREETING" => Some("of the image".to_owned()),
        _ => None,
    };
    Config::new(variable, description)
}

#[cfg(feature = "openwhisk")]
fn greeter() -> App<String> {
    App::new("greeter", |environment| environment.setting(&GREETING)).setting(&GREETING)
}

#[cfg(feature = "openwhisk")]
#[tokio::test]
async fn an_action_that_serves_is_built_with_the_variables_of_its_initialisation() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let description = greeter().describe();
    let config = action(&address, &description);
    let connecting = initialised(&description, &config);
    let initialising = async {
        let mut stream = loop {
            match TcpStream::connect(&address).await {
                Ok(stream) => break stream,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let content = r#"{"value":{"env":{"GREETING":"of the action"}}}"#;
        let length = content.len();
        let head = format!("POST /init HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(content.as_bytes()).await.unwrap();
        stream
    };
    let (connected, _stream) = tokio::join!(connecting, initialising);
    let environment = connected.unwrap().unwrap().environment;
    assert_eq!(environment.setting(&GREETING).unwrap(), "of the action");
}

/// Nobody initialises it.
#[cfg(feature = "openwhisk")]
#[tokio::test]
async fn an_environment_for_tests_and_tools_waits_for_no_initialisation() {
    let description = greeter().describe();
    let config = action("127.0.0.1:0", &description);
    let connected = connect(&description, &config).await.unwrap();
    let greeting = connected.environment.setting(&GREETING).unwrap();
    assert_eq!(greeting, "of the image");
}
