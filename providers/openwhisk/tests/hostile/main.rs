//! Whatever comes as the arguments of a web action: no panic, no hang, and no more memory than a few times what came.

use std::alloc::System;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use isobar::driver::gateway::GatewayDriver as _;
use isobar_mutation::mutate;
use isobar_openwhisk::WebAction;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// All that is allocated while arguments are read, also what is given back.
fn most(arguments: &[u8]) -> usize {
    48 * arguments.len() + 64 * 1_024
}

/// For 16 MB in a debug build on a busy machine; none takes a hundredth of it otherwise.
const PATIENCE: Duration = Duration::from_secs(20);

/// The published example of a raw web action, and what else there is.
const CORPUS: [&str; 4] = [
    r#"{"__ow_method":"post","__ow_query":"name=Jane","__ow_body":"eyJuYW1lIjoiSmFuZSJ9",
        "__ow_headers":{"accept":"*/*","connection":"close","content-length":"15",
        "content-type":"application/json","host":"172.17.0.1","user-agent":"curl/7.43.0"},"__ow_path":""}"#,
    r#"{"__ow_method":"put","__ow_query":"","__ow_body":"caf\u00e9","__ow_path":"/a%2Fb/c|d?e",
        "__ow_headers":{"content-type":"text/plain; charset=utf-8","cookie":"a=1; b=\"2\""},"__ow_user":"guest"}"#,
    r#"{"greeting":{"bound":[1,2.5,null]},"__ow_method":"get","__ow_query":"a=1&a=2&b","__ow_body":"",
        "__ow_headers":{"x-forwarded-for":"192.0.2.7, 198.51.100.9"},"__ow_path":"/notes/1"}"#,
    r#"{"name":"Jane","__ow_method":"get","__ow_headers":{},"__ow_path":""}"#,
];

fn check(arguments: &[u8]) -> &'static str {
    let region = Region::new(ALLOCATOR);
    let begin = Instant::now();
    let read = WebAction.decode(arguments);
    let (taken, allocated) = (begin.elapsed(), region.change().bytes_allocated);
    let shown = || {
        String::from_utf8_lossy(arguments)
            .chars()
            .take(2_000)
            .collect::<String>()
    };
    assert!(taken < PATIENCE, "{taken:?}: {}", shown());
    assert!(
        allocated < most(arguments),
        "{allocated} bytes: {}",
        shown()
    );
    match read {
        Ok(request) => {
            assert!(request.uri().path().starts_with('/'), "{}", shown());
            "request"
        }
        Err(_) => "refused",
    }
}

/// One test, because what others allocate at the same time would count.
#[test]
fn any_arguments_are_read_or_refused_in_bounded_time_and_memory() {
    let mut seen = BTreeMap::new();
    let mut random = isobar_mutation::random();
    for _ in 0..isobar_mutation::rounds(30_000) {
        let arguments = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let other = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let mutated = mutate(&mut random, arguments, other);
        *seen.entry(check(&mutated)).or_insert(0) += 1;
    }
    for large in large() {
        *seen.entry(check(&large)).or_insert(0) += 1;
    }
    // Otherwise they are too damaged to show anything.
    for outcome in ["request", "refused"] {
        assert!(
            seen.get(outcome).is_some_and(|count| *count > 1_000),
            "{seen:?}"
        );
    }
}

/// Of one thing each, as large as an activation that is read.
fn large() -> [Vec<u8>; 5] {
    const BYTES: usize = 16 * 1_024 * 1_024;
    let start = r#"{"__ow_method":"get","__ow_query":"","#;
    let filled = |before: &str, piece: &str, after: &str| {
        let many = piece.repeat(BYTES / piece.len());
        format!("{start}{before}{many}{after}}}").into_bytes()
    };
    [
        filled(r#""__ow_headers":{"":"""#, r#","a":"b""#, "}"),
        filled(r#""other":"#, "[", "1"),
        filled(r#""__ow_body":""#, r"\n", r#"""#),
        filled(r#""__ow_body":""#, "AAAA", r#"""#),
        filled(r#""__ow_path":"/"#, "%é ", r#"""#),
    ]
}
