//! Whose word of a caller counts, and what a door cannot pass on.

use http::HeaderValue;
use isobar::authorization::AuthorizerSpec;
use isobar::driver::AUTHORIZER_VARIABLE;
use isobar::driver::function::FunctionDescription;
use isobar::function::RequestId;
use isobar::http::Routes;
use isobar::http::routing::get;
use isobar::{App, Environment};
use serde_json::{Value, json};

use super::super::{LambdaPlatform, clock};
use super::*;
use crate::gateway::Arrival;

const LOGIN: AuthorizerSpec =
    AuthorizerSpec::new("login", "https://login.example").audience("notes");

async fn who(context: Context) -> String {
    let caller = context
        .principal()
        .map(|caller| caller.subject().to_owned());
    caller.unwrap_or_default()
}

/// More cookies than a load balancer can tell with one value a name.
async fn cookies() -> Response {
    let mut response = Response::default();
    for _ in 0..513 {
        let cookie = HeaderValue::from_static("a=1");
        response.headers_mut().append("set-cookie", cookie);
    }
    response
}

fn app() -> AppService {
    let description = FunctionDescription {
        provider: "lambda",
        capabilities: LambdaPlatform::CAPABILITIES,
    };
    let environment = Environment::builder(description, Arc::new(clock()));
    let environment = environment.checked_by_front_door().build();
    let routes = Routes::new()
        .route("/who", get(who).requires(LOGIN))
        .get("/cookies", cookies);
    let app = App::new("callers", |_: &Environment| Ok(()));
    let app = app.authorizer(&LOGIN).routes(routes);
    app.build(&environment).unwrap()
}

async fn answer(named: &'static str, event: Value) -> Value {
    let settings =
        Settings::from_variables(&|name| (name == AUTHORIZER_VARIABLE).then(|| named.to_owned()));
    let Ok(Arrival::Request(door, request)) = Arrival::of(&event.to_string().into()) else {
        panic!("{event} is no request")
    };
    let visit = Visit {
        door,
        context: Context::new(RequestId::from_platform("r"), None, Arc::new(clock())),
        trace: None,
        settings: Arc::new(settings.unwrap()),
    };
    match visit.answer(&app(), request).await.unwrap() {
        Reply::Whole(answer) => serde_json::from_slice(&answer).unwrap(),
        Reply::Stream(_) => panic!("it is streamed"),
    }
}

/// A request of somebody whom an authorizer has checked.
fn by(authorizer: &Value, domain: &str) -> Value {
    json!({
        "version": "2.0",
        "rawPath": "/who",
        "requestContext": { "http": { "method": "GET" }, "domainName": domain, "authorizer": authorizer },
    })
}

const API: &str = "id.execute-api.eu-central-1.amazonaws.com";
const URL: &str = "id.lambda-url.eu-central-1.on.aws";

#[tokio::test]
async fn a_caller_is_let_in_by_whoever_is_named_and_by_nobody_else() {
    let token = |issuer: &str, audience: &str| json!({ "jwt": { "claims": { "iss": issuer, "aud": audience, "sub": "ann" }, "scopes": null } });
    let ours = token("https://login.example", "notes");
    let iam = json!({ "iam": { "userArn": "arn:aws:iam::123456789012:user/ann" } });
    let own = json!({ "lambda": { "sub": "ann" } });
    for (named, authorizer, domain, status) in [
        ("api-gateway", &ours, API, 200),
        (
            "api-gateway",
            &token("https://other.example", "notes"),
            API,
            401,
        ),
        (
            "api-gateway",
            &token("https://login.example", "other"),
            API,
            401,
        ),
        (
            "api-gateway",
            &json!({ "jwt": { "claims": { "sub": "ann" } } }),
            API,
            401,
        ),
        ("api-gateway", &ours, URL, 401),
        ("api-gateway", &iam, URL, 401),
        ("api-gateway", &iam, API, 401),
        ("api-gateway", &own, API, 401),
        ("lambda-authorizer", &own, API, 200),
        ("lambda-authorizer", &ours, API, 401),
        ("iam", &iam, URL, 200),
        ("iam", &own, API, 401),
    ] {
        let answer = answer(named, by(authorizer, domain)).await;
        assert_eq!(
            answer["statusCode"], status,
            "{named} {authorizer} {answer}"
        );
    }
}

#[tokio::test]
async fn what_a_load_balancer_cannot_pass_on_is_a_502() {
    let event = json!({
        "requestContext": { "elb": {} }, "httpMethod": "GET", "path": "/cookies", "headers": {},
    });
    let answer = answer("application", event).await;
    assert_eq!(answer["statusCode"], 502, "{answer}");
    let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(problem["code"], "response_not_passed_on");
}
