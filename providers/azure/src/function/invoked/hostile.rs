//! Requests that the host brings as invocations, damaged by chance: a request or an error, and never a panic.

use std::time::{Duration, Instant};

use isobar_mutation::{mutate, random, rounds};

use super::*;

const CORPUS: [&str; 3] = [
    r#"{"Data":{"req":{"Url":"https://notes.example/notes/a%20b?x=1&x=%C3%A9","Method":"PUT","Query":"{\"x\":\"1,\u00e9\"}",
        "Headers":{"Host":["notes.example"],"Content-Type":["text/plain"],"Content-Length":["5"],"X-List":["a","b, c"]},
        "Params":{},"Identities":"[]","Body":"caf\u00e9"}},"Metadata":{"sys":{"MethodName":"notes"}}}"#,
    r#"{"Data":{"req":{"Url":"https://notes.example/a?x=<\"b\">","Method":"POST",
        "Headers":{"Content-Type":["application/octet-stream"],"Cookie":["a=1; b=\"2\""]},"Body":"AP8="}}}"#,
    r#"{"Data":{"req":{"Url":"http://h/","Method":"GET","Headers":{"Content-Type":["application/json"]},"Body":{"a":[1,null]}}}}"#,
];

/// For one of them, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);

#[test]
fn any_invocation_is_a_request_or_refused() {
    let parts = http::Request::new(()).into_parts().0;
    let (mut random, mut opened, mut refused) = (random(), 0, 0);
    for round in 0..rounds(10_000) {
        let [event, other] = [round, round + 1].map(|at| CORPUS[at % CORPUS.len()].as_bytes());
        let damaged = mutate(&mut random, event, other);
        let begin = Instant::now();
        match Invocation.open(&parts, damaged.clone().into()) {
            Ok(request) => {
                assert!(request.uri().path().starts_with('/'));
                opened += 1;
            }
            Err(_) => refused += 1,
        }
        let shown = String::from_utf8_lossy(&damaged);
        assert!(begin.elapsed() < PATIENCE, "{shown}");
    }
    // Otherwise they are too damaged to show anything.
    assert!(opened > 300 && refused > 300, "{opened} {refused}");
}
