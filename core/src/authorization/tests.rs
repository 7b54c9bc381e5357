//! Who is let in, with tokens of which a driver says that they are signed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::*;
use crate::capability::Capabilities;
use crate::driver::function::FunctionDescription;
use crate::driver::token::{TokenDriver, TokenIssuer};
use crate::driver::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::function::{App, AppService, Context, Origin, SettingSpec};
use crate::http::routing::get;
use crate::http::{Body, Rate, Request, Routes};
use crate::{Environment, EnvironmentBuilder};

const NOW: u64 = 2_000_000_000;
const ISSUER: SettingSpec = SettingSpec::new("LOGIN_ISSUER");
const LOGIN: AuthorizerSpec =
    AuthorizerSpec::new("login", "https://login.example").audience("notes");

/// Says of a token what stands in it, as if it were signed.
#[derive(Debug)]
struct Believes;

#[async_trait]
impl TokenDriver for Believes {
    async fn claims(&self, _: &TokenIssuer, token: &str) -> Result<Claims> {
        match token {
            "forged" => Err(Error::new(ErrorKind::Unauthenticated, "no key fits")),
            "offline" => Err(Error::new(ErrorKind::Unavailable, "no keys")
                .with_retry_after(Duration::from_millis(4_001))),
            hex => {
                let bytes = hex.as_bytes().chunks(2).map(|pair| {
                    let pair = std::str::from_utf8(pair).unwrap();
                    u8::from_str_radix(pair, 16).unwrap()
                });
                Ok(serde_json::from_slice(&bytes.collect::<Vec<_>>()).unwrap())
            }
        }
    }
}

#[derive(Debug)]
struct Fixed;

#[async_trait]
impl Clock for Fixed {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

fn environment() -> EnvironmentBuilder {
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::default(),
    };
    Environment::builder(platform, Arc::new(Fixed))
}

fn routes() -> Routes<()> {
    let who = |caller: Principal, context: Context| async move {
        let noted = context.principal().map(Principal::subject) == Some(caller.subject());
        let scopes: Vec<&str> = caller.scopes().collect();
        format!("{} {} {noted}", caller.subject(), scopes.join("+"))
    };
    Routes::new()
        .route("/me", get(who).requires(LOGIN))
        .route("/notes", get(who).requires(LOGIN.scopes(&["read", "list"])))
        .get("/open", || async { "open" })
}

fn app() -> App<()> {
    App::new("test", |_| Ok(()))
        .authorizer(&LOGIN)
        .routes(routes())
}

fn token(change: &Value) -> String {
    let mut claims = json!({
        "iss": "https://login.example", "aud": "notes", "sub": "ann", "exp": NOW + 1, "scope": "read list",
    });
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    let text = claims.to_string();
    text.bytes()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

async fn send(service: &AppService, request: Request) -> (u16, String, String) {
    let answer = service.respond(request, Origin::default()).await;
    let response = answer.unwrap_or_else(|never| match never {});
    let status = response.status().as_u16();
    let challenge = response.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge
        .map_or("", |value| value.to_str().unwrap())
        .to_owned();
    let waits = matches!(status, 429 | 503);
    assert_eq!(waits, response.headers().contains_key(RETRY_AFTER));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, challenge, String::from_utf8(body.to_vec()).unwrap())
}

fn request(path: &str, authorization: Option<&str>) -> Request {
    let mut request = http::Request::get(path);
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Body::empty()).unwrap()
}

async fn ask(path: &str, authorization: Option<&str>) -> (u16, String, String) {
    let service = app().build(&environment().tokens(Arc::new(Believes)).build());
    send(&service.unwrap(), request(path, authorization)).await
}

async fn check(change: &Value, expected: (u16, &str)) {
    let shown = change.to_string();
    let (status, challenge, body) = ask("/notes", Some(&format!("Bearer {}", token(change)))).await;
    assert_eq!(status, expected.0, "{shown} {body}");
    assert!(challenge.contains(expected.1), "{shown} {challenge}");
}

