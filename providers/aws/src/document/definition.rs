//! The tables of an application as a CloudFormation template, for production.

use isobar::Result;
use isobar::document::{ChangeFeed, CollectionSchema};
use serde_json::{Value, json};

use super::row::EXP;
use super::table::{KeyField, index_attributes, key_attributes, typed_fields};

/// A CloudFormation template, in JSON, of the tables of these collections with their indexes.
///
/// Tables that other code owns, adopted ones, are left out. A table is kept when its stack goes,
/// has point-in-time recovery, and pays by request. `Unsupported` for an index without a
/// partition, which DynamoDB has not.
///
/// ```
/// use isobar::document::{CollectionSpec, IndexSpec, SortType};
///
/// const NOTES: CollectionSpec<()> = CollectionSpec::new("notes")
///     .partition("owner")
///     .sort("id", SortType::Str)
///     .index(IndexSpec::new("by_author").partition("author").sort("year", SortType::I64));
/// let template = isobar_aws::document::cloud_formation(&[NOTES.schema("production-")])?;
/// assert!(template.contains("\"TableName\": \"production-notes\""));
/// # Ok::<(), isobar::Error>(())
/// ```
pub fn cloud_formation(collections: &[CollectionSchema]) -> Result<String> {
    let mut resources = serde_json::Map::new();
    let mut outputs = serde_json::Map::new();
    for schema in collections.iter().filter(|schema| !schema.adopted) {
        let name = logical_id(schema, resources.len());
        let arn = json!({
            "Description": format!("The table of the collection {}", schema.name),
            "Value": { "Fn::GetAtt": [&name, "Arn"] },
        });
        outputs.insert(format!("{name}Arn"), arn);
        resources.insert(name, table(schema)?);
    }
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Tables of an Isobar application",
        "Resources": resources,
        "Outputs": outputs,
    });
    Ok(format!("{template:#}"))
}

fn table(schema: &CollectionSchema) -> Result<Value> {
    let fields = typed_fields(schema)?;
    let attributes: Vec<Value> = fields
        .iter()
        .map(|(name, attribute_type)| {
            json!({ "AttributeName": name, "AttributeType": attribute_type.as_str() })
        })
        .collect();
    let mut properties = json!({
        "TableName": schema.table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": key(&key_attributes(schema)),
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "TimeToLiveSpecification": { "AttributeName": EXP, "Enabled": true },
    });
    if schema.change_feed == ChangeFeed::Declared {
        properties["StreamSpecification"] = json!({ "StreamViewType": "NEW_AND_OLD_IMAGES" });
    }
    let indexes = schema.indexes.iter().map(|index| {
        Ok(json!({
            "IndexName": index.name,
            "KeySchema": key(&index_attributes(index)?),
            "Projection": { "ProjectionType": "ALL" },
        }))
    });
    let indexes = indexes.collect::<Result<Vec<Value>>>()?;
    if !indexes.is_empty() {
        properties["GlobalSecondaryIndexes"] = indexes.into();
    }
    Ok(json!({
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }))
}

fn key(fields: &[KeyField<'_>]) -> Value {
    fields
        .iter()
        .map(|(name, key_type, _)| json!({ "AttributeName": name, "KeyType": key_type.as_str() }))
        .collect()
}

/// Letters and digits, and a number, since two names may differ in other characters only.
fn logical_id(schema: &CollectionSchema, number: usize) -> String {
    let letters = schema.name.chars().filter(char::is_ascii_alphanumeric);
    format!("Table{number}{}", letters.collect::<String>())
}
