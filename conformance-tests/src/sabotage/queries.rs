//! Ways in which a document store may be wrong when it answers queries.

use isobar::document::{Direction, SortKey, SortRange};
use isobar::driver::document::{Position, Source};

use super::Sabotage;
use super::document::{page, request};

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    request("less includes its bound", "D-060", |request| {
        if let SortRange::Less(bound) = &request.selection.range {
            request.selection.range = SortRange::LessOrEqual(bound.clone());
        }
    }),
    request("greater includes its bound", "D-060", |request| {
        if let SortRange::Greater(bound) = &request.selection.range {
            request.selection.range = SortRange::GreaterOrEqual(bound.clone());
        }
    }),
    request("between leaves out its end", "D-060", |request| {
        if let SortRange::Between(first, last) = &request.selection.range
            && first < last
            && let SortKey::Str(text) = last
        {
            let before = text.trim_end_matches(|_| true).to_owned() + &text[..text.len() - 1];
            request.selection.range = SortRange::Between(first.clone(), SortKey::Str(before));
        }
    }),
    request("descending is ascending", "D-069", |request| {
        request.selection.direction = Direction::Ascending;
    }),
    request("a cursor is ignored", "D-274", |request| {
        request.after = None;
    }),
    request("a prefix finds only its equal", "D-260", |request| {
        if let SortRange::Prefix(prefix) = &request.selection.range {
            request.selection.range = SortRange::Equal(prefix.clone());
        }
    }),
    request("a prefix ends before the last planes", "D-261", |request| {
        if let SortRange::Prefix(prefix @ SortKey::Str(text)) = &request.selection.range {
            let end = SortKey::Str(format!("{text}\u{ffff}"));
            request.selection.range = SortRange::Between(prefix.clone(), end);
        }
    }),
    request("partitions ignore case", "D-065", |request| {
        if let Source::Partition(partition) = &mut request.selection.source {
            *partition = partition.to_lowercase();
        }
    }),
    page("a full page is the last", "D-122", |_, page| {
        page.next = None;
    }),
    page("the last of a page comes again", "D-122", |_, page| {
        if page.next.is_some()
            && let Some(record) = page.records.iter().rev().nth(1)
            && let Some(isobar::document::Value::String(id)) = record.fields.get("id")
        {
            page.next = Some(Position::Sort(SortKey::Str(id.clone())));
        }
    }),
    page(
        "the first of a later page is left out",
        "D-122",
        |request, page| {
            if request.after.is_some() && !page.records.is_empty() {
                page.records.remove(0);
            }
        },
    ),
    page("numbers are sorted as text", "D-223", |request, page| {
        page.records.sort_by_key(|record| {
            let at = record.fields.get("at").map(|at| format!("{at:?}"));
            at.unwrap_or_default()
        });
        if request.selection.direction == Direction::Descending {
            page.records.reverse();
        }
    }),
    page("text is sorted without case", "D-222", |request, page| {
        page.records.sort_by_key(|record| {
            let id = record
                .fields
                .get("id")
                .map(|id| format!("{id:?}").to_lowercase());
            id.unwrap_or_default()
        });
        if request.selection.direction == Direction::Descending {
            page.records.reverse();
        }
    }),
    page("text is sorted by UTF-16", "D-224", |request, page| {
        page.records
            .sort_by_key(|record| match record.fields.get("id") {
                Some(isobar::document::Value::String(id)) => id.encode_utf16().collect(),
                _ => Vec::new(),
            });
        if request.selection.direction == Direction::Descending {
            page.records.reverse();
        }
    }),
];
