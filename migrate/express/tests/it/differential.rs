//! Random requests to both live Expresses and to this crate.
//!
//! Needs `npm ci` in `conformance-tests/emulators/express`. `ISOBAR_SEED` repeats a run; the seed is printed.

mod generate;

use std::io::Write as _;
use std::process::{Command, Stdio};

use isobar_express::Profile;
use serde_json::Value;

use crate::exchange::{Question, ours, theirs};
use crate::fixture::Fixture;
use crate::golden::folder;

const REQUESTS: usize = 3_000;
const DEFAULT_SEED: u64 = 20_261_121;

#[tokio::test]
async fn random_requests_are_answered_as_both_live_expresses_answer_them() {
    let seed = seed();
    let requests = generate::requests(seed, REQUESTS);
    let answers = ask(&requests);
    let mut sent = 0;
    let mut different = Vec::new();
    for (profile, version) in [(Profile::V4, "4"), (Profile::V5, "5")] {
        let fixture = Fixture::new(profile);
        let answers = answers[version].as_array().unwrap();
        assert_eq!(answers.len(), requests.len(), "one answer for each request");
        for (request, answer) in requests.iter().zip(answers) {
            let difference = compare(&fixture, &Question(request), answer).await;
            sent += usize::from(difference.is_some());
            let difference = difference.flatten();
            different.extend(difference.map(|text| format!("{profile:?} {text}")));
        }
    }
    assert!(
        sent > REQUESTS * 2 * 9 / 10,
        "only {sent} requests could be sent to a Rust server"
    );
    assert!(
        different.is_empty(),
        "seed {seed}: {} of {sent} differ\n{}",
        different.len(),
        different[..different.len().min(20)].join("\n")
    );
}

/// How our answer differs, if it does; `None` where Rust's servers refuse the request.
async fn compare(
    fixture: &Fixture,
    question: &Question<'_>,
    answer: &Value,
) -> Option<Option<String>> {
    let expected = theirs(answer);
    let actual = ours(fixture, question).await?;
    let what = question.describe();
    let difference = format!("{what}\n  express: {expected:?}\n  ours:    {actual:?}");
    Some((actual != expected).then_some(difference))
}

pub(crate) fn seed() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has no configuration file"
    )]
    let given = std::env::var("ISOBAR_SEED").ok();
    let seed = given.map_or(DEFAULT_SEED, |text| {
        text.parse().expect("ISOBAR_SEED is a number")
    });
    #[expect(clippy::print_stdout, reason = "the seed repeats the run")]
    {
        println!("ISOBAR_SEED={seed}");
    }
    seed
}

fn ask(requests: &[Value]) -> Value {
    let folder = folder();
    assert!(
        folder.join("node_modules/express5").is_dir(),
        "not run: run `npm ci` in conformance-tests/emulators/express first"
    );
    let mut node = Command::new("node")
        .arg(folder.join("differential.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut input = node.stdin.take().unwrap();
    input
        .write_all(&serde_json::to_vec(requests).unwrap())
        .unwrap();
    drop(input);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "differential.mjs failed");
    serde_json::from_slice(&output.stdout).unwrap()
}
