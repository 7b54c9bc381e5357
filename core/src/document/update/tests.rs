//! Updates applied to the fields of a document.

use super::*;
use crate::document::CollectionSpec;

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes").partition("owner");

fn fields(pairs: &[(&str, Value)]) -> Map {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

fn refused(update: Update) -> ErrorKind {
    update.checked(&NOTES.schema("")).unwrap_err().kind()
}

#[test]
fn changes_apply_in_place_and_new_fields_come_last() {
    let mut note = fields(&[
        ("a", 1.into()),
        ("b", 2.5.into()),
        ("c", Value::List(vec![])),
    ]);
    let update = Update::new()
        .set("d", "new")
        .increment("a", 2)
        .increment("b", -1)
        .append("c", "x")
        .increment("fresh", 3)
        .remove("missing");
    update.apply(&mut note).unwrap();
    let names: Vec<_> = note.keys().map(String::as_str).collect();
    assert_eq!(names, ["a", "b", "c", "d", "fresh"]);
    assert_eq!(note["a"], Value::Int(3));
    assert_eq!(note["b"], Value::Float(1.5));
    assert_eq!(note["c"], Value::List(vec!["x".into()]));
    assert_eq!(note["fresh"], Value::Int(3));
}

#[test]
fn a_nested_path_needs_its_parents_except_to_remove() {
    let mut note = fields(&[("author", Value::Map(Map::new())), ("text", "t".into())]);
    Update::new()
        .set("author.name", "Ann")
        .apply(&mut note)
        .unwrap();
    Update::new()
        .remove("nobody.name")
        .apply(&mut note)
        .unwrap();
    for path in ["nobody.name", "text.length"] {
        let error = Update::new().set(path, 1).apply(&mut note).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn an_increment_never_wraps_and_never_changes_a_kind() {
    let mut note = fields(&[("n", i64::MAX.into()), ("text", "t".into())]);
    let error = Update::new()
        .increment("n", 1)
        .apply(&mut note)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let error = Update::new()
        .increment("text", 1)
        .apply(&mut note)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn malformed_updates_are_refused_before_the_driver() {
    for update in [
        Update::new(),
        Update::new().set("", 1),
        Update::new().set(".a", 1),
        Update::new().set("a..b", 1),
        Update::new().set("owner", "bob"),
        Update::new().set("_rev", "x"),
        Update::new().set("a", 1).remove("a.b"),
        Update::new().increment("a", "3"),
        Update::new().set("a", f64::NAN),
    ] {
        assert_eq!(refused(update), ErrorKind::InvalidArgument);
    }
}
