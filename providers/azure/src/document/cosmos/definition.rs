//! What a collection needs in Cosmos DB: a container with its indexing policy, and for development
//! its declaration, kept so that another one is refused.

use std::collections::BTreeMap;

use azure_data_cosmos::models::{
    CompositeIndex, CompositeIndexOrder, CompositeIndexProperty, ContainerProperties,
    IndexingPolicy, PartitionKeyDefinition, TimeToLive,
};
use azure_data_cosmos::options::{ItemWriteOptions, Precondition};
use azure_data_cosmos::{CosmosError, Result as CosmosResult};
use isobar::document::CollectionSchema;
use isobar::driver::declaration;
use isobar::driver::escape::escape;
use isobar::{Error, ErrorKind, Result};
use serde_json::{Map as Object, Value as Json, json};

use super::CosmosStore;
use super::failure::{failure, is_missing};
use super::name::{ID, Names, path};

/// The container in which the declarations of all collections are kept.
const DECLARATIONS: &str = "isobar-collections";
/// The property of such an item with the declaration.
const DECLARED: &str = "declared";
/// The property that tells one state of an item from the next.
const ETAG: &str = "_etag";

/// The containers of these collections in JSON, as Azure's tools and templates take them: the id,
/// the partition key, the time to live and the indexing policy of each.
///
/// Containers that other code owns, adopted ones, are left out. `InvalidArgument` on names that
/// Cosmos DB cannot hold.
///
/// ```
/// use isobar::document::{CollectionSpec, SortType};
/// use isobar_azure::document::cosmos::containers;
///
/// const NOTES: CollectionSpec<()> =
///     CollectionSpec::new("notes").partition("owner").sort("id", SortType::Str);
/// let json = containers(&[NOTES.schema("production-")])?;
/// assert!(json.contains("\"/owner\""));
/// # Ok::<(), isobar::Error>(())
/// ```
pub fn containers(collections: &[CollectionSchema]) -> Result<String> {
    let own = collections.iter().filter(|schema| !schema.adopted);
    let each = own.map(|schema| {
        let properties = properties(&Names::of(schema)?)?;
        serde_json::to_value(properties).map_err(|error| {
            let message = "the definition of a container cannot be written as JSON";
            Error::new(ErrorKind::Internal, message).with_source(error)
        })
    });
    let each = each.collect::<Result<Vec<Json>>>()?;
    Ok(format!("{:#}", Json::Array(each)))
}

fn properties(names: &Names<'_>) -> Result<ContainerProperties> {
    let key = PartitionKeyDefinition::from(names.partition_path()?);
    let mut policy = IndexingPolicy::default().with_included_path("/*");
    policy.automatic = true;
    if !names.schema.adopted {
        policy = policy.with_excluded_path("/_ord/?");
    }
    for paths in composites(names)? {
        let properties = paths
            .into_iter()
            .map(|path| CompositeIndexProperty::new(path, CompositeIndexOrder::Ascending));
        let composite = properties.fold(CompositeIndex::default(), CompositeIndex::with_property);
        policy = policy.with_composite_index(composite);
    }
    let properties = ContainerProperties::new(names.schema.table.clone(), key);
    let properties = properties.with_indexing_policy(policy);
    Ok(if names.schema.adopted {
        properties
    } else {
        // Items expire by their own `ttl`, and without one not at all.
        properties.with_default_ttl(TimeToLive::NoDefault)
    })
}

/// The paths of each composite index: for what is read in an order of more than one property.
/// Read backwards, an index serves the descending order.
fn composites(names: &Names<'_>) -> Result<Vec<Vec<String>>> {
    let schema = names.schema;
    let mut key = Vec::new();
    if schema.sort.is_some() {
        key.push(names.partition_path()?);
    }
    key.push(path(&[ID.to_owned()])?);
    let mut orders = vec![key.clone()];
    for (field, sort_type) in schema
        .indexes
        .iter()
        .filter_map(|index| index.sort.as_ref())
    {
        let sort = path(&names.sort_properties(field, *sort_type))?;
        let mut order = vec![sort];
        order.extend(
            key.iter()
                .filter(|path| **path != order[0])
                .cloned()
                .collect::<Vec<_>>(),
        );
        orders.push(order);
    }
    orders.retain(|order| order.len() > 1);
    orders.dedup();
    Ok(orders)
}

