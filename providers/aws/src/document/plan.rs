//! What DynamoDB does of a query, and what is left to be tested afterwards.

use isobar::document::CollectionSchema;
use isobar::driver::document::{DriverPlan, Selection};

/// A query is a `Query`; filters are tested afterwards.
pub(super) fn plan(_: &CollectionSchema, selection: &Selection) -> DriverPlan {
    DriverPlan::split("Query", selection, |_| false)
}
