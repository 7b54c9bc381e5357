//! What requests consume, in the request units that Cosmos DB bills.

use azure_data_cosmos::CosmosError;
use azure_data_cosmos::models::ResponseHeaders;
use isobar::driver;

/// Notes the charge that an answer names.
pub(super) fn consumed(answer: &ResponseHeaders) {
    if let Some(charge) = answer.request_charge() {
        driver::consumed(charge.value());
    }
}

/// Notes the charge of a request that was refused, which costs something too.
pub(super) fn consumed_by_failure(error: &CosmosError) {
    let answer = error.response();
    let charge = answer.and_then(|answer| answer.headers().request_charge);
    if let Some(charge) = charge {
        driver::consumed(charge.value());
    }
}
