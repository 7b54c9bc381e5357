//! What an application declares, for `--describe` and exports.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::{SecretSpec, SettingSpec, TopicSpec};
use crate::authorization::AuthorizerSpec;
use crate::blob::BucketSpec;
use crate::capability::Capability;
use crate::document::{ChangeFeed, CollectionSchema, IndexSchema};
use crate::http::Route;

/// Everything an application declares, without touching a network or reading a setting.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The application's name.
    pub name: &'static str,
    /// Its resources.
    #[serde(flatten)]
    pub declarations: Declarations,
    /// Its route table.
    pub routes: Vec<Route>,
    /// Its schedules.
    pub schedules: Vec<ScheduleDescription>,
    /// The topics whose messages wake it, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<&'static str>,
    /// Those of its topics, sent to or subscribed to, whose groups must come in their order, by name.
    #[serde(rename = "orderedTopics", skip_serializing_if = "BTreeSet::is_empty")]
    pub ordered_topics: BTreeSet<&'static str>,
    /// The buckets whose events wake it, by name.
    #[serde(rename = "blobTriggers", skip_serializing_if = "Vec::is_empty")]
    pub blob_triggers: Vec<&'static str>,
    /// The collections whose changes wake it, by name.
    #[serde(rename = "changeTriggers", skip_serializing_if = "Vec::is_empty")]
    pub change_triggers: Vec<&'static str>,
}

/// A declared schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ScheduleDescription {
    /// The name events carry.
    pub name: &'static str,
    /// Five fields of cron, in UTC: minute, hour, day of month, month, day of week.
    pub cron: &'static str,
}

/// The resources of an application.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Declarations {
    /// Collections.
    #[serde(serialize_with = "collections")]
    pub collections: Vec<CollectionSchema>,
    /// Buckets, by name.
    #[serde(serialize_with = "buckets")]
    pub buckets: Vec<BucketSpec>,
    /// Topics to which it sends, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TopicSpec>,
    /// The issuers whose tokens let callers in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorizers: Vec<AuthorizerSpec>,
    /// Settings, without values.
    pub settings: Vec<SettingSpec>,
    /// Secrets, without values.
    pub secrets: Vec<SecretSpec>,
}

#[derive(Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is declared, as it is printed"
)]
struct CollectionView<'s> {
    name: &'s str,
    table: &'s str,
    named: bool,
    partition: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<(&'s str, crate::document::SortType)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    indexes: Vec<IndexView<'s>>,
    adopted: bool,
    /// What an adopted collection cannot have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    withdrawn: Vec<&'static str>,
    native_limits: bool,
    change_feed: bool,
}

#[derive(Serialize)]
struct IndexView<'s> {
    name: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<(&'s str, crate::document::SortType)>,
}

fn collections<S: Serializer>(
    schemas: &[CollectionSchema],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(schemas.iter().map(|schema| {
        CollectionView {
            name: schema.name,
            table: &schema.table,
            named: schema.named,
            partition: &schema.partition,
            sort: schema
                .sort
                .as_ref()
                .map(|(field, sort_type)| (field.as_str(), *sort_type)),
            indexes: schema.indexes.iter().map(index).collect(),
            adopted: schema.adopted,
            withdrawn: schema.withdrawn().iter().map(Capability::name).collect(),
            native_limits: schema.native_limits,
            change_feed: schema.change_feed == ChangeFeed::Declared,
        }
    }))
}

fn index(index: &IndexSchema) -> IndexView<'_> {
    IndexView {
        name: &index.name,
        partition: index.partition.as_deref(),
        sort: index
            .sort
            .as_ref()
            .map(|(field, sort_type)| (field.as_str(), *sort_type)),
    }
}

fn buckets<S: Serializer>(specs: &[BucketSpec], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(specs.iter().map(BucketSpec::name))
}
