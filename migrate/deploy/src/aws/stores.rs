//! Tables and buckets, and what the function may do with them.

use serde_json::{Value, json};

use super::template::{FUNCTION, Template, attribute, prefixed, reference, sub};
use super::{permissions, triggers};
use crate::application::Collection;
use crate::error::{Error, ErrorKind, Result};

/// The tables that the application has printed, with the prefix before their names.
pub(super) fn tables(template: &mut Template<'_>, tables: Option<&str>) -> Result<()> {
    let application = template.application;
    for collection in &application.collections {
        permissions::table(template, collection);
        if application.change_triggers.contains(&collection.name) {
            permissions::stream_listing(template, collection);
        }
    }
    let Some(tables) = tables else {
        return Ok(());
    };
    let printed: Value =
        serde_json::from_str(tables).map_err(|error| unreadable().with_source(error))?;
    let printed = printed["Resources"].as_object().ok_or_else(unreadable)?;
    let mut named = Vec::new();
    for resource in printed.values() {
        let properties = &resource["Properties"];
        let name = properties["TableName"].as_str().ok_or_else(unreadable)?;
        named.push((name.to_owned(), properties.clone()));
    }
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, mut properties) in named {
        let of_table = |collection: &&Collection| collection.table == name;
        let collection = application.collections.iter().find(of_table);
        properties["TableName"] = match collection {
            Some(collection) if collection.named => name.as_str().into(),
            _ => prefixed(&name),
        };
        let id = template.id("Table", &name);
        template.kept(&id, "AWS::DynamoDB::Table", properties);
        let collection = collection.filter(|one| application.change_triggers.contains(&one.name));
        if let Some(collection) = collection {
            triggers::changes(template, &collection.name, &id);
        }
    }
    Ok(())
}

fn unreadable() -> Error {
    let message = "what the application printed with --export is no template of tables";
    Error::new(ErrorKind::Description, message)
}

/// Private buckets; those whose events wake the application tell it.
pub(super) fn buckets(template: &mut Template<'_>) {
    let application = template.application;
    for bucket in &application.buckets {
        permissions::bucket(template, bucket);
        let id = template.id("Bucket", bucket);
        let mut properties = json!({
            "BucketName": prefixed(bucket),
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true,
                "BlockPublicPolicy": true,
                "IgnorePublicAcls": true,
                "RestrictPublicBuckets": true,
            },
            "LifecycleConfiguration": { "Rules": [{
                "Id": "abandoned-uploads",
                "Status": "Enabled",
                "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 7 },
            }] },
        });
        if !application.blob_triggers.contains(bucket) {
            template.kept(&id, "AWS::S3::Bucket", properties);
            continue;
        }
        properties["NotificationConfiguration"] = notifications();
        template.kept(&id, "AWS::S3::Bucket", properties);
        let permission = notifier(template, bucket);
        template.resources[&id]["DependsOn"] = json!([permission]);
    }
}

/// Both kinds of events that a handler of blobs is told.
fn notifications() -> Value {
    let told = |event: &str| json!({ "Event": event, "Function": attribute(FUNCTION, "Arn") });
    json!({ "LambdaConfigurations": [told("s3:ObjectCreated:*"), told("s3:ObjectRemoved:*")] })
}

/// Lets the bucket, and no other, wake the function.
fn notifier(template: &mut Template<'_>, bucket: &str) -> String {
    let id = template.id("NotifiedBy", bucket);
    let permission = json!({
        "FunctionName": attribute(FUNCTION, "Arn"),
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
        "SourceAccount": reference("AWS::AccountId"),
        "SourceArn": sub(format!("arn:${{AWS::Partition}}:s3:::${{Prefix}}{bucket}")),
    });
    template.resource(&id, "AWS::Lambda::Permission", permission);
    id
}
