//! The filters that Firestore tests exactly as [`Filter::matches`] does: equality of a field of the
//! document with a scalar. What lies deeper may be packed.
//!
//! Only they need no index beyond those that Firestore keeps of each field by itself. The rest is
//! left to core, and the plan says so.

use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::document::{Comparison, FieldTest, Filter, Value};
use proto::structured_query as query;
use proto::structured_query::field_filter::Operator;
use proto::value::ValueType;

use super::value::{instant, plain, stored_name};

/// Firestore compares the first 1,500 bytes of a value in an index ("Quotas and limits"); a shorter
/// one than that is equal to nothing longer.
const COMPARED_BYTES: usize = 1_000;

/// Whether Firestore tests this part of a filter exactly.
pub(super) fn is_native(filter: &Filter) -> bool {
    field_filter(filter).is_some()
}

/// The part of a filter as Firestore takes it.
pub(super) fn field_filter(filter: &Filter) -> Option<query::Filter> {
    let Filter::Field(condition) = filter else {
        return None;
    };
    let FieldTest::Compare(Comparison::Equal, value) = &condition.test else {
        return None;
    };
    let value = match value {
        Value::Bool(value) => ValueType::BooleanValue(*value),
        Value::Int(number) => ValueType::IntegerValue(*number),
        Value::Float(number) => ValueType::DoubleValue(*number),
        Value::String(text) if text.len() <= COMPARED_BYTES => ValueType::StringValue(text.clone()),
        Value::Bytes(bytes) if bytes.len() <= COMPARED_BYTES => {
            ValueType::BytesValue(bytes.to_vec())
        }
        Value::Timestamp(at) => ValueType::TimestampValue(instant(*at)?),
        _ => return None,
    };
    let [name] = condition.path.names() else {
        return None;
    };
    Some(compare(quoted(name), Operator::Equal, value))
}

/// A comparison of a field, by its path.
pub(super) fn compare(path: String, operator: Operator, value: ValueType) -> query::Filter {
    query::Filter {
        filter_type: Some(query::filter::FilterType::FieldFilter(query::FieldFilter {
            field: Some(query::FieldReference { field_path: path }),
            op: operator.into(),
            value: Some(plain(value)),
        })),
    }
}

/// All of these hold.
pub(super) fn all(mut filters: Vec<query::Filter>) -> Option<query::Filter> {
    if filters.len() < 2 {
        return filters.pop();
    }
    let composite = query::CompositeFilter {
        op: query::composite_filter::Operator::And.into(),
        filters,
    };
    Some(query::Filter {
        filter_type: Some(query::filter::FilterType::CompositeFilter(composite)),
    })
}

/// A field's name as a part of a path, quoted as `google.firestore.v1.FieldReference` has it.
pub(super) fn quoted(name: &str) -> String {
    let name = stored_name(name);
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equality_with_a_scalar_is_native() {
        for native in [
            Filter::eq("a", 1),
            Filter::eq("a", "x"),
            Filter::eq("a", true),
            Filter::eq("a", 1.5),
        ] {
            assert!(is_native(&native), "{native:?}");
        }
        for other in [
            Filter::eq("a", "x".repeat(1_001)),
            Filter::eq("a", vec![Value::Int(1)]),
            Filter::gt("a", 1),
            Filter::eq("a.b", 1),
            Filter::exists("a"),
            !Filter::eq("a", 1),
        ] {
            assert!(!is_native(&other), "{other:?}");
        }
    }

    #[test]
    fn names_in_paths_are_quoted() {
        assert_eq!(quoted("a.b"), "`a.b`");
        assert_eq!(quoted("c`d\\"), "`c\\`d\\\\`");
        assert_eq!(quoted("__x__"), "`$__x__`");
    }
}
