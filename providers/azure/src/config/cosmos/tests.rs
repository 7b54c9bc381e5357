//! What a URL and the environment say of an account.

use super::*;

fn parse(url: &str, variables: &[(&str, &str)]) -> Result<CosmosPlace> {
    CosmosPlace::parse_with(url, &|wanted| {
        let mut found = variables.iter().filter(|(name, _)| *name == wanted);
        found.next().map(|(_, value)| (*value).to_owned())
    })
}

const WHOLE: (&str, &str) = (
    CONNECTION,
    "AccountEndpoint=https://shop.documents.azure.com:443/;AccountKey=aGlkZGVu;",
);

#[test]
fn a_url_names_account_database_region_and_prefix() {
    let place = parse("cosmos://shop/main?region=West%20Europe&prefix=t-", &[]).unwrap();
    assert_eq!(place.endpoint, "https://shop.documents.azure.com/");
    assert_eq!(place.database, "main");
    assert_eq!(place.region.as_deref(), Some("West Europe"));
    assert_eq!(place.prefix.as_deref(), Some("t-"));
    assert_eq!(place.key, None);
    let place = parse("cosmos://x/main?endpoint=https://127.0.0.1:8081/", &[]).unwrap();
    assert_eq!(place.endpoint, "https://127.0.0.1:8081/");
}

#[test]
fn the_connection_string_gives_its_account_an_endpoint_and_a_key() {
    for url in ["cosmos://shop/main", "cosmos:///main"] {
        let place = parse(url, &[WHOLE]).unwrap();
        assert_eq!(place.endpoint, "https://shop.documents.azure.com:443/");
        assert!(place.key.is_some());
        assert!(!format!("{place:?}").contains("aGlkZGVu"));
    }
    let halves = [
        (ENDPOINT, "https://shop.documents.azure.com/"),
        (KEY, "a2V5"),
    ];
    assert!(parse("cosmos://shop/main", &halves).unwrap().key.is_some());
}

#[test]
fn a_key_is_not_sent_to_another_account() {
    let place = parse("cosmos://other/main", &[WHOLE]).unwrap();
    assert_eq!(place.endpoint, "https://other.documents.azure.com/");
    assert_eq!(place.key, None);
    let url = "cosmos://shop/main?endpoint=https://127.0.0.1:8081";
    assert_eq!(parse(url, &[WHOLE]).unwrap().key, None);
}

#[tokio::test]
async fn without_a_key_the_store_says_what_is_missing() {
    let url = "cosmos://shop/main?endpoint=http://127.0.0.1:1";
    let error = parse(url, &[]).unwrap().open().await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.to_string().contains(CONNECTION), "{error}");
}

#[test]
fn other_urls_are_refused() {
    for url in [
        "cosmos:shop",
        "cosmos://shop",
        "cosmos://a/b/c",
        "cosmos://a/b?x=1",
        "cosmos:///d",
    ] {
        let error = parse(url, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{url}");
    }
}
