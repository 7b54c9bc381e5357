//! Names of all kinds end up between quotes, or are refused.

use isobar::document::{CollectionSpec, Map};

use super::*;

fn check(spec: &CollectionSpec<Map>, place: Option<&str>, expected: &str) {
    let schema = spec.schema("");
    let shown = match Table::of(&schema, place) {
        Ok(table) => format!("{} ({})", table.name, table.key_columns()),
        Err(error) => error.to_string(),
    };
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn names_stand_between_quotes_whatever_they_are() {
    let notes = CollectionSpec::new("notes")
        .partition("owner")
        .sort("id", SortType::I64);
    check(&notes, None, r#""notes" ("owner", "id")"#);
    check(&notes, Some("app"), r#""app"."notes" ("owner", "id")"#);
    let hostile = CollectionSpec::new(r#"n"; DROP TABLE x; --"#).partition(r#"a" = '1"#);
    check(&hostile, None, r#""n""; DROP TABLE x; --" ("a"" = '1")"#);
}

#[test]
fn names_that_postgresql_would_cut_off_or_cannot_hold_are_refused() {
    const LONG: &str = "a23456789012345678901234567890123456789012345678901234567890123";
    const TOO_LONG: &str = "a234567890123456789012345678901234567890123456789012345678901234";
    check(&CollectionSpec::new(LONG), None, LONG);
    check(&CollectionSpec::new(TOO_LONG), None, "the table");
    check(&CollectionSpec::new("a\0"), None, "without NUL");
    check(&CollectionSpec::new("a"), Some(""), "the schema");
    for name in ["_doc", "xmin"] {
        check(&CollectionSpec::new("a").partition(name), None, "needs");
    }
    let sorted = CollectionSpec::new("a").sort("ctid", SortType::Str);
    check(&sorted, None, "the key field \"ctid\"");
}
