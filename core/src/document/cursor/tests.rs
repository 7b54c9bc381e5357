//! Cursors survive text, and are refused where they do not belong.

use proptest::prelude::*;

use super::*;
use crate::document::CollectionSpec;

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);

fn position(cursor: &Cursor, query: &Query) -> Result<SortKey> {
    let schema = NOTES.schema("");
    let origin = Origin {
        provider: "test",
        schema: &schema,
        query,
    };
    cursor.position(&origin, SortType::Str)
}

fn cursor(query: &Query, sort: &str) -> Cursor {
    let schema = NOTES.schema("");
    Cursor::new(
        &Origin {
            provider: "test",
            schema: &schema,
            query,
        },
        &sort.into(),
    )
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
    ] {
        let error = position(&cursor, &other).unwrap_err();
        assert_eq!(error.to_string(), "the cursor belongs to another query");
    }
}

#[test]
fn the_limit_may_change_between_two_pages() {
    let cursor = cursor(&Query::partition("alice").limit(2), "a");
    assert_eq!(
        position(&cursor, &Query::partition("alice").limit(9)).unwrap(),
        "a".into()
    );
}

proptest! {
    #[test]
    fn a_position_reads_back(partition in ".{1,20}", sort in ".{1,40}") {
        let query = Query::partition(partition);
        prop_assert_eq!(position(&cursor(&query, &sort), &query).unwrap(), sort.into());
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
