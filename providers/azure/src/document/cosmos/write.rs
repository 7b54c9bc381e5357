//! Writes, alone or together, on the condition that the items are in the state they were read in.

use std::time::Duration;

use azure_data_cosmos::clients::ContainerClient;
use azure_data_cosmos::models::{ItemResponse, TransactionalBatchResponse};
use azure_data_cosmos::options::{
    BatchDeleteOptions, BatchOptions, BatchReplaceOptions, ItemWriteOptions, OperationOptions,
    Precondition,
};
use azure_data_cosmos::{CosmosError, Result as CosmosResult, TransactionalBatch};
use isobar::document::Consistency;
use isobar::driver::Failure;
use isobar::driver::commit::{Before, Change, CommitSet, CommitStore, commit, commit_alone};
use isobar::driver::document::{Call, Record, Write, Written};
use isobar::{Error, ErrorKind, Result};
use serde_json::{Map as Object, Value as Json};

use super::CosmosStore;
use super::charge;
use super::failure::{failure, is_conflict, is_missing, of_batch};
use super::name::Names;
use super::read::sending;
use super::row::{self, Row};

/// Operations of one transactional batch ("Azure Cosmos DB service quotas").
const BATCH_OPERATIONS: u64 = 100;

/// A change as Cosmos DB takes it.
#[derive(Debug)]
enum Request {
    /// Stores the item where there is none.
    Create(Object<String, Json>),
    /// Stores the item, whatever there is.
    Upsert(Object<String, Json>),
    /// Stores the item in place of the one in this state.
    Replace(String, Object<String, Json>, String),
    /// Removes the item in this state, or in any.
    Delete(String, Option<String>),
    /// Asks that there is no item of this id: creates it, and removes it again.
    Absent(String, Object<String, Json>),
}

/// The items of a set of writes.
struct Items<'s> {
    store: &'s CosmosStore,
    names: Names<'s>,
    call: &'s Call<'s>,
    writes: &'s [Write],
}

impl CosmosStore {
    pub(super) async fn write_one(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        commit_alone(write, |writes, at| self.write_together(call, writes, at)).await
    }

    /// All writes or none; what each did, in their order.
    pub(super) async fn write_together(
        &self,
        call: &Call<'_>,
        writes: &[Write],
        at: fn(Error, usize) -> Error,
    ) -> Result<Vec<Written>> {
        let items = Items {
            store: self,
            names: Names::of(call.schema)?,
            call,
            writes,
        };
        let set = CommitSet {
            call,
            writes,
            limits: Self::LIMITS,
            budget: &self.budget,
            at,
        };
        commit(&items, set).await
    }
}

