//! Compares answers with each other, and with what a scenario expects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::differences::{Difference, of_bytes, of_json};
use super::scenario::{Content, Expected, Ignored, Names, fill_json};
use super::values::{Naming, take_away};
use crate::door::WireResponse;

/// Fields of the connection, of the day and of the platform's own log and trace, which are never the same.
const NEVER_SAME: [&str; 7] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "traceresponse",
    "transfer-encoding",
    "x-request-id",
];

/// An answer, and what its saved values are called.
pub(super) type Named<'a> = (&'a WireResponse, &'a Naming);

/// Where an answer differs from the reference's, but for what may differ.
pub(super) fn compare(
    (wanted, wanted_names): Named<'_>,
    (found, found_names): Named<'_>,
    ignored: &[&Ignored],
) -> Vec<Difference> {
    let mut differences = Vec::new();
    if wanted.status != found.status {
        let (wanted, found) = (wanted.status.to_string(), found.status.to_string());
        differences.push(Difference::new("status", &wanted, &found));
    }
    let headers = ignored.iter().flat_map(|ignored| &ignored.headers);
    let headers: BTreeSet<&str> = headers.map(|name| name.0.as_str()).collect();
    let wanted_fields = fields(wanted, wanted_names, &headers);
    let found_fields = fields(found, found_names, &headers);
    let names: BTreeSet<&String> = wanted_fields.keys().chain(found_fields.keys()).collect();
    for name in names {
        let (wanted, found) = (told(&wanted_fields, name), told(&found_fields, name));
        if wanted != found {
            differences.push(Difference::new(format!("header {name}"), &wanted, &found));
        }
    }
    differences.extend(content(
        (wanted, wanted_names),
        (found, found_names),
        ignored,
    ));
    differences
}

type Fields = BTreeMap<String, Vec<String>>;

fn fields(answer: &WireResponse, naming: &Naming, ignored: &BTreeSet<&str>) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in &answer.headers {
        if NEVER_SAME.contains(&name.as_str()) || ignored.contains(name.as_str()) {
            continue;
        }
        let value = naming.text(&String::from_utf8_lossy(value));
        fields.entry(name.clone()).or_default().push(value);
    }
    fields
}

fn told(fields: &Fields, name: &str) -> String {
    let values = fields.get(name);
    values.map_or("nothing".to_owned(), |values| values.join(" | "))
}

fn content(
    (wanted, wanted_names): Named<'_>,
    (found, found_names): Named<'_>,
    ignored: &[&Ignored],
) -> Vec<Difference> {
    if wanted.body == found.body {
        return Vec::new();
    }
    let json = |answer: &WireResponse| serde_json::from_slice::<Value>(&answer.body).ok();
    if let (Some(mut a), Some(mut b)) = (json(wanted), json(found)) {
        for ignored in ignored {
            take_away(&mut a, &ignored.fields);
            take_away(&mut b, &ignored.fields);
        }
        return of_json("body ", &wanted_names.json(&a), &found_names.json(&b));
    }
    let text = |(answer, naming): Named<'_>| match std::str::from_utf8(&answer.body) {
        Ok(text) if !naming.is_empty() => naming.text(text).into_bytes(),
        _ => answer.body.clone(),
    };
    let wanted = text((wanted, wanted_names));
    let found = text((found, found_names));
    of_bytes("body", &wanted, &found).into_iter().collect()
}

/// Where an answer is not the expected one. Only the fields that are expected are looked at.
pub(super) fn unexpected(
    expected: &Expected,
    answer: &WireResponse,
    names: &Names,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    if let Some(status) = expected.status.filter(|status| *status != answer.status) {
        let (wanted, found) = (status.to_string(), answer.status.to_string());
        differences.push(Difference::new("status", &wanted, &found));
    }
    let mut wanted_fields = Fields::new();
    for (name, value) in &expected.headers.0 {
        let value = value.fill(names, str::to_owned);
        let values = wanted_fields.entry(name.to_ascii_lowercase()).or_default();
        values.push(value);
    }
    for (name, values) in &wanted_fields {
        let found = answer.values(name);
        if *values != found {
            let (wanted, found) = (values.join(" | "), found.join(" | "));
            differences.push(Difference::new(format!("header {name}"), &wanted, &found));
        }
    }
    match &expected.content {
        None => {}
        Some(Content::Text(text)) => {
            let wanted = text.fill(names, str::to_owned);
            differences.extend(of_bytes("body", wanted.as_bytes(), &answer.body));
        }
        Some(Content::Bytes(wanted)) => differences.extend(of_bytes("body", wanted, &answer.body)),
        Some(Content::Json(wanted)) => {
            let wanted = fill_json(wanted, names);
            if let Ok(found) = serde_json::from_slice::<Value>(&answer.body) {
                differences.extend(of_json("body ", &wanted, &found));
            } else {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                differences.push(Difference::new("body", &wanted.to_string(), &body));
            }
        }
    }
    differences
}
