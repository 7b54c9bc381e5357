//! Writes, alone or together, as one commit of Firestore under preconditions.

use std::time::Duration;

use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::driver::Failure;
use isobar::driver::commit::{Before, Change, CommitSet, CommitStore, commit, commit_alone};
use isobar::driver::document::{Call, Record, Write, Written};
use isobar::{Error, Result};
use proto::precondition::ConditionType;
use proto::write::Operation;
use tonic::Status;

use super::Client;
use super::FirestoreStore;
use super::name::Names;
use super::row::{self, Row};
use crate::error::{failure, is_conflict};

/// The documents of a set of writes.
struct Documents<'s> {
    store: &'s FirestoreStore,
    names: Names<'s>,
    /// Their full names, in the order of the writes.
    paths: Vec<String>,
}

impl FirestoreStore {
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
        let names = self.names(call.schema)?;
        let documents = writes.iter().enumerate().map(|(index, write)| {
            let name = names.document(&write.key);
            name.map_err(|error| at(error, index))
        });
        let documents = Documents {
            store: self,
            paths: documents.collect::<Result<_>>()?,
            names,
        };
        let set = CommitSet {
            call,
            writes,
            limits: Self::LIMITS,
            budget: &self.budget,
            at,
        };
        commit(&documents, set).await
    }

    pub(super) async fn send_commit(&self, request: proto::CommitRequest) -> Result<(), Status> {
        let send = |mut client: Client| async move { client.commit(request).await };
        self.connection.send(send).await.map(drop)
    }
}

impl CommitStore for Documents<'_> {
    type Row = Row;
    type Request = proto::Write;

    async fn read(&self) -> Result<Vec<Option<Row>>> {
        let mut found = self.store.read_many(&self.names, &self.paths).await?;
        let rows = self.paths.iter().map(|name| found.remove(name));
        Ok(rows.collect())
    }

    fn record(row: &Row) -> &Record {
        &row.record
    }

    fn is_same_state(then: &Row, now: &Row) -> bool {
        then.update_time == now.update_time
    }

    fn request(&self, index: usize, before: &Before<Row>, change: Change) -> Result<proto::Write> {
        let name = self.paths[index].clone();
        let mut update_mask = None;
        let operation = match change {
            Change::Store(record) => {
                let fields = row::content(self.names.schema, &record)?;
                Operation::Update(document(name, fields))
            }
            Change::Remove => Operation::Delete(name),
            // Changes nothing, under a precondition that says what was there.
            Change::Check if matches!(before, Before::Missing) => Operation::Delete(name),
            Change::Check => {
                update_mask = Some(proto::DocumentMask::default());
                Operation::Update(document(name, super::value::Fields::new()))
            }
        };
        Ok(proto::Write {
            update_mask,
            current_document: precondition(before),
            operation: Some(operation),
            ..Default::default()
        })
    }

    async fn commit(&self, writes: Vec<proto::Write>) -> Result<(), Failure> {
        let request = proto::CommitRequest {
            database: self.store.database.clone(),
            writes,
            ..Default::default()
        };
        self.store.send_commit(request).await.map_err(failure)
    }

    fn is_conflict(error: &Error) -> bool {
        is_conflict(error)
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

fn document(name: String, fields: super::value::Fields) -> proto::Document {
    proto::Document {
        name,
        fields,
        ..Default::default()
    }
}

/// That nobody has written since.
fn precondition(before: &Before<Row>) -> Option<proto::Precondition> {
    let condition = match before {
        Before::Whatever => return None,
        Before::Missing => ConditionType::Exists(false),
        Before::Found(row) => match row.update_time {
            Some(at) => ConditionType::UpdateTime(at),
            None => ConditionType::Exists(true),
        },
    };
    Some(proto::Precondition {
        condition_type: Some(condition),
    })
}
