//! What requests consume, in the capacity units that DynamoDB bills.
//!
//! It is asked only for operations that somebody watches, because the answer grows by it.

use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use isobar::driver;

/// Whether the answer is to say it: in all, not by index.
pub(super) fn asked() -> Option<ReturnConsumedCapacity> {
    driver::is_metered().then_some(ReturnConsumedCapacity::Total)
}

/// Notes what an answer says, of one table or several.
pub(super) fn consumed<'c>(said: impl IntoIterator<Item = &'c ConsumedCapacity>) {
    for units in said
        .into_iter()
        .filter_map(ConsumedCapacity::capacity_units)
    {
        driver::consumed(units);
    }
}
