//! What a scenario may be, and how a broken one is refused.

use super::*;

/// The error begins so.
fn refused(text: &str, expected: &str) {
    let error = parse(text).expect_err(text);
    assert!(error.starts_with(expected), "{text}\n  {error}");
}

/// A scenario with these steps, from the third line on.
fn steps(steps: &str) -> String {
    format!("{{\n  \"steps\": [\n{steps}\n  ]\n}}")
}

const GET: &str = r#"{ "request": { "method": "GET", "path": "/" } }"#;

#[test]
fn a_scenario_has_steps_with_requests_and_events() {
    let text = r#"{
      "variables": { "GREETING": "hello" },
      "providers": { "aws": { "variables": { "GREETING": "hi" } } },
      "ignore": { "headers": ["X-Trace"], "fields": ["/at"] },
      "steps": [
        { "name": "create", "request": { "method": "POST", "path": "/notes?a=b",
          "headers": { "Cookie": "a=1", "cookie": "b=2" }, "json": { "text": "$${x}" } },
          "expect": { "status": 201 }, "save": { "id": "/id" } },
        { "request": { "method": "PUT", "path": "/notes/${id}/photo", "base64": "/w==" } },
        { "tick": "nightly" },
        { "message": { "topic": "jobs", "body": "note ${id}", "attributes": { "a": "b" } } }
      ],
      "state": { "leaveOut": ["owners"], "fields": ["/at"] }
    }"#;
    let scenario = parse(text).unwrap();
    let titles: Vec<String> = scenario.steps.iter().map(Step::title).collect();
    assert_eq!(
        titles,
        [
            "create",
            "PUT /notes/${id}/photo",
            "tick of nightly",
            "message to jobs"
        ]
    );
    let Action::Request(sent) = &scenario.steps[0].action else {
        panic!("{:?}", scenario.steps[0]);
    };
    let names: Vec<&str> = sent
        .headers
        .0
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["Cookie", "cookie"]);
    assert_eq!(scenario.ignore.headers[0].0, "x-trace");
    assert_eq!(scenario.variables_at("aws")["GREETING"], "hi");
    assert_eq!(scenario.variables_at("local")["GREETING"], "hello");
    assert!(scenario.check_providers(&["aws"]).is_ok());
    let local = scenario.check_providers(&["aws", "local"]).unwrap_err();
    assert!(
        local
            .to_string()
            .starts_with("step 3 is a tick of a schedule"),
        "{local}"
    );
}

#[test]
fn null_is_content_that_is_sent_and_expected() {
    let null = r#"{ "request": { "method": "PUT", "path": "/", "json": null }, "expect": { "json": null } },"#;
    let scenario = parse(&steps(&(null.to_owned() + GET))).unwrap();
    let content = |step: &Step| match &step.action {
        Action::Request(sent) => (sent.content.is_some(), step.expect.content.is_some()),
        _ => panic!("{step:?}"),
    };
    assert_eq!(content(&scenario.steps[0]), (true, true));
    assert_eq!(content(&scenario.steps[1]), (false, false));
    assert_eq!(
        scenario.steps[0].expect.content,
        Some(Content::Json(serde_json::Value::Null))
    );
}

