//! Tests of places and of the variables that credentials come from.

use isobar::ErrorKind;

use super::*;
use crate::config::account::{ACCOUNT, CONNECTION, KEY, SAS};
use crate::credential::DEVELOPMENT_KEY;

fn parse(url: &str, variables: &[(&str, &str)]) -> Result<TablesPlace> {
    TablesPlace::parse_with(url, &|wanted| {
        let mut variables = variables.iter();
        variables.find_map(|(name, value)| (*name == wanted).then(|| (*value).to_owned()))
    })
}

/// "key" in base64.
const SOME_KEY: &str = "a2V5";

#[test]
fn a_url_names_account_endpoint_and_prefix() {
    let place = parse("azure-tables://shop", &[(KEY, SOME_KEY)]).unwrap();
    assert_eq!(place.account, "shop");
    assert_eq!(place.endpoint, "https://shop.table.core.windows.net");
    assert_eq!(place.credential, Some(Credential::key(SOME_KEY).unwrap()));
    let url = "azure-tables://shop?prefix=t-&endpoint=http://[::1]:9/shop/";
    let place = parse(url, &[]).unwrap();
    assert_eq!(place.endpoint, "http://[::1]:9/shop");
    assert_eq!(place.prefix.as_deref(), Some("t-"));
}

#[test]
fn a_connection_string_says_everything_that_the_url_does_not() {
    let text = "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=a2V5;\
                EndpointSuffix=core.chinacloudapi.cn";
    let place = parse("azure-tables://", &[(CONNECTION, text)]).unwrap();
    assert_eq!(place.account, "shop");
    assert_eq!(place.endpoint, "https://shop.table.core.chinacloudapi.cn");
    assert_eq!(place.credential, Some(Credential::key(SOME_KEY).unwrap()));
    let text = "TableEndpoint=https://shop.example/;SharedAccessSignature=sv=1&sig=a%2Fb=";
    let place = parse("azure-tables://shop", &[(CONNECTION, text)]).unwrap();
    assert_eq!(place.endpoint, "https://shop.example");
    assert_eq!(place.credential, Some(Credential::sas("?sv=1&sig=a%2Fb=")));
    let place = parse(
        "azure-tables://",
        &[(CONNECTION, "UseDevelopmentStorage=true")],
    );
    assert_eq!(place.unwrap().endpoint, TABLES.development);
}

#[test]
fn the_credential_of_another_account_is_not_used() {
    let text = "AccountName=other;AccountKey=a2V5";
    let variables = [(CONNECTION, text), (ACCOUNT, "other"), (KEY, SOME_KEY)];
    let place = parse("azure-tables://shop", &variables).unwrap();
    assert_eq!(place.endpoint, "https://shop.table.core.windows.net");
    assert_eq!(place.credential, None);
}

#[test]
fn the_account_of_emulators_has_the_key_that_everybody_knows() {
    let place = parse("azure-tables://devstoreaccount1", &[]).unwrap();
    let known = Credential::key(DEVELOPMENT_KEY).unwrap();
    assert_eq!(place.credential, Some(known));
}

#[test]
fn other_urls_are_refused() {
    for url in [
        "azure-tables:shop",
        "azure-tables://",
        "azure-tables://shop/notes",
        "azure-tables://shop?x=1",
        "cosmos://shop",
    ] {
        let error = parse(url, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{url}");
    }
}

#[test]
fn without_a_credential_the_store_says_what_is_missing() {
    let error = parse("azure-tables://shop?endpoint=http://127.0.0.1:1", &[])
        .unwrap()
        .open()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    for said in [CONNECTION, KEY, SAS, "Entra"] {
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn no_secret_is_printed() {
    let place = parse("azure-tables://shop", &[(SAS, "sv=1&sig=hidden")]).unwrap();
    assert!(!format!("{place:?}").contains("hidden"), "{place:?}");
    let error = parse("azure-tables://shop", &[(KEY, "hidden!")]).unwrap_err();
    assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
}
