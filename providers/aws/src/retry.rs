//! Requests that may be asked twice, sent until there is an answer.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use isobar::Result;
use isobar::driver::Retries;

use crate::error::failure;

/// Asks with the retries of core: when a service says how long to wait, the SDK's do not listen,
/// and a plain 429 they do not send again.
pub(crate) async fn retried<T, E, F>(
    mut retries: Retries<'_>,
    ask: impl Fn() -> F + Send,
) -> Result<T>
where
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
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
        tracing::debug!(%error, "a request is sent again");
        tokio::time::sleep(pause).await;
    }
}
