//! Bodies of requests: what the code reads, filled with values as they were seen, and the same with something wrong.

use serde_json::{Map, Value, json};

use super::knowledge::Knowledge;
use crate::verify::request::Request;

/// A body, or its absence.
#[derive(Clone, Debug)]
pub(super) enum Body {
    None,
    Json(Value),
    /// What claims to be JSON.
    NotJson(&'static str),
    Form(String),
}

/// How many of the values that the code compares with are tried in each field.
const WORDS: usize = 4;

const NOT_JSON: [&str; 3] = ["{\"a\": ", "no json", ""];

impl Body {
    pub(super) fn put_on(&self, request: Request) -> Request {
        match self {
            Self::None => request,
            Self::Json(value) => request.with_json(value),
            Self::NotJson(text) => request.with_body("application/json", *text),
            Self::Form(form) => {
                request.with_body("application/x-www-form-urlencoded", form.clone())
            }
        }
    }
}

/// The body that a route is made for, and bodies that it may not take.
pub(super) fn bodies(fields: &[String], knowledge: &Knowledge<'_>) -> (Body, Vec<Body>) {
    if fields.is_empty() {
        return (Body::None, vec![Body::Json(json!({}))]);
    }
    let whole: Map<String, Value> = fields
        .iter()
        .map(|name| (name.clone(), value(name, knowledge)))
        .collect();
    let mut unusual = vec![Body::None, Body::Json(json!({})), Body::Json(json!([]))];
    unusual.extend(NOT_JSON.map(Body::NotJson));
    unusual.push(Body::Form(form(&whole)));
    for name in fields {
        let mut without = whole.clone();
        without.remove(name);
        unusual.push(Body::Json(Value::Object(without)));
        for wrong in [json!(""), json!(7), Value::Null, json!({"a": 1})] {
            let mut other = whole.clone();
            other.insert(name.clone(), wrong);
            unusual.push(Body::Json(Value::Object(other)));
        }
        for word in knowledge.words().iter().take(WORDS) {
            let mut other = whole.clone();
            other.insert(name.clone(), json!(word));
            unusual.push(Body::Json(Value::Object(other)));
        }
    }
    (Body::Json(Value::Object(whole)), unusual)
}

fn value(name: &str, knowledge: &Knowledge<'_>) -> Value {
    match knowledge.example(name) {
        Some(Value::String(_)) | None => by_name(name),
        Some(Value::Number(_)) => json!(3),
        Some(Value::Bool(known)) => json!(!known),
        Some(Value::Array(items)) => match items.first() {
            Some(Value::String(_)) | None => json!(["verify"]),
            Some(first) => json!([first]),
        },
        Some(other) => other.clone(),
    }
}

/// A value that the name of a field suggests.
fn by_name(name: &str) -> Value {
    let lower = name.to_ascii_lowercase();
    let speaks_of = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if speaks_of(&["email"]) {
        json!("verify@example.com")
    } else if speaks_of(&["url", "link", "website"]) {
        json!("http://example.com/verify")
    } else if speaks_of(&["date"]) {
        json!("2024-02-29T12:00:00.000Z")
    } else if speaks_of(&[
        "price", "amount", "count", "quantity", "qty", "age", "year", "number",
    ]) {
        json!(3)
    } else if lower.starts_with("is") || speaks_of(&["done", "completed", "enabled", "active"]) {
        json!(true)
    } else if speaks_of(&["tags", "items", "list", "ids"]) {
        json!(["verify"])
    } else {
        json!(format!("verify {name}"))
    }
}

fn form(fields: &Map<String, Value>) -> String {
    let pairs = fields.iter().map(|(name, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        format!(
            "{}={}",
            super::knowledge::encode(name),
            super::knowledge::encode(&text)
        )
    });
    pairs.collect::<Vec<_>>().join("&")
}
