//! What a front door says of callers: believed where the deployment names it, and taken away elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use isobar::authorization::{AuthorizerSpec, Claims, Principal};
use isobar::driver::AUTHORIZER_VARIABLE;
use isobar::driver::function::FunctionDriver as _;
use isobar::driver::token::{TokenDriver, TokenIssuer};
use isobar::http::routing::get;
use isobar::http::{Request, Routes};
use isobar::{App, Environment, Error, ErrorKind, Result};
use isobar_serve::{FrontDoorClaims, PlatformFacts, PlatformSetup, base64_claims};

use crate::harness::{exchange, get_once, status};
use crate::platform::FACTS;

static GATED: PlatformFacts = PlatformFacts {
    front_doors: &[FrontDoorClaims {
        name: "gate",
        fields: &["x-gate-claims"],
        read: base64_claims,
        reserved: &["x-gate-"],
        removes_signatures: false,
    }],
    ..FACTS
};

const LOGIN: AuthorizerSpec =
    AuthorizerSpec::new("login", "https://login.example").audience("notes");
/// `{"sub":"ann"}`
const ANN: &str = "x-gate-claims: eyJzdWIiOiJhbm4ifQ\r\n";

/// Nobody has signed anything.
#[derive(Debug)]
struct Refuses;

#[async_trait]
impl TokenDriver for Refuses {
    async fn claims(&self, _: &TokenIssuer, _: &str) -> Result<Claims> {
        Err(Error::new(ErrorKind::Unauthenticated, "nobody"))
    }
}

fn app() -> App<()> {
    let fields = async |request: Request| format!("{:?}", request.headers());
    let who = async |caller: Principal| caller.subject().to_owned();
    let routes = Routes::new()
        .route("/me", get(who).requires(LOGIN))
        .get("/fields", fields);
    App::new("gated", |_: &Environment| Ok(()))
        .authorizer(&LOGIN)
        .routes(routes)
}

async fn start(front_door: Option<&'static str>) -> SocketAddr {
    let variables = move |name: &str| match name {
        "A_PORT" => Some("0".to_owned()),
        AUTHORIZER_VARIABLE => front_door.map(str::to_owned),
        _ => None,
    };
    let platform = PlatformSetup::new(&GATED).bind(&variables).await.unwrap();
    let address = platform.local_addr();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).tokens(Arc::new(Refuses));
    let environment = match front_door {
        Some(_) => environment.checked_by_front_door(),
        None => environment,
    };
    let app = app().build(&environment.build()).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    address
}

#[tokio::test]
async fn the_front_door_that_is_named_is_believed() {
    let address = start(Some("gate")).await;
    let answer = exchange(address, &get_once("/me", ANN)).await;
    assert!(answer.ends_with("ann"), "{answer}");
    for fields in ["", "x-gate-claims: nonsense\r\n", &ANN.repeat(2)] {
        let answer = exchange(address, &get_once("/me", fields)).await;
        assert_eq!(status(&answer), "401", "{fields}");
    }
}

#[tokio::test]
async fn what_clients_write_in_its_place_is_not_believed_and_reaches_no_handler() {
    let address = start(None).await;
    let answer = exchange(address, &get_once("/me", ANN)).await;
    assert_eq!(status(&answer), "401");
    assert!(
        answer.contains("www-authenticate: Bearer realm=\"login\""),
        "{answer}"
    );
    assert_eq!(answer.matches("x-request-id").count(), 1, "{answer}");
    let fields = format!("{ANN}x-gate-name: ann\r\nx-gates: kept\r\n");
    let answer = exchange(address, &get_once("/fields", &fields)).await;
    assert_eq!(status(&answer), "200");
    assert!(!answer.contains("x-gate-"), "{answer}");
    assert!(answer.contains("x-gates"), "{answer}");
}

#[tokio::test]
async fn a_front_door_that_the_platform_does_not_have_ends_the_start() {
    let variables = |name: &str| match name {
        "A_PORT" => Some("0".to_owned()),
        AUTHORIZER_VARIABLE => Some("another".to_owned()),
        _ => None,
    };
    let error = PlatformSetup::new(&GATED)
        .bind(&variables)
        .await
        .unwrap_err();
    assert!(error.to_string().contains(AUTHORIZER_VARIABLE), "{error}");
}
