//! Tables for development and tests: on-demand capacity, expiry by DynamoDB's own TTL.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TableDescription, TableStatus, TimeToLiveSpecification,
};
use isobar::document::{CollectionSchema, SortType};
use isobar::{Error, ErrorKind, Result};

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
                Some(found) if found.table_status == Some(TableStatus::Creating) => {}
                Some(found) => {
                    check(schema, &found)?;
                    return self.expire(schema).await;
                }
                None => {}
            }
            tokio::time::sleep(POLL).await;
            table = self.describe_table(schema).await?;
        }
    }

    async fn describe_table(&self, schema: &CollectionSchema) -> Result<Option<TableDescription>> {
        let sent = self
            .client
            .describe_table()
            .table_name(&schema.table)
            .send()
            .await;
        match sent {
            Ok(output) => Ok(output.table),
            Err(error) => {
                let error = failure(error).error;
                match error.provider_code() {
                    Some("ResourceNotFoundException") => Ok(None),
                    _ => Err(error),
                }
            }
        }
    }

    async fn create_table(&self, schema: &CollectionSchema) -> Result<()> {
        let mut request = self
            .client
            .create_table()
            .table_name(&schema.table)
            .billing_mode(BillingMode::PayPerRequest);
        for (name, key_type, attribute_type) in key_attributes(schema) {
            let element = KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(key_type)
                .build();
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(attribute_type)
                .build();
            let incomplete =
                |error| Error::new(ErrorKind::Internal, "a key is not complete").with_source(error);
            request = request
                .key_schema(element.map_err(incomplete)?)
                .attribute_definitions(attribute.map_err(incomplete)?);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = failure(error).error;
                // Somebody else creates it at the same time.
                match error.provider_code() {
                    Some("ResourceInUseException") => Ok(()),
                    _ => Err(error),
                }
            }
        }
    }

    async fn expire(&self, schema: &CollectionSchema) -> Result<()> {
        if schema.adopted {
            return Ok(());
        }
        let specification = TimeToLiveSpecification::builder()
            .attribute_name(EXP)
            .enabled(true)
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Internal, "the expiry is not complete").with_source(error)
            })?;
        let sent = self
            .client
            .update_time_to_live()
            .table_name(&schema.table)
            .time_to_live_specification(specification)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = failure(error).error;
                // It is enabled already, or is being enabled.
                match error.provider_code() {
                    Some("ValidationException" | "ResourceInUseException") => Ok(()),
                    _ => Err(error),
                }
            }
        }
    }
}

fn key_attributes(
    schema: &CollectionSchema,
) -> impl Iterator<Item = (&str, KeyType, ScalarAttributeType)> {
    let partition = (
        schema.partition.as_str(),
        KeyType::Hash,
        ScalarAttributeType::S,
    );
    let sort = schema.sort.as_ref().map(|(name, sort_type)| {
        let attribute_type = match sort_type {
            SortType::Str => ScalarAttributeType::S,
            SortType::I64 => ScalarAttributeType::N,
            SortType::Bytes => ScalarAttributeType::B,
        };
        (name.as_str(), KeyType::Range, attribute_type)
    });
    std::iter::once(partition).chain(sort)
}

/// Refuses a table whose key is not the declared one, before the first document meets it.
fn check(schema: &CollectionSchema, table: &TableDescription) -> Result<()> {
    let found = table.key_schema().iter().map(|element| {
        let name = element.attribute_name();
        let defined = table.attribute_definitions().iter();
        let mut defined = defined.filter(|attribute| attribute.attribute_name() == name);
        let attribute_type = defined.next().map(AttributeDefinition::attribute_type);
        (name, element.key_type().clone(), attribute_type.cloned())
    });
    let declared = key_attributes(schema).map(|(name, key, kind)| (name, key, Some(kind)));
    if found.eq(declared) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the table {:?} exists with another key than the collection declares",
        schema.table
    )))
}
