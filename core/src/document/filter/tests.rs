//! The one definition of what a filter means.

use super::*;
use crate::document::CollectionSpec;

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes");

fn document() -> Map {
    let value = |value: Value| value;
    let nested = Map::from_iter([
        ("a.b".to_owned(), value(7.into())),
        ("c".to_owned(), "d".into()),
    ]);
    Map::from_iter([
        ("n".to_owned(), value(3.into())),
        ("f".to_owned(), 2.5.into()),
        ("text".to_owned(), "isobar".into()),
        ("null".to_owned(), Value::Null),
        ("no".to_owned(), false.into()),
        ("list".to_owned(), vec![Value::Int(1), "x".into()].into()),
        ("map".to_owned(), nested.into()),
    ])
}

#[track_caller]
fn check(filter: Filter, expected: bool) {
    assert_eq!(filter.matches(&document()), expected, "{filter:?}");
    let negated = !filter;
    assert_eq!(negated.matches(&document()), !expected, "{negated:?}");
}

#[test]
fn comparisons_are_by_value_and_kind() {
    check(Filter::eq("n", 3.0), true);
    check(Filter::lt("n", 3.5), true);
    check(Filter::le("n", 3), true);
    check(Filter::gt("n", 3), false);
    check(Filter::ge("f", 2), true);
    check(Filter::eq("n", "3"), false);
    check(Filter::lt("n", "a"), false);
    check(Filter::ne("n", "3"), true);
    check(Filter::between("n", 3, 4), true);
    check(Filter::between("n", 4, 3), false);
    check(Filter::lt("text", "isobars"), true);
}

#[test]
fn missing_fields_compare_with_nothing() {
    check(Filter::ne("gone", 1), false);
    check(Filter::lt("gone", 1), false);
    check(Filter::missing("gone"), true);
    check(Filter::exists("null"), true);
    check(Filter::is_null("null"), true);
    check(Filter::is_null("gone"), false);
    check(Filter::missing("n.inner"), true);
}

#[test]
fn text_and_lists_contain() {
    check(Filter::begins_with("text", "iso"), true);
    check(Filter::begins_with("text", ""), true);
    check(Filter::begins_with("n", "3"), false);
    check(Filter::contains("text", "bar"), true);
    check(Filter::contains("text", 1), false);
    check(Filter::contains("list", 1.0), true);
    check(Filter::contains("list", "x"), true);
    check(Filter::contains("list", "y"), false);
    check(Filter::contains("map", "d"), false);
    check(Filter::one_of("n", [1, 2, 3]), true);
    check(Filter::one_of("text", ["x", "y"]), false);
}

#[test]
fn paths_lead_into_maps() {
    check(Filter::eq("map.c", "d"), true);
    check(Filter::eq(FieldPath::of(["map", "a.b"]), 7), true);
    check(Filter::exists("map.a.b"), false);
    check(Filter::exists("list.0"), false);
}

#[test]
fn parts_are_put_together() {
    let yes = || Filter::eq("n", 3);
    let no = || Filter::eq("n", 4);
    check(yes().and(no()), false);
    check(yes().or(no()), true);
    check(no().or(no()).and(yes()), false);
    check(yes().and(!no()), true);
}

#[test]
fn it_splits_where_all_must_hold() {
    let filter = Filter::eq("a", 1).and(Filter::eq("b", 2).or(Filter::eq("c", 3)));
    let is_plain = |part: &Filter| matches!(part, Filter::Field(_));
    let (native, rest) = filter.split(is_plain);
    assert_eq!(native, Some(Filter::eq("a", 1)));
    assert_eq!(rest, Some(Filter::eq("b", 2).or(Filter::eq("c", 3))));
}

#[test]
fn malformed_filters_are_refused() {
    let schema = NOTES.schema("");
    let many = |count: i64| Filter::one_of("n", 0..count);
    let deep = (0..10).fold(Filter::eq("n", 1), |inner, _| Filter::All(vec![inner]));
    let wide = (0..101).fold(Filter::eq("n", 1), |all, _| all.and(Filter::eq("n", 1)));
    for (filter, kind) in [
        (Filter::eq("n", Value::Null), ErrorKind::InvalidArgument),
        (
            Filter::contains("n", Value::Null),
            ErrorKind::InvalidArgument,
        ),
        (
            Filter::one_of("n", [Value::Null]),
            ErrorKind::InvalidArgument,
        ),
        (Filter::between("n", 1, "b"), ErrorKind::InvalidArgument),
        (Filter::begins_with("n", 1), ErrorKind::InvalidArgument),
        (Filter::eq("n", f64::NAN), ErrorKind::InvalidArgument),
        (Filter::eq("", 1), ErrorKind::InvalidArgument),
        (Filter::eq("a..b", 1), ErrorKind::InvalidArgument),
        (Filter::eq("_rev", "x"), ErrorKind::InvalidArgument),
        (Filter::Any(Vec::new()), ErrorKind::InvalidArgument),
        (many(0), ErrorKind::InvalidArgument),
        (many(101), ErrorKind::LimitExceeded),
        (deep, ErrorKind::LimitExceeded),
        (wide, ErrorKind::LimitExceeded),
    ] {
        let refused = filter.checked(&schema).map_err(|error| error.kind());
        assert_eq!(refused, Err(kind), "{filter:?}");
    }
    assert!(many(100).checked(&schema).is_ok());
    let normal = Filter::eq("n", 3.0).checked(&schema).unwrap();
    let Filter::Field(condition) = normal else {
        panic!("another form");
    };
    assert!(matches!(
        condition.test,
        FieldTest::Compare(_, Value::Int(3))
    ));
}
