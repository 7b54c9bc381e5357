//! Tables for development and tests: on-demand capacity, expiry by DynamoDB's own TTL.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexDescription, GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
    TableDescription, TableStatus, TimeToLiveSpecification,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use isobar::document::{ChangeFeed, CollectionSchema, IndexSchema, SortType};
use isobar::{Capability, Error, ErrorKind, Result};

use super::DynamoStore;
use super::row::EXP;
use crate::error::failure;

/// How long to wait between looks at a table that is being created.
const POLL: Duration = Duration::from_millis(200);

impl DynamoStore {
    pub(super) async fn ensure_table(&self, schema: &CollectionSchema) -> Result<()> {
        let mut table = self.describe_table(schema).await?;
        if table.is_none() {
            self.create_table(schema).await?;
            table = self.describe_table(schema).await?;
        }
        loop {
            match table {
                Some(found) if is_at_work(&found) => {}
                Some(found) => {
                    check(schema, &found)?;
                    match missing_index(schema, &found)? {
                        Some(index) => self.create_index(schema, index).await?,
                        None if lacks_stream(schema, &found) => self.create_stream(schema).await?,
                        None => return self.expire(schema).await,
                    }
                }
                None => {}
            }
            tokio::time::sleep(POLL).await;
            table = self.describe_table(schema).await?;
        }
    }

    async fn describe_table(&self, schema: &CollectionSchema) -> Result<Option<TableDescription>> {
        let request = self.client.describe_table().table_name(&schema.table);
        let told = answered(request.send().await, &["ResourceNotFoundException"])?;
        Ok(told.and_then(|told| told.table))
    }

    async fn create_table(&self, schema: &CollectionSchema) -> Result<()> {
        let indexes = schema.indexes.iter().map(|index| {
            let built = GlobalSecondaryIndex::builder()
                .index_name(&index.name)
                .set_key_schema(Some(key_elements(index_attributes(index)?)?))
                .projection(everything())
                .build();
            built.map_err(incomplete)
        });
        let indexes = indexes.collect::<Result<Vec<_>>>()?;
        let request = self
            .client
            .create_table()
            .table_name(&schema.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attribute_definitions(schema)?))
            .set_key_schema(Some(key_elements(key_attributes(schema))?))
            .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
            .set_stream_specification(stream(schema)?);
        // Somebody else creates it at the same time.
        answered(request.send().await, &["ResourceInUseException"])?;
        Ok(())
    }

    /// DynamoDB fills it with the items there are; those whose fields do not fit stay out.
    async fn create_index(&self, schema: &CollectionSchema, index: &IndexSchema) -> Result<()> {
        let action = CreateGlobalSecondaryIndexAction::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_elements(index_attributes(index)?)?))
            .projection(everything())
            .build();
        let update = GlobalSecondaryIndexUpdate::builder()
            .create(action.map_err(incomplete)?)
            .build();
        let request = self.client.update_table().table_name(&schema.table);
        let request = request
            .set_attribute_definitions(Some(attribute_definitions(schema)?))
            .global_secondary_index_updates(update);
        answered(request.send().await, CHANGING)?;
        Ok(())
    }

    /// Of one that has a stream already, whatever is in it, nothing is changed.
    async fn create_stream(&self, schema: &CollectionSchema) -> Result<()> {
        let request = self.client.update_table().table_name(&schema.table);
        let request = request.set_stream_specification(stream(schema)?);
        answered(request.send().await, CHANGING)?;
        Ok(())
    }

    async fn expire(&self, schema: &CollectionSchema) -> Result<()> {
        if schema.adopted {
            return Ok(());
        }
        let specification = TimeToLiveSpecification::builder()
            .attribute_name(EXP)
            .enabled(true)
            .build()
            .map_err(incomplete)?;
        let request = self.client.update_time_to_live();
        let request = request
            .table_name(&schema.table)
            .time_to_live_specification(specification);
        // It is enabled already, or is being enabled.
        let enabled = ["ValidationException", "ResourceInUseException"];
        answered(request.send().await, &enabled)?;
        Ok(())
    }
}

/// What is said while somebody else changes the table.
const CHANGING: &[&str] = &["ResourceInUseException", "LimitExceededException"];

/// The answer, or nothing where the service said one of these codes instead.
fn answered<T, E>(sent: Result<T, SdkError<E, HttpResponse>>, codes: &[&str]) -> Result<Option<T>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let error = match sent {
        Ok(answer) => return Ok(Some(answer)),
        Err(error) => failure(error).error,
    };
    match error.provider_code() {
        Some(code) if codes.contains(&code) => Ok(None),
        _ => Err(error),
    }
}

/// The stream of a collection that declares its changes.
fn stream(schema: &CollectionSchema) -> Result<Option<StreamSpecification>> {
    if schema.change_feed == ChangeFeed::Undeclared {
        return Ok(None);
    }
    let both = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build();
    both.map(Some).map_err(incomplete)
}

/// Whether the collection declares its changes and the table has no stream of them.
fn lacks_stream(schema: &CollectionSchema, table: &TableDescription) -> bool {
    let has = table
        .stream_specification()
        .map(StreamSpecification::stream_enabled);
    schema.change_feed == ChangeFeed::Declared && has != Some(true)
}

