//! Paths as templates.

use super::*;

fn check(grammar: Grammar, path: &str, expected: &[&str]) {
    assert_eq!(templates(grammar, path), expected, "{path}");
}

#[test]
fn paths_become_templates_for_each_way_through_their_optional_parts() {
    check(Grammar::V4, "/", &["/"]);
    check(Grammar::V4, "/a/:id.json", &["/a/{id}.json"]);
    check(Grammar::V4, "/a/:b?", &["/a/{b}", "/a"]);
    check(Grammar::V4, "/files/*", &["/files/{0}"]);
    check(Grammar::V5, "/files/*path", &["/files/{path}"]);
    check(Grammar::V5, "/a{/:b}", &["/a/{b}", "/a"]);
}

#[test]
fn names_are_distinct_in_a_template() {
    check(Grammar::V4, "/a/:id/b/:id", &["/a/{id}/b/{id_2}"]);
}

#[test]
fn what_has_no_template_has_none() {
    check(Grammar::V4, "/^\\/a$/i", &[]);
    check(Grammar::V4, "/api/…/x", &[]);
    check(Grammar::V4, "*", &[]);
}

#[test]
fn a_template_is_the_same_whatever_its_names() {
    assert_eq!(without_names("/a/{b}/{c}.x"), "/a/{}/{}.x");
}
