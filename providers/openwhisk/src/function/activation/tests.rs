//! Activations of a web action, from their arguments to their results.

use std::time::Instant;

use isobar::driver::function::FunctionDescription;
use isobar::http::Routes;
use isobar::{App, Environment};
use serde_json::{Value, json};

use super::*;

async fn never() -> &'static str {
    std::future::pending().await
}

fn activations(set: &'static [(&'static str, &'static str)]) -> Activations {
    let description = FunctionDescription {
        provider: ACTION_LOOP.name,
        capabilities: ACTION_LOOP.capabilities,
    };
    let environment = Environment::builder(description, Arc::new(clock())).build();
    let routes = Routes::new().get("/never", never).get("/", async || "here");
    let app = App::new("activated", |_: &Environment| Ok(())).routes(routes);
    let settings = Settings::from_variables(&|name| {
        let found = set.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    Activations {
        app: app.build(&environment).unwrap(),
        settings: settings.unwrap(),
    }
}

fn activation(path: &str, members: &Value) -> Value {
    let mut value = json!({ "__ow_method": "get", "__ow_query": "", "__ow_path": path });
    for (name, member) in members.as_object().into_iter().flatten() {
        value[name] = member.clone();
    }
    json!({ "value": value, "activation_id": "a", "deadline": "4102444800000" })
}

async fn result(activations: &Activations, activation: &Value) -> Value {
    match activations.run(activation.to_string().as_bytes()).await {
        Ended::Done(result) | Ended::Failed(result) => serde_json::from_slice(&result).unwrap(),
    }
}

#[tokio::test]
async fn the_configuration_may_give_an_activation_less_time_than_openwhisk() {
    let begun = Instant::now();
    let activations = activations(&[("ISOBAR_TIMEOUT", "500ms")]);
    let result = result(&activations, &activation("/never", &Value::Null)).await;
    assert_eq!(result["statusCode"], 504, "{result}");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_none() {
    let mut late = activation("/", &Value::Null);
    late["deadline"] = "1000".into();
    assert_eq!(result(&activations(&[]), &late).await["statusCode"], 200);
}

#[tokio::test]
async fn what_a_server_would_not_take_is_refused_in_its_words() {
    let activations = activations(&[]);
    let long = format!("/{}", "p".repeat(8_192));
    let wide = json!({ "__ow_headers": { "x-wide": "v".repeat(33_000) } });
    let text = json!({ "content-type": "text/plain" });
    let large = json!({ "__ow_body": "x".repeat(1_024 * 1_024 + 1), "__ow_headers": text });
    for (activation, status) in [
        (activation(&long, &Value::Null), 414),
        (activation("/", &wide), 431),
        (activation("/", &large), 413),
    ] {
        let result = result(&activations, &activation).await;
        assert_eq!(result["statusCode"], status, "{result}");
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_its_clients_fault_and_damaged_content_is_not() {
    let activations = activations(&[]);
    for malformed in [
        activation("*", &Value::Null),
        activation("/", &json!({ "__ow_headers": { "a b": "" } })),
        activation("/", &json!({ "__ow_method": "" })),
    ] {
        let result = result(&activations, &malformed).await;
        assert_eq!(result["statusCode"], 400, "{result}");
    }
    for failed in [
        activation(
            "/",
            &json!({ "__ow_body": "?", "__ow_headers": { "content-type": "image/png" } }),
        ),
        json!({ "value": { "name": "Jane" } }),
    ] {
        let result = result(&activations, &failed).await;
        assert!(result["error"].is_string(), "{result}");
    }
}
