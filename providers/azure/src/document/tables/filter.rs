//! What the service can leave out of a selection, as OData.
//!
//! A part of a filter that it is given drops only what cannot match: a row whose fields are packed
//! comes in any case, and core tests all of them. So it does no harm that the service says little
//! of how it compares values of different types.

use isobar::document::{CollectionSchema, Comparison, FieldTest, Filter, Value};

use super::entity::{self, WIDE};
use super::property;
use super::read::literal;

/// Comparisons that one query may have ("Querying tables and entities": 15), less those of keys.
const COMPARISONS: usize = 10;
/// UTF-16 units of a text that is compared, so that the URL stays short.
const UNITS: usize = 500;

/// Which of the parts that must all hold the service tests, in the order of the filter.
pub(super) fn tested<'f>(
    schema: &CollectionSchema,
    filter: Option<&'f Filter>,
) -> Vec<(&'f Filter, String)> {
    let mut left = COMPARISONS;
    let mut tested = Vec::new();
    for part in filter.into_iter().flat_map(Filter::conjuncts) {
        let Some((text, comparisons)) = test(schema, part) else {
            continue;
        };
        if let Some(rest) = left.checked_sub(comparisons) {
            left = rest;
            tested.push((part, text));
        }
    }
    tested
}

/// A part as OData, and how many comparisons that takes.
fn test(schema: &CollectionSchema, part: &Filter) -> Option<(String, usize)> {
    let Filter::Field(condition) = part else {
        return None;
    };
    let [name] = condition.path.names() else {
        return None;
    };
    let is_own = !property::is_name(name) || schema.is_key_field(name);
    if is_own || !schema.adopted && entity::is_reserved(name) {
        return None;
    }
    let values = match &condition.test {
        FieldTest::Compare(Comparison::Equal, value) => std::slice::from_ref(value),
        FieldTest::OneOf(values) => values,
        _ => return None,
    };
    let equal = values.iter().map(|value| {
        let value = match value {
            Value::Bool(value) => value.to_string(),
            Value::String(text) => literal(short(text)?),
            _ => return None,
        };
        Some(format!("{name} eq {value}"))
    });
    let mut any = equal.collect::<Option<Vec<_>>>()?;
    if !schema.adopted {
        any.push(format!("{WIDE} eq true"));
    }
    Some((format!("({})", any.join(" or ")), any.len()))
}

/// Text that is stored as it is, wherever it is stored.
fn short(text: &str) -> Option<&str> {
    (property::is_text(text) && text.encode_utf16().count() <= UNITS).then_some(text)
}

#[cfg(test)]
mod tests {
    use isobar::document::CollectionSpec;

    use super::*;

    const NOTES: CollectionSpec<()> = CollectionSpec::new("notes");

    fn odata(filter: &Filter) -> Vec<String> {
        let tested = tested(&NOTES.schema(""), Some(filter));
        tested.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn equal_text_and_flags_are_tested_by_the_service() {
        let filter = Filter::eq("a", "it's").and(Filter::one_of("b", [true, false]));
        let expected = [
            "(a eq 'it''s' or _wide eq true)",
            "(b eq true or b eq false or _wide eq true)",
        ];
        assert_eq!(odata(&filter), expected);
        let adopted = NOTES.adopt().schema("");
        let filter = Filter::eq("_doc", "x");
        assert_eq!(tested(&adopted, Some(&filter))[0].1, "(_doc eq 'x')");
    }

    #[test]
    fn everything_else_is_left_to_core() {
        let long = "x".repeat(1_000);
        for filter in [
            Filter::eq("n", 1),
            Filter::eq("a.b", "x"),
            Filter::eq("id", "x"),
            Filter::eq("_doc", "x"),
            Filter::eq("not-a-name", "x"),
            Filter::eq("a", "\r"),
            Filter::eq("a", long),
            Filter::ne("a", "x"),
            Filter::gt("a", "x"),
            !Filter::eq("a", "x"),
            Filter::eq("a", "x").or(Filter::eq("b", "x")),
        ] {
            assert_eq!(odata(&filter), [""; 0], "{filter:?}");
        }
    }

    #[test]
    fn no_query_has_more_comparisons_than_the_service_takes() {
        let five = |name| Filter::one_of(name, ["1", "2", "3", "4", "5"]);
        let filter = five("a").and(five("b")).and(Filter::eq("c", "x"));
        let tested = odata(&filter);
        assert_eq!(tested.len(), 2, "{tested:?}");
        assert!(tested.join(" or ").matches(" eq ").count() <= COMPARISONS);
        assert!(!tested[1].contains("b eq"), "{tested:?}");
    }
}
