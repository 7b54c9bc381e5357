//! The server behind proxies of one's own, which tell whose request it is, and which wait for so long.

use std::future::pending;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use isobar::driver::function::FunctionDriver as _;
use isobar::function::Context;
use isobar::http::Routes;
use isobar::http::routing::get;
use isobar::{App, Environment, ErrorKind};
use isobar_local::{LocalPlatform, clock};

async fn client(context: Context) -> String {
    let scheme = context
        .location()
        .map(|location| location.scheme().to_string());
    format!("{:?} {scheme:?}", context.remote_address())
}

/// What the application answers on this path, as text with its head.
async fn answer(set: &'static [(&'static str, &'static str)], path: &'static str) -> String {
    let variables = |name: &str| {
        let found = set.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
    let platform = platform.with_variables(&variables).unwrap();
    let address = platform.local_addr();
    let environment = Environment::builder(platform.describe(), Arc::new(clock())).build();
    let routes = Routes::new()
        .route("/client", get(client))
        .route("/never", get(pending::<&'static str>));
    let app = App::new("test", |_: &Environment| Ok(())).routes(routes);
    let app = app.build(&environment).unwrap();
    let serving = tokio::spawn(async move { platform.serve(app).await });
    let answer = tokio::task::spawn_blocking(move || ask(address, path)).await;
    serving.abort();
    answer.unwrap()
}

fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-forwarded-proto: https\r\n\
         x-forwarded-for: 192.0.2.66, 203.0.113.9\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn the_client_is_whom_the_trusted_proxies_name_and_else_the_peer() {
    let trusted = answer(&[("ISOBAR_TRUSTED_HOPS", "1")], "/client").await;
    assert!(
        trusted.ends_with("Some(203.0.113.9) Some(\"https\")"),
        "{trusted}"
    );
    let untrusted = answer(&[], "/client").await;
    assert!(
        untrusted.ends_with("Some(127.0.0.1) Some(\"http\")"),
        "{untrusted}"
    );
}

#[tokio::test]
async fn a_request_has_the_time_that_the_variable_says() {
    let late = answer(&[("ISOBAR_TIMEOUT", "1s")], "/never").await;
    assert!(late.starts_with("HTTP/1.1 504"), "{late}");
}

#[tokio::test]
async fn a_variable_that_is_wrong_keeps_the_server_from_its_start() {
    for name in ["ISOBAR_TRUSTED_HOPS", "ISOBAR_TIMEOUT"] {
        let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
        let wrong = |own: &str| (own == name).then(|| "-1".to_owned());
        let error = platform.with_variables(&wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(name), "{error}");
    }
}
