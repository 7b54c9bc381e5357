//! What a collection needs in Firestore: nothing but its composite indexes, and its definition,
//! kept so that another one is refused.

use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::document::{CollectionSchema, Direction, IndexSchema, SortRange};
use isobar::driver::document::{Call, Fetch, PageRequest, Selection, Source};
use isobar::driver::{Failure, declaration};
use isobar::{Error, ErrorKind, Result};
use proto::precondition::ConditionType;
use proto::value::ValueType;
use proto::write::Operation;

use super::FirestoreStore;
use super::value::{Fields, plain};
use crate::error::{failure, is_conflict};

/// The collection in which the definitions of all collections are kept.
const DEFINITIONS: &str = "isobar-collections";

impl FirestoreStore {
    pub(super) async fn ensure_collection(&self, schema: &CollectionSchema) -> Result<()> {
        self.names(schema)?;
        if !schema.adopted {
            self.ensure_definition(schema).await?;
        }
        for index in &schema.indexes {
            self.probe(schema, index).await?;
        }
        Ok(())
    }

    /// Keeps what is declared for the first time, and refuses what was declared otherwise.
    async fn ensure_definition(&self, schema: &CollectionSchema) -> Result<()> {
        let name = format!("{}/documents/{DEFINITIONS}/{}", self.database, schema.table);
        loop {
            let stored = self.definition(&name).await?;
            let kept = stored.as_ref().map(|document| &document.fields);
            let fields = merged(schema, kept.cloned().unwrap_or_default())?;
            if kept == Some(&fields) || self.define(&name, stored, fields).await? {
                return Ok(());
            }
        }
    }

    async fn definition(&self, name: &str) -> Result<Option<proto::Document>> {
        let names = [name.to_owned()];
        let found = self.retried(|| self.ask(&names)).await?;
        Ok(found.into_iter().next())
    }

    /// False where somebody else did the same at the same time.
    async fn define(
        &self,
        name: &str,
        stored: Option<proto::Document>,
        fields: Fields,
    ) -> Result<bool> {
        let update_time = stored.and_then(|document| document.update_time);
        let condition = match update_time {
            Some(at) => ConditionType::UpdateTime(at),
            None => ConditionType::Exists(false),
        };
        let write = proto::Write {
            current_document: Some(proto::Precondition {
                condition_type: Some(condition),
            }),
            operation: Some(Operation::Update(proto::Document {
                name: name.to_owned(),
                fields,
                ..Default::default()
            })),
            ..Default::default()
        };
        let request = proto::CommitRequest {
            database: self.database.clone(),
            writes: vec![write],
            ..Default::default()
        };
        match self.send_commit(request).await.map_err(failure) {
            Ok(()) => Ok(true),
            Err(Failure { error, .. }) if is_conflict(&error) => Ok(false),
            Err(failure) => Err(failure.of_write()),
        }
    }

    /// Asks the index for one document: Firestore refuses where it needs a composite index that is
    /// not there.
    async fn probe(&self, schema: &CollectionSchema, index: &IndexSchema) -> Result<()> {
        for direction in [Direction::Ascending, Direction::Descending] {
            let page = PageRequest {
                selection: Selection {
                    source: Source::Index {
                        index: index.clone(),
                        partition: index.partition.as_ref().map(|_| "-".to_owned()),
                    },
                    range: SortRange::All,
                    direction,
                    filter: None,
                },
                fetch: Fetch::default(),
                limit: 1,
                after: None,
            };
            let now = isobar::document::Timestamp::from_micros(0);
            let call = Call { schema, now };
            match self.read_page(&call, &page).await {
                Err(error) if error.provider_code() == Some("FAILED_PRECONDITION") => {
                    let message = format!(
                        "Firestore has no composite index for {index}: create one of the collection \
                         {:?} over these fields, ascending and descending",
                        schema.table
                    );
                    return Err(Error::new(ErrorKind::InvalidArgument, message).with_source(error));
                }
                Err(error) if error.kind() != ErrorKind::Corrupt => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// What is kept together with what is declared; `InvalidArgument` where they differ.
fn merged(schema: &CollectionSchema, kept: Fields) -> Result<Fields> {
    let text = |(name, value): (String, proto::Value)| match value.value_type {
        Some(ValueType::StringValue(text)) => Some((name, text)),
        _ => None,
    };
    let kept = kept.into_iter().filter_map(text).collect();
    let merged = declaration::merged(schema, kept)?.into_iter();
    let fields = merged.map(|(name, text)| (name, plain(ValueType::StringValue(text))));
    Ok(fields.collect())
}