#[tokio::test]
async fn a_caller_with_a_token_is_known_to_the_handler() {
    let bearer = format!("bEARER {}", token(&json!({})));
    assert_eq!(ask("/notes", Some(&bearer)).await.2, "ann read+list true");
    assert_eq!(ask("/me", Some(&bearer)).await.0, 200);
    assert_eq!(ask("/open", None).await.2, "open");
}

#[tokio::test]
async fn a_token_must_hold_here_and_now() {
    let invalid = (401, "error=\"invalid_token\"");
    for fine in [
        json!({}),
        json!({"aud": ["other", "notes"]}),
        json!({"aud": null, "client_id": "notes"}),
        json!({"exp": NOW - 59}),
        json!({"exp": 2_000_000_000.5, "nbf": NOW + 59, "iat": NOW + 59}),
        json!({"scope": null, "scp": ["list", "read"]}),
    ] {
        check(&fine, (200, "")).await;
    }
    for wrong in [
        json!({"iss": "https://login.example/"}),
        json!({"iss": null}),
        json!({"iss": ["https://login.example"]}),
        json!({"aud": "other"}),
        json!({"aud": null}),
        json!({"aud": "other", "client_id": "notes"}),
        json!({"aud": []}),
        json!({"exp": NOW - 61}),
        json!({"exp": null}),
        json!({"exp": (NOW + 1).to_string()}),
        json!({"nbf": NOW + 61}),
        json!({"nbf": "soon"}),
        json!({"iat": NOW + 61}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": 7}),
    ] {
        check(&wrong, invalid).await;
    }
    let lacking = (403, "error=\"insufficient_scope\", scope=\"read list\"");
    check(&json!({"scope": "read lists"}), lacking).await;
    check(&json!({"scope": null}), lacking).await;
}

#[tokio::test]
async fn a_header_without_one_token_is_refused() {
    let (status, challenge, body) = ask("/me", None).await;
    assert_eq!(
        (status, challenge.as_str()),
        (401, "Bearer realm=\"login\"")
    );
    assert!(body.contains("token_missing"), "{body}");
    assert_eq!(
        ask("/me", Some("Basic YTpi")).await.1,
        "Bearer realm=\"login\""
    );
    let giant = format!("Bearer {}", "a".repeat(20_000));
    for wrong in [
        "Bearer a b",
        "Bearer  ",
        "Bearer a,b",
        "Bearer \"a\"",
        giant.as_str(),
    ] {
        let (status, challenge, _) = ask("/me", Some(wrong)).await;
        assert_eq!(status, 401, "{wrong}");
        assert!(challenge.contains("invalid_token"), "{challenge}");
    }
    let mut two = request("/me", Some(&format!("Bearer {}", token(&json!({})))));
    two.headers_mut()
        .append(AUTHORIZATION, "Basic YTpi".parse().unwrap());
    let service = app().build(&environment().tokens(Arc::new(Believes)).build());
    assert_eq!(send(&service.unwrap(), two).await.0, 401);
}

#[tokio::test]
async fn a_signature_that_does_not_fit_is_401_and_keys_that_are_out_of_reach_are_503() {
    let (status, _, body) = ask("/me", Some("Bearer forged")).await;
    assert_eq!(status, 401);
    assert!(!body.contains("forged"), "{body}");
    let (status, challenge, body) = ask("/me", Some("Bearer offline")).await;
    assert_eq!((status, challenge.as_str()), (503, ""));
    assert!(body.contains("issuer_unavailable"), "{body}");
}

#[tokio::test]
async fn callers_come_again_when_the_keys_may_be_had() {
    let service = app().build(&environment().tokens(Arc::new(Believes)).build());
    let offline = request("/me", Some("Bearer offline"));
    let answer = service.unwrap().respond(offline, Origin::default()).await;
    let response = answer.unwrap_or_else(|never| match never {});
    assert_eq!(response.headers()[RETRY_AFTER], "5");
}

/// Counts how often it is asked.
#[derive(Debug, Default)]
struct Counts(AtomicUsize);

#[async_trait]
impl TokenDriver for Counts {
    async fn claims(&self, issuer: &TokenIssuer, token: &str) -> Result<Claims> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Believes.claims(issuer, token).await
    }
}