impl CommitStore for Items<'_> {
    type Row = Row;
    type Request = Request;

    async fn read(&self) -> Result<Vec<Option<Row>>> {
        let each = self.writes.iter().map(|write| {
            self.store
                .read_item(&self.names, &write.key, Consistency::Strong)
        });
        let found = futures_util::future::join_all(each).await;
        found.into_iter().collect()
    }

    fn record(row: &Row) -> &Record {
        &row.record
    }

    fn is_same_state(then: &Row, now: &Row) -> bool {
        then.etag == now.etag
    }

    fn request(&self, index: usize, before: &Before<Row>, change: Change) -> Result<Request> {
        let key = &self.writes[index].key;
        let id = self.names.id(key)?;
        let item = |record: &Record| row::item(&self.names, key, record, self.call.now);
        Ok(match (change, before) {
            (Change::Store(record), Before::Missing) => Request::Create(item(&record)?),
            (Change::Store(record), Before::Whatever) => Request::Upsert(item(&record)?),
            (Change::Store(record), Before::Found(row)) => {
                Request::Replace(id, item(&record)?, row.etag.clone())
            }
            (Change::Remove, Before::Found(row)) => Request::Delete(id, Some(row.etag.clone())),
            (Change::Remove, _) => Request::Delete(id, None),
            // Changes nothing but the item's state, which other writers then see.
            (Change::Check, Before::Found(row)) => {
                Request::Replace(id, item(&row.record)?, row.etag.clone())
            }
            (Change::Check, _) => {
                let nothing = Record {
                    fields: key.fields(self.names.schema),
                    version: isobar::document::Version::absent(),
                    expires_at: None,
                };
                Request::Absent(id, item(&nothing)?)
            }
        })
    }

    async fn commit(&self, mut requests: Vec<Request>) -> Result<(), Failure> {
        let known = |error| Failure {
            error,
            effect: isobar::driver::Effect::None,
        };
        let container = self.store.container(&self.names.schema.table).await;
        let container = container.map_err(known)?;
        let partition = self.writes.first().map(|write| &write.key.partition);
        let partition = partition.map_or("", String::as_str);
        let partition = self.names.partition_value(partition);
        if requests.len() == 1
            && let Some(request) = requests.pop_if(|only| !matches!(only, Request::Absent(..)))
        {
            return send(&container, partition, request).await;
        }
        let batch = batch(partition, requests).map_err(known)?;
        send_batch(&container, batch).await
    }

    fn is_conflict(error: &Error) -> bool {
        is_conflict(error)
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// The driver tries no other region: what becomes of a write is found out here.
fn writing() -> OperationOptions {
    sending().with_max_failover_retry_count(0).build()
}

async fn send(
    container: &ContainerClient,
    partition: String,
    request: Request,
) -> Result<(), Failure> {
    let options = |etag: Option<String>| {
        let options = ItemWriteOptions::default().with_operation_options(writing());
        Some(match etag {
            Some(etag) => options.with_precondition(Precondition::if_match(etag)),
            None => options,
        })
    };
    let id_of = |item: &Object<String, Json>| {
        let id = item.get(super::name::ID).and_then(Json::as_str);
        id.unwrap_or_default().to_owned()
    };
    let sent = match request {
        Request::Create(item) | Request::Absent(_, item) => {
            let id = id_of(&item);
            container
                .create_item(partition, &id, item, options(None))
                .await
        }
        Request::Upsert(item) => {
            let id = id_of(&item);
            container
                .upsert_item(partition, &id, item, options(None))
                .await
        }
        Request::Replace(id, item, etag) => {
            let options = options(Some(etag));
            container.replace_item(partition, &id, item, options).await
        }
        Request::Delete(id, None) => {
            let sent = container.delete_item(partition, &id, options(None)).await;
            return done(sent, is_missing);
        }
        Request::Delete(id, etag) => container.delete_item(partition, &id, options(etag)).await,
    };
    done(sent, |_| false)
}

fn done(
    sent: CosmosResult<ItemResponse>,
    is_fine: impl Fn(&CosmosError) -> bool,
) -> Result<(), Failure> {
    match sent {
        Ok(answer) => charge::consumed(answer.headers()),
        Err(error) if is_fine(&error) => charge::consumed_by_failure(&error),
        Err(error) => return Err(failure(error)),
    }
    Ok(())
}

fn batch(partition: String, requests: Vec<Request>) -> Result<TransactionalBatch> {
    let operations = requests.iter().map(|request| match request {
        Request::Absent(..) => 2,
        _ => 1,
    });
    let count: u64 = operations.sum();
    if count > BATCH_OPERATIONS {
        let what = "the number of operations of the set in Cosmos DB, where a check that there is \
                    no document counts twice";
        let kind = ErrorKind::LimitExceeded;
        return Err(Error::over_limit(kind, what, BATCH_OPERATIONS, count));
    }
    let mut requests = requests.into_iter();
    let batch = requests.try_fold(TransactionalBatch::new(partition), added);
    batch.map_err(|error| {
        let message = "a set of writes could not be put into a request";
        Error::new(ErrorKind::Internal, message).with_source(error)
    })
}

fn added(batch: TransactionalBatch, request: Request) -> CosmosResult<TransactionalBatch> {
    let state = |etag: String| Precondition::if_match(etag);
    match request {
        Request::Create(item) => batch.create_item(item),
        Request::Upsert(item) => batch.upsert_item(item, None),
        Request::Replace(id, item, etag) => {
            let options = BatchReplaceOptions::default().with_precondition(state(etag));
            batch.replace_item(id, item, Some(options))
        }
        Request::Delete(id, etag) => {
            let options =
                etag.map(|etag| BatchDeleteOptions::default().with_precondition(state(etag)));
            Ok(batch.delete_item(id, options))
        }
        Request::Absent(id, item) => Ok(batch.create_item(item)?.delete_item(id, None)),
    }
}

async fn send_batch(container: &ContainerClient, batch: TransactionalBatch) -> Result<(), Failure> {
    let mut options = BatchOptions::default();
    options.operation = writing();
    let sent = container.execute_transactional_batch(batch, Some(options));
    let answer = sent.await.map_err(failure)?;
    charge::consumed(answer.headers());
    let answer: TransactionalBatchResponse = answer.into_model().map_err(failure)?;
    // Those that were not tried, as another one failed, say so by 424.
    let failed = answer
        .results()
        .iter()
        .find(|result| !result.is_success() && result.status_code() != 424);
    match failed {
        None => Ok(()),
        Some(result) => {
            let mut failure = of_batch(result.status_code());
            if let Some(wait) = result.retry_after() {
                failure.error = failure.error.with_retry_after(wait);
            }
            Err(failure)
        }
    }
}
