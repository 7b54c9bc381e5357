//! Random sequences of changes, against the same changes of a value that is not stored.

use isobar_express::{
    Handled, JsArray, JsValue, Request, Response, Router, array, json_stringify, object,
};
use isobar_local::LocalStore;
use proptest::prelude::*;
use serde_json::json;

use super::{NOTES, State, process, send};

/// A change of a list, as a request sends it.
fn step() -> impl Strategy<Value = serde_json::Value> {
    let index = 0..60_u32;
    prop_oneof![
        4 => (1..40_u32).prop_map(|count| json!({"do": "push", "count": count})),
        1 => Just(json!({"do": "pop"})),
        1 => Just(json!({"do": "shift"})),
        1 => Just(json!({"do": "unshift"})),
        1 => Just(json!({"do": "reverse"})),
        1 => Just(json!({"do": "drop odd"})),
        1 => Just(json!({"do": "clear"})),
        1 => Just(json!({"do": "numbers"})),
        1 => Just(json!({"do": "name"})),
        1 => index.clone().prop_map(|at| json!({"do": "delete", "at": at})),
        3 => (index.clone(), 0..4_u32).prop_map(|(at, count)| json!({"do": "splice", "at": at, "count": count})),
        3 => index.clone().prop_map(|at| json!({"do": "replace", "at": at})),
        3 => index.clone().prop_map(|at| json!({"do": "edit", "at": at})),
        3 => index.prop_map(|at| json!({"do": "tag", "at": at})),
    ]
}

fn note(text: &str) -> JsValue {
    object![("text", text.repeat(40)), ("tags", array![])]
}

/// Does what a step says; the list that is there afterwards.
fn apply(list: &JsArray, step: &serde_json::Value) -> JsArray {
    let number = |name: &str| f64::from(u32::try_from(step[name].as_u64().unwrap_or(0)).unwrap());
    let at = list.at(number("at"));
    let edited = |name: &str, value: JsValue| {
        if let Some(object) = at.as_object() {
            object.set(name, value).unwrap();
        }
    };
    match step["do"].as_str().unwrap() {
        "push" => {
            for _ in 0..step["count"].as_u64().unwrap() {
                list.push(note("pushed "));
            }
        }
        "pop" => drop(list.pop()),
        "shift" => drop(list.shift()),
        "unshift" => drop(list.unshift([note("first ")])),
        "reverse" => drop(list.reverse()),
        "clear" => return JsArray::new(),
        "numbers" => list.extend_with([1.0, 2.0, 2.0]),
        "drop odd" => {
            let kept = (0..list.len()).step_by(2).map(|index| list.get(index));
            return JsArray::from_values(kept.collect::<Vec<_>>());
        }
        "splice" => drop(list.splice(number("at"), number("count"), [note("between ")])),
        "replace" if !at.is_undefined() => {
            let index = step["at"].to_string();
            list.as_object()
                .set(index.as_str(), note("other "))
                .unwrap();
        }
        "delete" => list.as_object().delete(step["at"].to_string().as_str()),
        "name" => list.as_object().set("name", "named".into()).unwrap(),
        "edit" => edited("text", "edited".into()),
        "tag" => {
            if let Some(tags) = at.as_object().and_then(|note| note.get("tags").as_array()) {
                tags.push("new");
            }
        }
        _ => {}
    }
    list.clone()
}

trait ExtendWith {
    fn extend_with(&self, numbers: impl IntoIterator<Item = f64>);
}

impl ExtendWith for JsArray {
    fn extend_with(&self, numbers: impl IntoIterator<Item = f64>) {
        for number in numbers {
            self.push(number);
        }
    }
}

async fn change(req: Request, res: Response, State(variables): State) -> Handled {
    variables.load(&[&NOTES]).await?;
    let step = json_stringify(&req.body())?;
    let step = serde_json::from_str(&step.to_js_string()?.to_text()).unwrap();
    let list = apply(&variables.array(&NOTES), &step);
    variables.set(&NOTES, list);
    res.json(variables.get(&NOTES))
}

async fn edit_in_place(req: Request, res: Response, State(variables): State) -> Handled {
    variables.load(&[&NOTES]).await?;
    let step = json_stringify(&req.body())?;
    let step = serde_json::from_str(&step.to_js_string()?.to_text()).unwrap();
    drop(apply(&variables.array(&NOTES), &step));
    res.json(variables.get(&NOTES))
}

fn router() -> Router<State> {
    Router::new()
        .middleware(isobar_express::middleware::json(()))
        .post("/change", change)
        .post("/edit", edit_in_place)
        .get("/notes", super::list_notes)
}

async fn check(steps: &[(serde_json::Value, bool)]) {
    let store = LocalStore::in_memory().unwrap();
    let ported = process(&store, router());
    let mut expected = JsArray::new();
    for (step, in_place) in steps {
        let changed = apply(&expected, step);
        let path = if *in_place { "/edit" } else { "/change" };
        if !*in_place {
            expected = changed;
        }
        let (status, answer) = send(&ported, "POST", path, &step.to_string()).await;
        let wanted = json_stringify(&expected.clone().into()).unwrap();
        let wanted = wanted.to_js_string().unwrap().to_text().into_owned();
        assert_eq!((status, &answer), (200, &wanted));
        let fresh = process(&store, router());
        assert_eq!(
            send(&fresh, "GET", "/notes", "").await,
            (200, wanted),
            "after {step}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn what_is_stored_is_what_is_in_memory(steps in proptest::collection::vec((step(), any::<bool>()), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(&steps));
    }
}
