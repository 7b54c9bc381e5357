//! Requests that may be asked twice, sent until there is an answer.

use aws_sdk_dynamodb::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use isobar::Result;
use isobar::driver::Retries;

use super::DynamoStore;
use super::write::{PAUSE, RETRIES};
use crate::error::failure;

impl DynamoStore {
    /// The retries of one request, from the budget of this store.
    pub(super) fn retries(&self, times: u32) -> Retries<'_> {
        self.budget.retries(times, PAUSE)
    }

    /// Reads, with the retries of core: when a service says how long to wait, the SDK's do not
    /// listen.
    pub(super) async fn retried<T, E, F>(&self, ask: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let mut retries = self.retries(RETRIES);
        loop {
            let error = match ask().await {
                Ok(answer) => {
                    retries.answered();
                    return Ok(answer);
                }
                Err(error) => failure(error).error,
            };
            let pause = error.retryable().then(|| retries.pause(&error)).flatten();
            let Some(pause) = pause else {
                return Err(error);
            };
            tracing::debug!(%error, "a read is sent again");
            tokio::time::sleep(pause).await;
        }
    }
}
