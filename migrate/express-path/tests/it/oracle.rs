//! Random patterns and paths, answered by both real Expresses and by this crate.
//!
//! Needs `npm ci` in `conformance-tests/emulators/express`. `ISOBAR_SEED` repeats a run; the seed is printed.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use isobar_express_path::{Extent, Grammar, Matcher, Options, ParamValue, Pattern};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

const CASES: usize = 4_000;
const DEFAULT_SEED: u64 = 20_261_121;

#[derive(Debug, Clone)]
struct Case {
    pattern: Pattern,
    options: Options,
    paths: Vec<String>,
}

#[test]
fn express_4_and_this_crate_match_the_same_paths() {
    compare(Grammar::V4, v4_pattern().boxed());
}

#[test]
fn express_5_and_this_crate_match_the_same_paths() {
    compare(Grammar::V5, v5_pattern().boxed());
}

fn compare(grammar: Grammar, patterns: BoxedStrategy<Pattern>) {
    let seed = seed();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = case(patterns);
    let cases: Vec<Case> = (0..CASES)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect();
    let asked: Vec<Value> = cases.iter().map(|case| question(grammar, case)).collect();
    let expected = ask(&asked);
    assert_eq!(expected.len(), cases.len(), "one answer for each case");
    let mut different = Vec::new();
    let mut matched = 0;
    for (case, expected) in cases.iter().zip(&expected) {
        let actual = answer(grammar, case);
        matched += expected
            .as_array()
            .map_or(0, |all| all.iter().filter(|a| a.is_object()).count());
        if !same(expected, &actual) {
            different.push(format!(
                "{case:?}\n  express: {expected}\n  ours:    {actual}"
            ));
        }
    }
    assert!(
        matched > CASES / 2,
        "the paths hardly match anything: {matched}"
    );
    assert!(
        different.is_empty(),
        "seed {seed}: {} of {CASES} differ\n{}",
        different.len(),
        different[..different.len().min(10)].join("\n")
    );
}

fn seed() -> u64 {
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

/// Both refuse, or both answer alike; the words of a refusal are our own.
fn same(expected: &Value, actual: &Value) -> bool {
    expected == actual || (expected.get("refused").is_some() && actual.get("refused").is_some())
}

fn question(grammar: Grammar, case: &Case) -> Value {
    let options = case.options;
    json!({
        "grammar": format!("{grammar:?}"),
        "pattern": pattern_json(&case.pattern),
        "options": {
            "end": options.extent == Extent::Whole,
            "sensitive": options.case_sensitive,
            "strict": options.strict,
        },
        "paths": case.paths,
    })
}

fn pattern_json(pattern: &Pattern) -> Value {
    match pattern {
        Pattern::Text(text) => json!(text),
        Pattern::Regex(regex) => json!({"source": regex.source, "flags": regex.flags}),
        Pattern::List(members) => members.iter().map(pattern_json).collect(),
    }
}

fn answer(grammar: Grammar, case: &Case) -> Value {
    let matcher = match Matcher::new(grammar, &case.pattern, case.options) {
        Ok(matcher) => matcher,
        Err(error) => return json!({"refused": error.to_string()}),
    };
    case.paths
        .iter()
        .map(|path| found(&matcher, path))
        .collect()
}

fn found(matcher: &Matcher, path: &str) -> Value {
    match matcher.find(path) {
        Ok(None) => Value::Null,
        Ok(Some(found)) => {
            let params: Vec<Value> = found
                .params()
                .iter()
                .map(|(name, value)| json!([name, value_json(value)]))
                .collect();
            json!({"path": found.path(), "params": params})
        }
        Err(error) => json!({"throws": error.to_string(), "status": error.status()}),
    }
}

fn value_json(value: &ParamValue) -> Value {
    match value {
        ParamValue::Missing => Value::Null,
        ParamValue::Text(text) => json!(text),
        ParamValue::List(list) => json!(list),
    }
}

fn ask(cases: &[Value]) -> Vec<Value> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance-tests/emulators/express");
    assert!(
        folder.join("node_modules/express5").is_dir(),
        "not run: run `npm ci` in conformance-tests/emulators/express first"
    );
    let mut node = Command::new("node")
        .arg(folder.join("paths.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut input = node.stdin.take().unwrap();
    input
        .write_all(&serde_json::to_vec(cases).unwrap())
        .unwrap();
    drop(input);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "paths.mjs failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn case(patterns: BoxedStrategy<Pattern>) -> impl Strategy<Value = Case> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (patterns, flags, vec(loose_path(), 4), vec(segment(), 8)).prop_map(
        |(pattern, (whole, case_sensitive, strict), mut paths, fillers)| {
            let extent = if whole { Extent::Whole } else { Extent::Prefix };
            paths.extend(filled(&pattern, &fillers));
            let options = Options {
                extent,
                case_sensitive,
                strict: strict && whole,
            };
            Case {
                pattern,
                options,
                paths,
            }
        },
    )
}

/// Paths that resemble the pattern: its own text with the syntax replaced.
fn filled(pattern: &Pattern, fillers: &[String]) -> Vec<String> {
    let mut text = match pattern {
        Pattern::Text(text) => text.clone(),
        Pattern::Regex(regex) => regex.source.clone(),
        Pattern::List(members) => {
            return members
                .iter()
                .flat_map(|member| filled(member, fillers))
                .collect();
        }
    };
    let mut fill = fillers.iter();
    for name in [":id", ":b_2", "*splat", ":\"q r\"", "*"] {
        while text.contains(name) {
            let Some(value) = fill.next() else { break };
            text = text.replacen(name, value, 1);
        }
    }
    let bare: String = text
        .chars()
        .filter(|c| !r"\()[]{}?+*^$".contains(*c))
        .collect();
    let mut paths = vec![
        bare.clone(),
        format!("{bare}/"),
        bare.to_uppercase(),
        format!("{bare}/x"),
    ];
    paths.push(fill.fold(bare, |path, part| format!("{path}{part}")));
    paths
}

fn segment() -> impl Strategy<Value = String> {
    select(vec![
        "a",
        "ab",
        "b",
        "x1",
        "7",
        "42",
        "-",
        ".",
        "a-b",
        "a.b",
        "%20",
        "%C3%A9",
        "%zz",
        "%2F",
        "a/b",
        "a/b/c",
        "",
        "%E0%A4",
        "caf\u{e9}",
        "A",
        "~",
        "a%25b",
    ])
    .prop_map(str::to_owned)
}

fn loose_path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![segment().boxed(), Just("/".to_owned()).boxed()];
    vec(piece, 0..6).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn joined(atoms: &'static [&'static str]) -> impl Strategy<Value = String> {
    vec(select(atoms), 0..6).prop_map(|atoms| atoms.concat())
}

