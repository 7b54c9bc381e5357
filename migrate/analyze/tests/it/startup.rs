//! What an application works out when it starts: what the port takes as known is what Node gives.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use isobar_migrate_analyze::{MemoryTree, ScanOptions, Selection, Silent, SourceTree, port};
use isobar_migrate_model::code::{Element, Expression, Key, Property};
use serde_json::{Value, json};

use crate::source_tree::ROOT;

/// Fewer than this many known values would mean that the port has given up.
const KNOWN_AT_LEAST: usize = 900;

#[test]
fn what_is_known_at_the_start_is_what_node_gives() {
    let described = described_by_node();
    let mut known = 0;
    let mut wrong = Vec::new();
    for entry in &described {
        let line = entry["line"].as_str().expect("each entry has its line");
        assert_eq!(entry["throws"], Value::Null, "{line}");
        // In a function, it is the analysis that works the value out and not the ported program.
        for form in [line.to_owned(), format!("(() => {line})()")] {
            let Some(taken) = taken_by_the_port(&form) else {
                continue;
            };
            known += 1;
            if taken != entry["value"] {
                let node = &entry["value"];
                wrong.push(format!("{form}\n  node: {node}\n  port: {taken}"));
            }
        }
    }
    let count = 2 * described.len();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(known >= KNOWN_AT_LEAST, "only {known} of {count} are known");
}

fn described_by_node() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/startup");
    let output = Command::new("node")
        .arg(folder.join("describe.cjs"))
        .arg(folder.join("expressions.js"))
        .output()
        .expect("Node is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

/// The value of the expression in an application of its own, where the port takes it as known.
fn taken_by_the_port(expression: &str) -> Option<Value> {
    let application = format!(
        "const express = require('express');\nconst app = express();\n\
         const holder = {{ value: ({expression}) }};\n\
         app.get('/', (req, res) => {{ res.json(holder); }});\napp.listen(3000);\n"
    );
    let package = r#"{"name":"startup","main":"app.js","dependencies":{"express":"4"}}"#;
    let tree = MemoryTree::new()
        .with_file(format!("{ROOT}/app.js"), application)
        .with_file(format!("{ROOT}/package.json"), package);
    let tree: Arc<dyn SourceTree> = Arc::new(tree);
    let (_, port) = port(
        &tree,
        Path::new(ROOT),
        &ScanOptions::default(),
        &Selection::default(),
        &Silent,
    )
    .expect("the root is readable");
    let holder = port
        .program
        .constants
        .iter()
        .find(|constant| constant.name == "holder")?;
    match &holder.value {
        Expression::Object { properties } => match properties.as_slice() {
            [Property::Named { value, .. }] => tagged(value),
            _ => Some(json!({ "holder": format!("{:?}", holder.value) })),
        },
        other => Some(json!({ "holder": format!("{other:?}") })),
    }
}

/// A literal as the script of the test describes values; what the ported program works out is none.
fn tagged(literal: &Expression) -> Option<Value> {
    Some(match literal {
        Expression::Undefined => json!({ "undefined": true }),
        Expression::Null => Value::Null,
        Expression::Bool { value } => json!(value),
        Expression::Text { value } => json!(value),
        Expression::Number { value } if *value == 0.0 && value.is_sign_negative() => {
            json!({ "number": "-0" })
        }
        Expression::Number { value } if value.fract() == 0.0 && value.abs() < 9e15 => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it is a whole number of 53 bits"
            )]
            let whole = *value as i64;
            json!({ "number": whole })
        }
        Expression::Number { value } => json!({ "number": value }),
        Expression::Array { elements } => elements.iter().map(element).collect::<Option<_>>()?,
        Expression::Object { properties } => {
            let entries: Option<Vec<Value>> = properties.iter().map(entry).collect();
            json!({ "entries": entries? })
        }
        _ => return None,
    })
}

fn element(element: &Element) -> Option<Value> {
    match element {
        Element::Value { value } => tagged(value),
        Element::Spread { .. } => None,
    }
}

fn entry(property: &Property) -> Option<Value> {
    match property {
        Property::Named {
            key: Key::Name { name },
            value,
        } => Some(json!([name, tagged(value)?])),
        _ => None,
    }
}
