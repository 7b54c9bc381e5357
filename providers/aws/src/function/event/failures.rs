//! The answer that names what is to be delivered again, where the event source mapping asks for it.
//!
//! The mapping must have `ReportBatchItemFailures` in its `FunctionResponseTypes`: without it Lambda
//! takes a batch of which some failed for done.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>

use isobar::{Error, ErrorKind, Result};
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failures {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// The answer with these; with none, all was handled.
pub(super) fn answer(again: impl IntoIterator<Item = String>) -> Result<Box<RawValue>> {
    let failed = |item_identifier| Failure { item_identifier };
    let batch_item_failures = again.into_iter().map(failed).collect();
    let answer = serde_json::value::to_raw_value(&Failures {
        batch_item_failures,
    });
    answer.map_err(|error| {
        Error::new(ErrorKind::Internal, "the answer is not JSON").with_source(error)
    })
}
