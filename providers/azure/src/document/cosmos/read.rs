//! Reads of items by their keys, and the containers that they are in.

use std::time::Duration;

use azure_data_cosmos::Result as CosmosResult;
use azure_data_cosmos::clients::ContainerClient;
use azure_data_cosmos::options::{
    ItemReadOptions, OperationOptions, OperationOptionsBuilder, ReadConsistencyStrategy,
    ThrottlingRetryOptionsBuilder,
};
use isobar::Result;
use isobar::document::{Consistency, Key};
use isobar::driver::Failure;

use super::CosmosStore;
use super::charge;
use super::failure::{failure, is_missing};
use super::name::Names;
use super::row::{self, Row};

/// How often a request is sent again, and after how long at most the first time.
const RETRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

impl CosmosStore {
    /// The item with this key, expired or not.
    pub(super) async fn read_item(
        &self,
        names: &Names<'_>,
        key: &Key,
        consistency: Consistency,
    ) -> Result<Option<Row>> {
        let (partition, id) = (names.partition_value(&key.partition), names.id(key)?);
        let container = self.container(&names.schema.table).await?;
        let options = || ItemReadOptions::default().with_operation_options(reading(consistency));
        let found = self.retried(|| async {
            let answer = container.read_item(partition.clone(), &id, Some(options()));
            match answer.await {
                Ok(answer) => {
                    charge::consumed(answer.headers());
                    answer.into_model().map(Some)
                }
                Err(error) if is_missing(&error) => {
                    charge::consumed_by_failure(&error);
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        });
        let found = found.await?;
        found.map(|item| row::row(names, item)).transpose()
    }

    /// The client of a container, which is asked for once in a process.
    pub(super) async fn container(&self, name: &str) -> Result<ContainerClient> {
        if let Some(known) = self.known(name) {
            return Ok(known);
        }
        let database = self.client.database_client(self.database.clone());
        let opened =
            self.retried(|| async { database.container_client(name.to_owned(), None).await });
        let container = opened.await?;
        self.remember(name, &container);
        Ok(container)
    }

    /// Asks until there is an answer: a read may be asked twice.
    pub(super) async fn retried<T, F>(&self, ask: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = CosmosResult<T>>,
    {
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let Failure { error, .. } = match ask().await {
                Ok(answer) => {
                    retries.answered();
                    return Ok(answer);
                }
                Err(error) => failure(error),
            };
            tokio::time::sleep(retries.pause_or(error)?).await;
        }
    }
}

/// How a read is done: what was acknowledged in the region that answers must be seen, unless less
/// is asked.
pub(super) fn reading(consistency: Consistency) -> OperationOptions {
    let strategy = match consistency {
        Consistency::Eventual => ReadConsistencyStrategy::Eventual,
        _ => ReadConsistencyStrategy::LatestCommitted,
    };
    sending().with_read_consistency_strategy(strategy).build()
}

/// How any request is sent: it is for [`Retries`](isobar::driver::Retries) to say whether a throttled
/// one is sent again.
pub(super) fn sending() -> OperationOptionsBuilder {
    let once = ThrottlingRetryOptionsBuilder::new().with_max_retry_count(0);
    OperationOptionsBuilder::new().with_throttling_retry_options(once.build())
}