fn v4_pattern() -> impl Strategy<Value = Pattern> {
    const ATOMS: &[&str] = &[
        "/a",
        "/b",
        "/",
        "/:id",
        "/:b_2",
        "/:id?",
        ":id",
        ":b_2?",
        "-",
        ".",
        "a",
        "ab",
        "(b|c)",
        "(ab)?",
        "*",
        "/*",
        "/(",
        ")",
        "/(a|b)?",
        ":id(\\d+)",
        "/:id([a-z]+)",
        "/:b_2(*)",
        ".:b_2",
        ".:id?",
        "~+",
        "-?",
        "\\.",
        "\\(",
        "\\:id",
        ":id*",
        "/:b_2*?",
        "(?:x1)",
        "[ab]",
        "%20",
        "~",
        "A",
        "(?<n>a)",
        "$",
        "a|b",
        "\\d",
    ];
    const REGEXES: &[&str] = &[
        "^\\/a\\/(\\d+)$",
        "^\\/(?<name>[^/]+)\\/?(?:(b)|(c))?",
        ".*fly$",
        "^\\/x(1)?(?=\\/|$)",
        "\\/([ab]+)-(\\w)?",
        "^\\/\\(a\\)(b)?",
        "[(](a)?",
    ];
    pattern(ATOMS, REGEXES)
}

fn v5_pattern() -> impl Strategy<Value = Pattern> {
    const ATOMS: &[&str] = &[
        "/a",
        "/b",
        "/",
        "/:id",
        "/:b_2",
        "{/:id}",
        ":id",
        ":b_2",
        "-",
        ".",
        "a",
        "{ab}",
        "{",
        "}",
        "*splat",
        "/*splat",
        "{/*splat}",
        ":\"q r\"",
        "\\:",
        "\\*",
        "\\",
        "/:id-",
        ":id.",
        "//",
        "%20",
        "~",
        "A",
        "(",
        "+",
        "{-:b_2}",
        "{.:id}",
        "x/",
        "\u{e9}",
    ];
    const REGEXES: &[&str] = &[
        "^\\/a\\/(\\d+)$",
        "^\\/(?<name>[^/]+)\\/?(?:(b)|(c))?",
        ".*fly$",
        "^\\/x(1)?(?=\\/|$)",
        "\\/([ab]+)-(\\w)?",
        "^\\/\\(a\\)(b)?",
    ];
    pattern(ATOMS, REGEXES)
}

fn pattern(
    atoms: &'static [&'static str],
    regexes: &'static [&'static str],
) -> impl Strategy<Value = Pattern> {
    let text = || joined(atoms).prop_map(Pattern::from);
    let regex = || {
        (select(regexes), select(vec!["", "i"]))
            .prop_map(|(source, flags)| Pattern::regex(source, flags))
    };
    let member = || prop_oneof![4 => text().boxed(), 1 => regex().boxed()];
    prop_oneof![
        8 => text().boxed(),
        1 => regex().boxed(),
        1 => vec(member(), 0..4).prop_map(Pattern::List).boxed(),
    ]
}
