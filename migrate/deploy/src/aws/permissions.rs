//! What the function may do with each declared resource, and nothing else.
//!
//! The actions are those that the stores of `isobar-aws` call; an application that is granted less
//! finds out by the error of one call. No action and no kind of resource has a wildcard: the two
//! that stand in ARNs are the objects of one bucket and the streams of one table, whose names AWS
//! gives.

use serde_json::Value;

use super::template::{Template, own_arn, sub, table_name};
use crate::application::Collection;

/// Reads, writes, conditions and transactions of one table, and queries of its indexes.
pub(super) fn table(template: &mut Template<'_>, collection: &Collection) {
    let own = |rest: &str| of_table(collection, rest);
    template.allow(
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
        ],
        vec![own("")],
    );
    if !collection.indexes.is_empty() {
        let indexes = collection.indexes.iter();
        let indexes = indexes.map(|index| own(&format!("/index/{}", index.name)));
        template.allow(&["dynamodb:Query", "dynamodb:Scan"], indexes.collect());
    }
    if collection.change_feed {
        template.allow(&["dynamodb:DescribeTable"], vec![own("")]);
        template.allow(
            &[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
            ],
            vec![own("/stream/*")],
        );
    }
}

/// What Lambda asks for beside reading, where the stream wakes the function.
pub(super) fn stream_listing(template: &mut Template<'_>, collection: &Collection) {
    let streams = of_table(collection, "/stream/*");
    template.allow(&["dynamodb:ListStreams"], vec![streams]);
}

fn of_table(collection: &Collection, rest: &str) -> Value {
    own_arn(
        "dynamodb",
        &format!("table/{}{rest}", table_name(collection)),
    )
}

/// Objects of one bucket and their versions, their uploads in parts, and its listings.
pub(super) fn bucket(template: &mut Template<'_>, name: &str) {
    let own = |rest: &str| {
        sub(format!(
            "arn:${{AWS::Partition}}:s3:::${{Prefix}}{name}{rest}"
        ))
    };
    template.allow(
        &[
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        ],
        vec![own("/*")],
    );
    template.allow(
        &[
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:ListBucketVersions",
        ],
        vec![own("")],
    );
}
