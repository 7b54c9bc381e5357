//! Paths and queries: those that are told apart or in pairs, those that routes and extractors read, and Express's patterns.
//!
//! The first line is the target, the second a pattern.

#![no_main]

use std::sync::LazyLock;

use http::Request;
use isobar::Capabilities;
use isobar::function::{AppService, Origin};
use isobar::http::Body;
use isobar_express_path::{Grammar, Matcher, Options, Pattern};
use isobar_fuzz::{app, block_on};
use isobar_serve::{told_query, told_target};
use libfuzzer_sys::fuzz_target;

static APP: LazyLock<AppService> = LazyLock::new(|| app("fuzz", Capabilities::default()));

static MATCHERS: LazyLock<Vec<Matcher>> = LazyLock::new(|| {
    let both = |(v4, v5)| [(Grammar::V4, v4), (Grammar::V5, v5)];
    [
        ("/notes/:id", "/notes/:id"),
        ("/files/*", "/files/*rest"),
        ("/:a-:b.:c?", "/:a-:b{.:c}"),
    ]
    .into_iter()
    .flat_map(both)
    .map(|(grammar, pattern)| {
        let matcher = Matcher::new(grammar, &Pattern::from(pattern), Options::mount());
        matcher.expect("the pattern is one")
    })
    .collect()
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (target, pattern) = text.split_once('\n').unwrap_or((&text, "/notes/:id"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs: Vec<_> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let rebuilt = told_query(pairs.iter().copied());
    assert_eq!(rebuilt.split('&').count(), pairs.len(), "{rebuilt:?}");
    for query in [query, &rebuilt] {
        let Ok(uri) = told_target(path, query) else {
            continue;
        };
        assert!(uri.path().starts_with('/'), "{uri}");
        let request = Request::get(uri).body(Body::empty()).expect("a request");
        let _ = block_on(APP.respond(request, Origin::default()));
    }
    matching(pattern, path);
});

/// Longer than any pattern of an application; regular expressions of more take milliseconds to make.
const LONGEST: usize = 200;

/// Patterns are source code, of which only their reading is tried; paths come from clients.
fn matching(pattern: &str, path: &str) {
    let readable = [Grammar::V4, Grammar::V5]
        .into_iter()
        .filter(|_| pattern.len() <= LONGEST);
    for grammar in readable {
        let _ = Matcher::new(grammar, &Pattern::from(pattern), Options::route());
    }
    for matcher in &*MATCHERS {
        let _ = matcher.find(path);
    }
}