#[test]
fn events_that_the_application_does_not_wait_for_are_refused() {
    let declared = Declared {
        name: "app".to_owned(),
        collections: Vec::new(),
        buckets: Vec::new(),
        schedules: vec!["nightly".to_owned()],
        topics: vec!["jobs".to_owned()],
    };
    let checked = |step: &str| parse(&steps(step)).unwrap().check_events(&declared);
    checked(r#"{ "tick": "nightly" }, { "message": { "topic": "jobs", "body": "" } }"#).unwrap();
    let error = checked(r#"{ "tick": "nightli" }"#).unwrap_err().to_string();
    assert!(
        error.contains("\"nightli\"") && error.ends_with(": nightly"),
        "{error}"
    );
    let error = checked(r#"{ "message": { "topic": "job", "body": "" } }"#).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("step 1 is for the topic \"job\""),
        "{error}"
    );
}

#[test]
fn variables_that_name_the_stores_are_refused() {
    let text = r#"{ "variables": { "ISOBAR_PREFIX": "x-" }, "steps": [] }"#;
    let error = parse(text).unwrap_err();
    assert!(error.contains("ISOBAR_PREFIX is the provider's"), "{error}");
}

#[test]
fn a_saved_value_stands_for_its_name_and_keeps_its_type() {
    let names: Names = [("id".to_owned(), 7.into()), ("s".to_owned(), "a b".into())].into();
    let json = serde_json::json!({ "${s}": ["${id}", "no ${id}", "$${id}"] });
    let filled = serde_json::json!({ "a b": [7, "no 7", "${id}"] });
    assert_eq!(template::fill_json(&json, &names), filled);
}

/// Steps, each with what is wrong in it.
const WRONG: [(&str, &str); 14] = [
    (
        r#"{ "request": { "method": "GET", "path": "notes" } }"#,
        "\"notes\" is no path",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/a b" } }"#,
        "\"/a b\" is no path",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/\r\nx: y" } }"#,
        "\"/\\r\\nx: y\" is no path",
    ),
    (
        r#"{ "request": { "method": "G T", "path": "/" } }"#,
        "\"G T\" is no method",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/", "headers": { "a b": "c" } } }"#,
        "\"a b\" is no name",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/", "headers": { "a": "c\nd" } } }"#,
        "the value of \"a\"",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/", "base64": "?" } }"#,
        "this is not Base64",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/", "text": "a", "json": 1 } }"#,
        "content is one of",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/${a" } }"#,
        "\"/${a\" has a ${",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/" }, "tick": "a" }"#,
        "a step is one of",
    ),
    (
        r#"{ "tick": "a", "expect": { "status": 200 } }"#,
        "an event has no answer",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/" }, "save": { "1": "/id" } }"#,
        "\"1\" is no name",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/" }, "save": { "id": "id" } }"#,
        "\"id\" is no JSON pointer",
    ),
    (
        r#"{ "request": { "method": "GET", "path": "/" }, "expect": { "status": 70000 } }"#,
        "invalid value",
    ),
];

#[test]
fn what_is_broken_is_named_with_line_and_column() {
    refused("", "1:0: EOF");
    refused("{\n  \"steps\": [", "2:12: EOF");
    refused("{ \"steps\": [] }", "1:1: a scenario has at least one step");
    refused(&format!("[{}]", "[".repeat(5_000)), "1:");
    refused("{ \"step\": [] }", "1:8: unknown field `step`");
    for (step, message) in WRONG {
        let error = parse(&steps(step)).expect_err(step);
        let (place, told) = error.split_once(": ").unwrap();
        assert!(told.starts_with(message), "{step}\n  {error}");
        assert!(
            place.starts_with("3:") || place.starts_with("4:"),
            "{step}\n  {error}"
        );
    }
}

#[test]
fn a_name_that_nobody_has_saved_is_refused_where_it_stands() {
    let second = r#"{ "request": { "method": "GET", "path": "/notes/${id}" } }"#;
    refused(
        &steps(&format!("{GET},\n{second}")),
        "4:49: step 2 uses ${id}",
    );
    let expecting =
        r#"{ "request": { "method": "GET", "path": "/" }, "expect": { "text": "${id}" } }"#;
    refused(&steps(expecting), "3:69: step 1 expects ${id}");
    let attribute =
        r#"{ "message": { "topic": "a", "body": "", "attributes": { "b": "${id}" } } }"#;
    refused(&steps(attribute), "3:64: step 1 uses ${id}");
    let may = format!("{{ \"mayDiffer\": [\"no\"], \"steps\": [{GET}] }}");
    refused(&may, "1:1: \"no\" may differ");
}