/// A key field with its part and its type.
pub(super) type KeyField<'s> = (&'s str, KeyType, ScalarAttributeType);

pub(super) fn key_attributes(schema: &CollectionSchema) -> Vec<KeyField<'_>> {
    let partition = (
        schema.partition.as_str(),
        KeyType::Hash,
        ScalarAttributeType::S,
    );
    let sort = schema.sort.as_ref().map(sort_field);
    std::iter::once(partition).chain(sort).collect()
}

/// The key of an index, which in DynamoDB starts with a partition.
pub(super) fn index_attributes(index: &IndexSchema) -> Result<Vec<KeyField<'_>>> {
    let Some(partition) = &index.partition else {
        return Err(Error::unsupported(Capability::WholeCollectionIndexes));
    };
    let partition = (partition.as_str(), KeyType::Hash, ScalarAttributeType::S);
    let sort = index.sort.as_ref().map(sort_field);
    Ok(std::iter::once(partition).chain(sort).collect())
}

fn sort_field((name, sort_type): &(String, SortType)) -> KeyField<'_> {
    let attribute_type = match sort_type {
        SortType::Str => ScalarAttributeType::S,
        SortType::I64 => ScalarAttributeType::N,
        SortType::Bytes => ScalarAttributeType::B,
    };
    (name, KeyType::Range, attribute_type)
}

/// The fields of the key and of all indexes, each once.
pub(super) fn typed_fields(
    schema: &CollectionSchema,
) -> Result<BTreeMap<&str, ScalarAttributeType>> {
    let mut fields = BTreeMap::new();
    let mut all = key_attributes(schema);
    for index in &schema.indexes {
        all.extend(index_attributes(index)?);
    }
    for (name, _, attribute_type) in all {
        let known = fields.entry(name).or_insert_with(|| attribute_type.clone());
        if *known != attribute_type {
            let message = format!("the field {name:?} is declared with two types");
            return Err(Error::invalid(message));
        }
    }
    Ok(fields)
}

fn attribute_definitions(schema: &CollectionSchema) -> Result<Vec<AttributeDefinition>> {
    typed_fields(schema)?
        .into_iter()
        .map(|(name, attribute_type)| {
            let definition = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(attribute_type)
                .build();
            definition.map_err(incomplete)
        })
        .collect()
}

fn key_elements(fields: Vec<KeyField<'_>>) -> Result<Vec<KeySchemaElement>> {
    fields
        .into_iter()
        .map(|(name, key_type, _)| {
            let element = KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(key_type)
                .build();
            element.map_err(incomplete)
        })
        .collect()
}

fn everything() -> Projection {
    Projection::builder()
        .projection_type(ProjectionType::All)
        .build()
}

fn incomplete(error: BuildError) -> Error {
    Error::new(ErrorKind::Internal, "a table is not complete").with_source(error)
}

/// Whether the table or one of its indexes is not ready yet.
fn is_at_work(table: &TableDescription) -> bool {
    let creating = |index: &GlobalSecondaryIndexDescription| {
        matches!(
            index.index_status,
            Some(IndexStatus::Creating | IndexStatus::Updating)
        )
    };
    matches!(
        table.table_status,
        Some(TableStatus::Creating | TableStatus::Updating)
    ) || table.global_secondary_indexes().iter().any(creating)
}

/// The first declared index that is not there; `InvalidArgument` where one is there otherwise.
fn missing_index<'s>(
    schema: &'s CollectionSchema,
    table: &TableDescription,
) -> Result<Option<&'s IndexSchema>> {
    for index in &schema.indexes {
        let mut found = table.global_secondary_indexes().iter();
        let Some(found) = found.find(|found| found.index_name() == Some(&index.name)) else {
            return Ok(Some(index));
        };
        if !is_keyed_by(table, found.key_schema(), &index_attributes(index)?) {
            let (name, table) = (&index.name, &schema.table);
            return Err(Error::invalid(format!(
                "the index {name:?} of the table {table:?} exists with another key than declared: \
                 give the new one another name"
            )));
        }
    }
    Ok(None)
}

fn is_keyed_by(
    table: &TableDescription,
    found: &[KeySchemaElement],
    declared: &[KeyField<'_>],
) -> bool {
    let found = found.iter().map(|element| {
        let name = element.attribute_name();
        let mut defined = table.attribute_definitions().iter();
        let defined = defined.find(|attribute| attribute.attribute_name() == name);
        let attribute_type = defined.map(AttributeDefinition::attribute_type);
        (name, element.key_type().clone(), attribute_type.cloned())
    });
    let declared = declared.iter().map(|(name, key_type, attribute_type)| {
        (*name, key_type.clone(), Some(attribute_type.clone()))
    });
    found.eq(declared)
}

/// Refuses a table whose key is not the declared one, before the first document meets it.
fn check(schema: &CollectionSchema, table: &TableDescription) -> Result<()> {
    if is_keyed_by(table, table.key_schema(), &key_attributes(schema)) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the table {:?} exists with another key than the collection declares",
        schema.table
    )))
}
