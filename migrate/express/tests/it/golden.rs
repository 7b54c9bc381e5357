//! The answers of both real Expresses to the requests of `requests.mjs`, recorded by `npm run record`.

use std::path::PathBuf;
use std::process::Command;

use isobar_express::Profile;
use serde_json::Value;

use crate::exchange::{Question, ours, theirs};
use crate::fixture::Fixture;

#[tokio::test]
async fn answers_are_those_of_express_4() {
    check(Profile::V4, "express4.jsonl").await;
}

#[tokio::test]
async fn answers_are_those_of_express_5() {
    check(Profile::V5, "express5.jsonl").await;
}

#[test]
fn the_recorded_answers_are_what_both_expresses_answer_now() {
    let folder = folder();
    assert!(
        folder.join("node_modules/express5").is_dir(),
        "not run: run `npm ci` in conformance-tests/emulators/express first"
    );
    let output = Command::new("node")
        .arg(folder.join("record.mjs"))
        .arg("--check")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance-tests/emulators/express")
}

async fn check(profile: Profile, file: &str) {
    let fixture = Fixture::new(profile);
    let text = std::fs::read_to_string(folder().join("goldens").join(file)).unwrap();
    let records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(records.len() >= 400, "only {} records", records.len());
    let mut different = Vec::new();
    for record in &records {
        let question = Question(&record["request"]);
        let expected = theirs(&record["response"]);
        match ours(&fixture, &question).await {
            // `hyper` answers 400 to such targets before an application sees them.
            None => assert!(
                question
                    .target()
                    .contains(|c: char| "<>".contains(c) || !c.is_ascii())
            ),
            Some(actual) if actual == expected => {}
            Some(actual) => different.push(format!(
                "{}\n  express: {expected:?}\n  ours:    {actual:?}",
                question.describe()
            )),
        }
    }
    assert!(
        different.is_empty(),
        "{} of {} differ\n{}",
        different.len(),
        records.len(),
        different[..different.len().min(40)].join("\n")
    );
}
