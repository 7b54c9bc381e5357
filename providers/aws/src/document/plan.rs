//! What DynamoDB does of a query, and what is left to be tested afterwards.

use isobar::document::CollectionSchema;
use isobar::driver::document::{DriverPlan, Selection, Source};

use super::expression::Placeholders;
use super::filter::{expression, is_native};

/// DynamoDB's limit for one expression is 4,096 bytes, of which the expiry takes some.
const FILTER_BYTES: usize = 4_000;

/// A query is a `Query` or a `Scan`; filters are its filter expression where they can be.
pub(super) fn plan(schema: &CollectionSchema, selection: &Selection) -> DriverPlan {
    let mut keys: Vec<&str> = Vec::new();
    let operation = match &selection.source {
        Source::Partition(_) => {
            keys.push(&schema.partition);
            keys.extend(schema.sort.iter().map(|(name, _)| name.as_str()));
            format!("Query on {}", schema.table)
        }
        Source::Index { index, .. } => {
            keys.extend(index.partition.as_deref());
            keys.extend(index.sort.iter().map(|(name, _)| name.as_str()));
            format!("Query on the index {} of {}", index.name, schema.table)
        }
        Source::Everything => format!("Scan of {}", schema.table),
    };
    let plan = DriverPlan::split(operation.clone(), selection, |part| is_native(part, &keys));
    let length = plan.native.as_ref().map_or(0, |native| {
        expression(native, &mut Placeholders::default()).map_or(usize::MAX, |text| text.len())
    });
    if length <= FILTER_BYTES {
        plan
    } else {
        DriverPlan::split(operation, selection, |_| false)
    }
}
