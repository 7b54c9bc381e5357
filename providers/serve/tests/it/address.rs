//! Addresses that cannot be taken are named, with what to do.

use std::error::Error as _;

use isobar_serve::{ErrorKind, Options, Server};

async fn check(address: &str, kind: ErrorKind, advice: &str) {
    let error = Server::bind(address, Options::default()).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let message = error.to_string();
    assert!(
        message.starts_with(&format!("cannot listen on {address}: ")),
        "{message}"
    );
    assert!(message.contains(advice), "{message}");
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = Server::bind("127.0.0.1:0", Options::default())
        .await
        .unwrap();
    let address = taken.local_addr().to_string();
    check(&address, ErrorKind::AddressInUse, "another process uses it").await;
}

#[tokio::test]
async fn what_is_no_address_is_named() {
    check("3000", ErrorKind::InvalidAddress, "write host:port").await;
    check(
        "127.0.0.1:99999",
        ErrorKind::InvalidAddress,
        "write host:port",
    )
    .await;
    check(
        "no such host:1",
        ErrorKind::InvalidAddress,
        "write host:port",
    )
    .await;
    check(
        "192.0.2.1:0",
        ErrorKind::InvalidAddress,
        "not an address of this machine",
    )
    .await;
}
