//! Cursors survive text, and are refused where they do not belong.

use proptest::prelude::*;

use super::*;
use crate::document::{CollectionSpec, Filter, IndexSpec, Key, SortKey, SortType};

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str)
    .index(
        IndexSpec::new("by_author")
            .partition("author")
            .sort("born", SortType::I64),
    );

fn origin_of<R>(query: &Query, key: Option<&CursorKey>, work: impl Fn(&Origin<'_>) -> R) -> R {
    let schema = NOTES.schema("");
    let selection = query.selection(&schema).unwrap();
    work(&Origin {
        provider: "test",
        schema: &schema,
        subject: Subject::Query(query, &selection),
        key,
    })
}

fn position(cursor: &Cursor, query: &Query) -> Result<Position> {
    let selection = query.selection(&NOTES.schema("")).unwrap();
    origin_of(query, None, |origin| cursor.position(origin, &selection))
}

fn cursor(query: &Query, sort: &str) -> Cursor {
    let position = Position::Sort(sort.into());
    origin_of(query, None, |origin| Cursor::new(origin, &position))
}

#[test]
fn a_cursor_is_refused_for_any_other_query() {
    let query = Query::partition("alice").prefix("2026");
    let cursor = cursor(&query, "2026-01");
    for other in [
        Query::partition("bob").prefix("2026"),
        Query::partition("alice").prefix("2025"),
        Query::partition("alice").prefix("2026").descending(),
        Query::partition("alice"),
        Query::partition("alice")
            .prefix("2026")
            .filter(Filter::exists("x")),
        Query::index("by_author", "alice"),
        Query::all().allow_scan(),
    ] {
        let error = position(&cursor, &other).unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("the cursor belongs to another query"),
            "{told}"
        );
    }
}

#[test]
fn the_limit_may_change_between_two_pages() {
    let cursor = cursor(&Query::partition("alice").limit(2), "a");
    assert_eq!(
        position(&cursor, &Query::partition("alice").limit(9)).unwrap(),
        Position::Sort("a".into())
    );
}

#[test]
fn places_in_indexes_and_scans_read_back() {
    let key: Key = ("alice", "1").into();
    let value = Some(SortKey::I64(-1900));
    let entry = Position::Entry {
        value,
        key: key.clone(),
    };
    let token = Position::Token(Bytes::from_static(b"next"));
    for (query, place) in [
        (Query::index("by_author", "ann"), entry),
        (Query::all(), Position::Key(key)),
        (Query::all(), token),
    ] {
        let cursor = origin_of(&query, None, |origin| Cursor::new(origin, &place));
        assert_eq!(position(&cursor, &query).unwrap(), place);
    }
}

#[test]
fn a_place_of_another_class_is_refused() {
    let query = Query::all();
    let place = Position::Sort("1".into());
    let cursor = origin_of(&query, None, |origin| Cursor::new(origin, &place));
    assert!(position(&cursor, &query).is_err());
}

#[test]
fn only_a_cursor_of_our_key_is_taken_where_there_is_one() {
    let query = Query::partition("alice");
    let selection = query.selection(&NOTES.schema("")).unwrap();
    let place = Position::Sort("1".into());
    let keys = [b"sixteen bytes 16", b"another one 1234"].map(|key| CursorKey::new(key).unwrap());
    let made = |key| origin_of(&query, key, |origin| Cursor::new(origin, &place));
    let read =
        |cursor: &Cursor, key| origin_of(&query, key, |origin| cursor.position(origin, &selection));
    let signed = made(Some(&keys[0]));
    assert_eq!(read(&signed, Some(&keys[0])).unwrap(), place);
    assert!(read(&signed, Some(&keys[1])).is_err());
    assert!(read(&signed, None).is_err());
    assert!(read(&made(None), Some(&keys[0])).is_err());
    assert!(CursorKey::new(b"short").is_err());
}

proptest! {
    #[test]
    fn a_position_reads_back(partition in "[^\0]{1,20}", sort in "[^\0]{1,40}") {
        let query = Query::partition(partition);
        prop_assert_eq!(position(&cursor(&query, &sort), &query).unwrap(), Position::Sort(sort.into()));
    }

    #[test]
    fn a_changed_cursor_is_refused(sort in ".{1,20}", at: prop::sample::Index, to in "[0-9a-f]") {
        let query = Query::partition("alice");
        let token = cursor(&query, &sort).as_str().to_owned();
        let at = at.index(token.len());
        prop_assume!(token[at..=at] != to);
        let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
        prop_assert!(position(&Cursor::from_token(changed), &query).is_err());
    }

    #[test]
    fn no_token_panics(token in ".{0,60}") {
        prop_assert!(position(&Cursor::from_token(token), &Query::partition("alice")).is_err());
    }
}