impl CosmosStore {
    pub(super) async fn ensure_container(&self, schema: &CollectionSchema) -> Result<()> {
        let names = Names::of(schema)?;
        let wanted = properties(&names)?;
        self.create_container(&wanted).await?;
        let container = self.container(&schema.table).await?;
        let found = self
            .retried(|| async { container.read(None).await?.into_model() })
            .await?;
        if found.partition_key.paths() != wanted.partition_key.paths() {
            return Err(Error::invalid(format!(
                "the container {:?} exists with another partition key than {:?}",
                schema.table, schema.partition
            )));
        }
        if !schema.adopted {
            self.declare(schema).await?;
        }
        self.add_indexes(schema, found, wanted).await
    }

    /// Creates the database and the container where they are missing.
    async fn create_container(&self, wanted: &ContainerProperties) -> Result<()> {
        let database = self.client.database_client(self.database.clone());
        let create = async || {
            let created = database.create_container(wanted.clone(), None).await;
            unless(created, |error| error.status().is_conflict())
        };
        match create().await {
            Err(error) if u16::from(error.status().status_code()) == 404 => {
                let created = self.client.create_database(&self.database, None).await;
                unless(created, |error| error.status().is_conflict())
                    .map_err(|error| failure(error).error)?;
                create().await.map_err(|error| failure(error).error)
            }
            created => created.map_err(|error| failure(error).error),
        }
    }

    /// Adds the composite indexes that the container has not; Cosmos DB fills them by itself.
    async fn add_indexes(
        &self,
        schema: &CollectionSchema,
        mut found: ContainerProperties,
        wanted: ContainerProperties,
    ) -> Result<()> {
        let wanted = wanted.indexing_policy.unwrap_or_default();
        let policy = found.indexing_policy.get_or_insert_default();
        let missing: Vec<CompositeIndex> = wanted
            .composite_indexes
            .into_iter()
            .filter(|index| !policy.composite_indexes.contains(index))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        policy.composite_indexes.extend(missing);
        let container = self.container(&schema.table).await?;
        let replaced = container.replace(found, None).await;
        replaced.map(drop).map_err(|error| failure(error).error)
    }

    /// Keeps what is declared for the first time, and refuses what was declared otherwise.
    async fn declare(&self, schema: &CollectionSchema) -> Result<()> {
        let key = PartitionKeyDefinition::from("/id");
        let kept = ContainerProperties::new(DECLARATIONS, key);
        self.create_container(&kept).await?;
        loop {
            let found = self.declared(schema).await?;
            let (etag, kept) = match &found {
                Some(item) => read_declared(item),
                None => (None, BTreeMap::new()),
            };
            let merged = declaration::merged(schema, kept.clone())?;
            if merged == kept || self.keep(schema, etag, merged).await? {
                return Ok(());
            }
        }
    }

    async fn declared(&self, schema: &CollectionSchema) -> Result<Option<Object<String, Json>>> {
        let (container, id) = (self.container(DECLARATIONS).await?, escape(&schema.table));
        self.retried(|| async {
            match container.read_item(id.clone(), &id, None).await {
                Ok(answer) => answer.into_model().map(Some),
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// False where somebody else did the same at the same time.
    async fn keep(
        &self,
        schema: &CollectionSchema,
        etag: Option<String>,
        declared: BTreeMap<String, String>,
    ) -> Result<bool> {
        let (container, id) = (self.container(DECLARATIONS).await?, escape(&schema.table));
        let item = json!({ ID: &id, DECLARED: declared });
        let sent = match etag {
            None => container.create_item(id.clone(), &id, item, None).await,
            Some(etag) => {
                let state = Precondition::if_match(etag);
                let options = ItemWriteOptions::default().with_precondition(state);
                container
                    .replace_item(id.clone(), &id, item, Some(options))
                    .await
            }
        };
        match sent {
            Ok(_) => Ok(true),
            Err(error)
                if error.status().is_conflict() || error.status().is_precondition_failed() =>
            {
                Ok(false)
            }
            Err(error) => Err(failure(error).of_write()),
        }
    }
}

fn read_declared(item: &Object<String, Json>) -> (Option<String>, BTreeMap<String, String>) {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let declared = item.get(DECLARED).and_then(Json::as_object);
    let declared = declared.into_iter().flatten();
    let declared = declared.filter_map(|(name, value)| Some((name.clone(), text(value)?)));
    (item.get(ETAG).and_then(text), declared.collect())
}

fn unless<T>(answer: CosmosResult<T>, is_fine: impl Fn(&CosmosError) -> bool) -> CosmosResult<()> {
    match answer {
        Err(error) if !is_fine(&error) => Err(error),
        _ => Ok(()),
    }
}