#[tokio::test]
async fn several_requirements_check_one_token_once_and_its_scopes_each() {
    /// What a middleware may do between two requirements.
    async fn with_other_token(mut request: Request) -> Request {
        let forged = http::HeaderValue::from_static("Bearer forged");
        request.headers_mut().insert(AUTHORIZATION, forged);
        request
    }
    let twice = get(|| async { "twice" }).requires(LOGIN.scopes(&["list"]));
    let wider = get(|| async { "wider" }).requires(LOGIN.scopes(&["write"]));
    let replaced = Routes::new()
        .get("/replaced", || async { "replaced" })
        .requires(LOGIN)
        .layer(axum::middleware::map_request(with_other_token));
    let routes = Routes::new()
        .route("/twice", twice)
        .route("/wider", wider)
        .merge(replaced)
        .requires(LOGIN.scopes(&["read"]));
    let app = App::new("test", |_| Ok(()))
        .authorizer(&LOGIN)
        .routes(routes);
    let counts = Arc::new(Counts::default());
    let environment = environment().tokens(Arc::clone(&counts) as _).build();
    let service = app.build(&environment).unwrap();
    let bearer = format!("Bearer {}", token(&json!({})));
    for (path, status, asked) in [
        ("/twice", 200, 1),
        ("/wider", 403, 1),
        ("/replaced", 401, 2),
    ] {
        let answer = send(&service, request(path, Some(&bearer))).await;
        assert_eq!(answer.0, status, "{path}");
        assert_eq!(counts.0.swap(0, Ordering::Relaxed), asked, "{path}");
    }
}

#[tokio::test]
async fn the_word_of_a_front_door_counts_only_where_the_deployment_says_so() {
    let claims = |change: Value| {
        let mut claims = json!({"sub": "ann", "scope": "read list"});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut request = request("/notes", None);
        let claims: Claims = claims.as_object().unwrap().clone();
        request.extensions_mut().insert(CheckedClaims(claims));
        request
    };
    let own = app()
        .build(&environment().tokens(Arc::new(Believes)).build())
        .unwrap();
    let trusting = app()
        .build(&environment().checked_by_front_door().build())
        .unwrap();
    assert_eq!(send(&own, claims(json!({}))).await.0, 401);
    assert_eq!(send(&trusting, claims(json!({}))).await.0, 200);
    let other = claims(json!({"iss": "https://other.example"}));
    assert_eq!(send(&trusting, other).await.0, 401);
    assert_eq!(
        send(&trusting, claims(json!({"aud": "other"}))).await.0,
        401
    );
    for (client, status) in [("other", 401), ("notes", 200)] {
        let cognito = claims(json!({"client_id": client}));
        assert_eq!(send(&trusting, cognito).await.0, status, "{client}");
    }
    assert_eq!(
        send(&trusting, claims(json!({"scope": "read"}))).await.0,
        403
    );
    // A token is not looked at where the front door has to.
    let bearer = format!("Bearer {}", token(&json!({})));
    assert_eq!(
        send(&trusting, request("/notes", Some(&bearer))).await.0,
        401
    );
}

#[tokio::test]
async fn a_requirement_holds_for_all_routes_before_it_and_for_the_fallback() {
    let routes: Routes<()> = Routes::new()
        .get("/a", || async { "a" })
        .fallback(|| async { "rest" })
        .requires(LOGIN)
        .get("/open", || async { "open" });
    assert_eq!(routes.table()[0].requires, [LOGIN.into()]);
    let app = App::new("test", |_| Ok(()))
        .authorizer(&LOGIN)
        .routes(routes);
    let service = app
        .build(&environment().tokens(Arc::new(Believes)).build())
        .unwrap();
    for (path, status) in [("/a", 401), ("/other", 401), ("/open", 200)] {
        assert_eq!(
            send(&service, request(path, None)).await.0,
            status,
            "{path}"
        );
    }
    // A handler that is added after the requirement is guarded, too.
    let late = get(|| async {}).requires(LOGIN).post(|| async {});
    let app = App::new("test", |_| Ok(())).authorizer(&LOGIN);
    let app = app.routes(Routes::new().route("/late", late));
    let service = app
        .build(&environment().tokens(Arc::new(Believes)).build())
        .unwrap();
    let post = http::Request::post("/late").body(Body::empty()).unwrap();
    assert_eq!(send(&service, post).await.0, 401);
}

