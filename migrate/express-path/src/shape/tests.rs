//! How patterns of both grammars read as data.

use crate::{Coverage, Grammar, Matcher, Options, Pattern, Shape, coverage};

fn check(grammar: Grammar, text: &str, expected: &str) {
    let shapes = Shape::parse(grammar, &Pattern::from(text)).unwrap();
    let templates = shapes[0]
        .templates()
        .map_or("regex".to_owned(), |all| all.join(" "));
    assert_eq!(templates, expected, "{grammar:?} {text}");
}

#[test]
fn a_shape_writes_one_template_for_each_way_through_the_optional_parts() {
    check(Grammar::V4, "/notes/:id", "/notes/{id}");
    check(Grammar::V4, "/notes/:id?", "/notes/{id} /notes");
    check(
        Grammar::V4,
        "/files/:name.:ext?",
        "/files/{name}.{ext} /files/{name}",
    );
    check(Grammar::V4, "/u/:id(\\d+)", "/u/{id}");
    check(Grammar::V4, "/f/*", "/f/{0+}");
    check(Grammar::V4, "/a(b)?", "regex");
    check(Grammar::V5, "/a{/b{/:c}}", "/a/b/{c} /a/b /a");
    check(Grammar::V5, "/f/*path", "/f/{path+}");
}

#[test]
fn examples_are_paths_that_the_pattern_takes() {
    let pattern = Pattern::from("/u/:id(\\d+)");
    let matcher = Matcher::new(Grammar::V4, &pattern, Options::route()).unwrap();
    let shapes = Shape::parse(Grammar::V4, &pattern).unwrap();
    assert_eq!(shapes[0].examples(&matcher), ["/u/1"]);
}

#[test]
fn a_route_that_takes_some_of_a_later_ones_paths_overlaps_it() {
    let earlier = Pattern::from("/u/:id(\\d+)");
    let earlier = Matcher::new(Grammar::V4, &earlier, Options::route()).unwrap();
    let later = Pattern::from("/u/:name");
    let matcher = Matcher::new(Grammar::V4, &later, Options::route()).unwrap();
    let examples = Shape::parse(Grammar::V4, &later).unwrap()[0].examples(&matcher);
    assert_eq!(coverage(&earlier, &examples), Coverage::Some);
}
