//! What is refused when a route is registered, and what is answered when a parameter does not decode.

use std::error::Error;

use isobar_express_path::{Grammar, MatchErrorKind, Matcher, Options, PathErrorKind, Pattern};

fn refusal(grammar: Grammar, pattern: impl Into<Pattern>) -> (PathErrorKind, String) {
    let error = Matcher::new(grammar, &pattern.into(), Options::route()).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn a_stateful_regular_expression_is_refused() {
    let (kind, text) = refusal(Grammar::V4, Pattern::regex("^/a$", "g"));
    assert_eq!(kind, PathErrorKind::Stateful);
    assert!(text.contains("/^/a$/g"), "{text}");
}

#[test]
fn a_broken_pattern_names_itself_and_what_is_wrong() {
    assert_eq!(
        refusal(Grammar::V5, "/a/:"),
        (
            PathErrorKind::Syntax,
            r#"path pattern "/a/:" lacks a parameter name at index 4"#.to_owned()
        )
    );
    let error = Matcher::new(Grammar::V4, &Pattern::from("/a("), Options::route()).unwrap_err();
    assert!(
        error.source().is_some(),
        "the regular expression's own error is kept"
    );
}

#[test]
fn optional_groups_that_multiply_beyond_256_paths_are_refused() {
    assert_eq!(
        refusal(Grammar::V5, "{a}".repeat(9)).0,
        PathErrorKind::TooManyCombinations
    );
    let deep = format!("{}{}", "{a".repeat(100_000), "}".repeat(100_000));
    assert_eq!(
        refusal(Grammar::V5, deep).0,
        PathErrorKind::TooManyCombinations
    );
}

#[test]
fn a_parameter_that_does_not_decode_is_a_400_with_the_words_of_express() {
    let matcher = Matcher::new(Grammar::V5, &Pattern::from("/a/:id"), Options::route()).unwrap();
    let error = matcher.find("/a/%zz").unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (MatchErrorKind::Decode, 400)
    );
    assert_eq!(error.to_string(), "Failed to decode param '%zz'");
}

#[test]
fn a_very_long_pattern_compiles() {
    let long = "/a/:b".repeat(5_000);
    for grammar in [Grammar::V4, Grammar::V5] {
        let matcher = Matcher::new(grammar, &Pattern::from(long.as_str()), Options::route());
        assert!(
            matcher.unwrap().is_match(&"/a/x".repeat(5_000)),
            "{grammar:?}"
        );
    }
}
