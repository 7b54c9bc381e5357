//! Activations of every kind, damaged by chance: an object as the result, and never a panic.

use std::sync::Arc;

use isobar::driver::function::FunctionDescription;
use isobar::{App, Environment};
use isobar_mutation::mutate;

use super::activation::{Activations, Ended, Settings};
use crate::config::ACTION_LOOP;

const CORPUS: [&str; 3] = [
    r#"{"value":{"__ow_method":"get","__ow_query":"a=1","__ow_path":"/notes","__ow_headers":{"host":"h"},"__ow_body":""},
        "activation_id":"0b0e9b1c2f4a4d1d8e9b1c2f4a4d1d8e","deadline":"4102444800000","namespace":"guest"}"#,
    r#"{"value":{"__ow_method":"post","__ow_query":"","__ow_path":"","__ow_headers":{"content-type":"text/plain"},
        "__ow_body":"text"},"activation_id":"1","deadline":4102444800000}"#,
    r#"{"value":{"name":"Jane"},"namespace":"guest","action_name":"/guest/probe","api_key":"a:b"}"#,
];

#[tokio::test]
async fn any_activation_has_an_object_as_its_result() {
    let description = FunctionDescription {
        provider: ACTION_LOOP.name,
        capabilities: ACTION_LOOP.capabilities,
    };
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(description, clock).build();
    let app = App::new("hostile", |_: &Environment| Ok(()));
    let activations = Activations {
        app: app.build(&environment).unwrap(),
        settings: Settings {
            trusted_hops: 1,
            limit: None,
        },
    };
    let mut random = isobar_mutation::random();
    let mut done = 0;
    for _ in 0..isobar_mutation::rounds(10_000) {
        let activation = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let other = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let activation = mutate(&mut random, activation, other);
        let result = match activations.run(&activation).await {
            Ended::Done(result) => {
                done += 1;
                result
            }
            Ended::Failed(result) => result,
        };
        assert!(!result.contains(&b'\n'), "the result is one line");
        let result: serde_json::Value = serde_json::from_slice(&result).unwrap();
        assert!(result.is_object(), "{result}");
    }
    // Otherwise the activations are too damaged to show anything.
    assert!(done > 300, "{done}");
}
