//! Requests that may be asked twice, sent until there is an answer.

use aws_sdk_dynamodb::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use isobar::Result;
use isobar::driver::Retries;

use super::DynamoStore;
use super::write::{PAUSE, RETRIES};
use crate::retry::retried;

impl DynamoStore {
    /// The retries of one request, from the budget of this store.
    pub(super) fn retries(&self, times: u32) -> Retries<'_> {
        self.budget.retries(times, PAUSE)
    }

    /// Reads, with the retries of core.
    pub(super) async fn retried<T, E, F>(&self, ask: impl Fn() -> F + Send) -> Result<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        retried(self.retries(RETRIES), ask).await
    }
}
