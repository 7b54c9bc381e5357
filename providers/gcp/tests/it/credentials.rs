//! Who asks: a service account signs for itself, and one without a token asks nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use google_cloud_auth::credentials::{
    CacheableResource, Credentials, CredentialsProvider, service_account,
};
use google_cloud_auth::errors::CredentialsError;
use http::{Extensions, HeaderMap};
use isobar::document::{CollectionSpec, Map};
use isobar::driver::SystemClock;
use isobar::{Collection, Error, ErrorKind};
use isobar_fault_proxy::{Protocol, Proxy};
use isobar_gcp::config::Place;

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");
/// A key that was made for this test and opens nothing.
const SERVICE_ACCOUNT: &str = include_str!("service-account.json");

/// What one with these credentials hears where nobody answers, and what he has sent.
async fn asked(credentials: Credentials) -> (Error, Vec<String>) {
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let proxy = Proxy::before(nobody, Protocol::Grpc).await.expect("a port");
    let url = format!("firestore://shop?endpoint={}", proxy.url());
    let store = Place::parse(&url)
        .expect("a place")
        .open_as(credentials)
        .expect("a store");
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let notes = Collection::new(Arc::new(store), Arc::new(clock), &NOTES, "");
    let mut note = Map::new();
    note.insert("id".to_owned(), "a".into());
    let error = notes.create(&note).await.expect_err("nobody is there");
    let requests = proxy.requests().into_iter();
    let requests = requests.map(|request| String::from_utf8_lossy(&request).into_owned());
    (error, requests.collect())
}

#[tokio::test]
async fn a_service_account_signs_its_requests_itself() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let account = serde_json::from_str(SERVICE_ACCOUNT).unwrap();
    let scope = "https://www.googleapis.com/auth/datastore";
    let scope = service_account::AccessSpecifier::from_scopes([scope]);
    let credentials = service_account::Builder::new(account).with_access_specifier(scope);
    let (_, requests) = asked(credentials.build().unwrap()).await;
    let commit = requests.first().expect("a request");
    assert!(
        commit.contains("/google.firestore.v1.Firestore/Commit"),
        "{commit}"
    );
    let database = "google-cloud-resource-prefix: projects/shop/databases/(default)";
    assert!(commit.contains(database), "{commit}");
    let token = commit
        .split("authorization: Bearer ")
        .nth(1)
        .expect("a token");
    let claims = token.split('.').nth(1).expect("three parts");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("Base64");
    let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(claims["iss"], "tests@shop.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/datastore");
}

/// Credentials that give no token.
#[derive(Debug)]
struct Empty {
    is_transient: bool,
}

impl CredentialsProvider for Empty {
    async fn headers(
        &self,
        _: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        Err(CredentialsError::from_msg(self.is_transient, "none today"))
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

#[tokio::test]
async fn one_without_a_token_asks_nothing_and_hears_what_to_set() {
    for (is_transient, kind) in [
        (false, ErrorKind::Unauthenticated),
        (true, ErrorKind::Unavailable),
    ] {
        let (error, requests) = asked(Credentials::from(Empty { is_transient })).await;
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(error.retryable(), is_transient, "{error:?}");
        assert!(!error.outcome_unknown(), "{error:?}");
        let told = error.to_string();
        assert!(told.contains("GOOGLE_APPLICATION_CREDENTIALS"), "{told}");
        assert_eq!(requests, Vec::<String>::new());
    }
}

/// Says to [`a_file_of_credentials_that_is_missing_is_told_when_the_store_is_opened`] that it is the
/// process which has the variable.
const INNER: &str = "ISOBAR_TEST_WITHOUT_CREDENTIALS";

#[tokio::test]
async fn a_file_of_credentials_that_is_missing_is_told_when_the_store_is_opened() {
    if std::env::var_os(INNER).is_some() {
        let error = Place::parse("firestore://shop").unwrap().open();
        let error = error.expect_err("there is no such file");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
        assert!(!error.retryable(), "{error:?}");
        let told = error.to_string();
        assert!(told.contains("GOOGLE_APPLICATION_CREDENTIALS"), "{told}");
        return;
    }
    let test =
        "credentials::a_file_of_credentials_that_is_missing_is_told_when_the_store_is_opened";
    let inner = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test])
        .env(INNER, "1")
        .env("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
        .env_remove("FIRESTORE_EMULATOR_HOST")
        .output()
        .expect("the same program");
    let told = String::from_utf8_lossy(&inner.stdout);
    assert!(
        inner.status.success() && told.contains("1 passed"),
        "{told}"
    );
}