#[test]
fn an_application_that_could_let_in_anybody_does_not_start() {
    #[track_caller]
    fn refused(app: App<()>, environment: EnvironmentBuilder, expected: &str) {
        let error = app.build(&environment.build()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let with = |spec: AuthorizerSpec| App::new("test", |_| Ok(())).authorizer(&spec);
    let checking = || environment().tokens(Arc::new(Believes));
    refused(app(), environment(), "\"oidc\"");
    let undeclared = App::new("test", |_| Ok(())).routes(routes());
    refused(undeclared, checking(), "not declared");
    let anybody = AuthorizerSpec::new("login", "https://login.example");
    refused(with(anybody), checking(), "no audience");
    let twice = with(LOGIN).authorizer(&LOGIN);
    refused(twice, checking(), "second authorizer");
    refused(with(anybody.audience("")), checking(), "no audience");
    for url in [
        "http://login.example",
        "login.example",
        "ftp://login.example",
        "",
    ] {
        refused(
            with(AuthorizerSpec::new("login", url).audience("a")),
            checking(),
            "https:",
        );
    }
    let keys = AuthorizerSpec::new("login", "https://login.example").audience("a");
    refused(
        with(keys.keys_at("http://login.example/keys")),
        checking(),
        "https:",
    );
    let named = AuthorizerSpec::new("a\"b", "https://login.example").audience("a");
    refused(with(named), checking(), "needs a name");
    let told = AuthorizerSpec::from_setting("login", ISSUER).audience("notes");
    refused(with(told), checking(), "LOGIN_ISSUER");
}

#[test]
fn what_is_declared_is_described() {
    let told = AuthorizerSpec::from_setting("login", ISSUER).audience("notes");
    let app = App::new("test", |_| Ok(()))
        .authorizer(&told)
        .routes(routes());
    let described = serde_json::to_value(app.describe()).unwrap();
    assert_eq!(
        described["authorizers"],
        json!([{"name": "login", "issuer": {"setting": "LOGIN_ISSUER"}, "audience": {"value": "notes"}}])
    );
    assert_eq!(described["settings"][0]["name"], "LOGIN_ISSUER");
    let requires = &described["routes"][1]["requires"];
    assert_eq!(
        *requires,
        json!([{"authorizer": "login", "scopes": ["read", "list"]}])
    );
}

#[tokio::test]
async fn an_issuer_that_hangs_is_given_up() {
    #[derive(Debug)]
    struct Hangs;
    #[async_trait]
    impl TokenDriver for Hangs {
        async fn claims(&self, _: &TokenIssuer, _: &str) -> Result<Claims> {
            std::future::pending().await
        }
    }
    tokio::time::pause();
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::default(),
    };
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let environment = Environment::builder(platform, Arc::new(clock)).tokens(Arc::new(Hangs));
    let service = app().build(&environment.build()).unwrap();
    assert_eq!(
        send(&service, request("/me", Some("Bearer a"))).await.0,
        503
    );
}

#[tokio::test]
async fn who_is_not_let_in_uses_up_nothing_of_the_limits_of_a_route() {
    let limited = get(async || "in").requires(LOGIN);
    let limited = limited.rate(Rate::per_second(1)).max_concurrent(1);
    let app = App::new("test", |_: &Environment| Ok(()))
        .authorizer(&LOGIN)
        .routes(Routes::new().route("/limited", limited));
    let environment = environment().tokens(Arc::new(Believes)).build();
    let service = app.build(&environment).unwrap();
    for token in [None, Some("Bearer forged"), None] {
        let refused = send(&service, request("/limited", token)).await;
        assert_eq!(refused.0, 401, "{refused:?}");
    }
    let token = format!("Bearer {}", token(&json!({})));
    let ask = || send(&service, request("/limited", Some(&token)));
    assert_eq!(ask().await.0, 200);
    assert_eq!(ask().await.0, 429);
}
