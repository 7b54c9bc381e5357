//! Writes, alone or together: one request, or one entity group transaction, under conditions on the
//! states of the entities.

use std::time::Duration;

use http::Method;
use isobar::driver::Failure;
use isobar::driver::commit::{Before, Change, CommitSet, CommitStore, commit, commit_alone};
use isobar::driver::document::{Call, Record, Write, Written};
use isobar::{Error, ErrorKind, Result};

use super::TablesStore;
use super::batch::{self, Operation};
use super::entity::{self, Row};
use super::key::Address;
use super::name;
use super::read::entity_path;
use crate::error::is_conflict;

/// The state of an entity, whichever it is.
const ANY: &str = "*";

/// The entities of a set of writes.
struct Entities<'s> {
    store: &'s TablesStore,
    call: &'s Call<'s>,
    table: String,
    /// In the order of the writes.
    addresses: Vec<Address>,
}

/// One operation of a commit, and whether it stands for a document that must not be there.
struct Request {
    operation: Operation,
    placeholder: Option<Address>,
}

impl TablesStore {
    pub(super) async fn write_one(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        commit_alone(write, |writes, at| self.write_together(call, writes, at)).await
    }

    /// All writes or none, of one partition; what each did, in their order.
    pub(super) async fn write_together(
        &self,
        call: &Call<'_>,
        writes: &[Write],
        at: fn(Error, usize) -> Error,
    ) -> Result<Vec<Written>> {
        let addresses = writes.iter().enumerate().map(|(index, write)| {
            let address = Address::of(call.schema, &write.key);
            address.map_err(|error| at(error, index))
        });
        let entities = Entities {
            store: self,
            call,
            table: name::table(call.schema)?,
            addresses: addresses.collect::<Result<_>>()?,
        };
        let set = CommitSet {
            call,
            writes,
            limits: Self::LIMITS,
            budget: &self.budget,
            at,
        };
        commit(&entities, set).await
    }
}

impl Entities<'_> {
    /// The operation that stores these properties where this was before.
    fn store(&self, address: &Address, before: &Before<Row>, record: &Record) -> Result<Operation> {
        let stored = match before {
            Before::Found(row) => Some(row),
            Before::Missing | Before::Whatever => None,
        };
        let properties = entity::content(self.call.schema, address, record, stored)?;
        let mut operation = self.operation(Method::PUT, address, before);
        if matches!(before, Before::Missing) {
            operation = self.insert();
        }
        operation.properties = Some(properties);
        Ok(operation)
    }

    /// An operation on the entity as it was before.
    fn operation(&self, method: Method, address: &Address, before: &Before<Row>) -> Operation {
        Operation {
            method,
            path: entity_path(&self.table, address),
            if_match: match before {
                Before::Found(row) => Some(row.etag.clone()),
                Before::Missing | Before::Whatever => None,
            },
            properties: None,
        }
    }

    /// Fails where there is an entity.
    fn insert(&self) -> Operation {
        Operation {
            method: Method::POST,
            path: format!("/{}", self.table),
            if_match: None,
            properties: None,
        }
    }

    /// Removes what stood for documents that had to be missing. Where that fails, entities are left
    /// that are expired to everybody.
    async fn clear(&self, placeholders: Vec<(Address, Option<String>)>) {
        for (address, etag) in placeholders {
            let operation = Operation {
                method: Method::DELETE,
                path: entity_path(&self.table, &address),
                if_match: etag.or_else(|| Some(ANY.to_owned())),
                properties: None,
            };
            let operation = std::slice::from_ref(&operation);
            if let Err(failure) = batch::send(&self.store.client, operation).await {
                tracing::debug!(error = %failure.error, "an expired placeholder is left");
            }
        }
    }
}

impl CommitStore for Entities<'_> {
    type Row = Row;
    type Request = Request;

    async fn read(&self) -> Result<Vec<Option<Row>>> {
        let schema = self.call.schema;
        self.store
            .read_rows(schema, &self.table, &self.addresses)
            .await
    }

    fn record(row: &Row) -> &Record {
        &row.record
    }

    fn is_same_state(then: &Row, now: &Row) -> bool {
        then.etag == now.etag
    }

    fn request(&self, index: usize, before: &Before<Row>, change: Change) -> Result<Request> {
        let address = &self.addresses[index];
        let mut placeholder = None;
        let operation = match change {
            Change::Store(record) => self.store(address, before, &record)?,
            Change::Remove => {
                let mut operation = self.operation(Method::DELETE, address, before);
                operation.if_match.get_or_insert_with(|| ANY.to_owned());
                operation
            }
            Change::Check if matches!(before, Before::Missing) => {
                if self.call.schema.adopted {
                    let message = "Azure Tables cannot check that a row of an adopted table is \
                                   missing, as others would see what stands for it meanwhile";
                    return Err(Error::new(ErrorKind::Unsupported, message));
                }
                placeholder = Some(address.clone());
                let mut operation = self.insert();
                operation.properties = Some(entity::placeholder(address));
                operation
            }
            // Changes nothing, on the condition that nobody else has.
            Change::Check => {
                let mut operation = self.operation(merge(), address, before);
                operation.properties = Some(entity::Properties::new());
                operation
            }
        };
        Ok(Request {
            operation,
            placeholder,
        })
    }

    async fn commit(&self, requests: Vec<Request>) -> Result<(), Failure> {
        let (operations, placeholders): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .map(|request| (request.operation, request.placeholder))
            .unzip();
        let etags = batch::send(&self.store.client, &operations).await?;
        let placeholders = placeholders.into_iter().zip(etags);
        let placeholders = placeholders.filter_map(|(address, etag)| Some((address?, etag)));
        self.clear(placeholders.collect()).await;
        Ok(())
    }

    fn is_conflict(error: &Error) -> bool {
        is_conflict(error)
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// The method of the service for a change of some properties.
fn merge() -> Method {
    Method::from_bytes(b"MERGE").unwrap_or(Method::PATCH)
}
