//! The stores that URLs name.

mod topics;

#[cfg(feature = "local")]
use std::path::PathBuf;
use std::sync::Arc;

use isobar::document::CollectionSchema;
use isobar::driver::blob::BlobDriver;
use isobar::driver::document::DocumentDriver;
use isobar::{Error, ErrorKind, Result};
#[cfg(feature = "local")]
use isobar_local::{LocalConfig, LocalStore};

use crate::config::{BLOBS, DOCUMENTS};

/// A driver, and what its URL puts before the names of tables or buckets.
pub(crate) struct Opened<D: ?Sized> {
    pub(crate) driver: Arc<D>,
    pub(crate) prefix: Option<String>,
}

/// Opens stores; a local directory that holds both kinds is opened once.
#[derive(Debug, Default)]
pub(crate) struct Stores {
    #[cfg(feature = "local")]
    local: std::collections::HashMap<Option<PathBuf>, LocalStore>,
    /// The one that holds the documents.
    #[cfg(feature = "local")]
    local_documents: Option<LocalStore>,
    /// The one that holds the blobs.
    #[cfg(feature = "local")]
    local_blobs: Option<LocalStore>,
    /// The one that holds the messages.
    #[cfg(feature = "local")]
    local_messages: Option<LocalStore>,
    /// Where the requests are sent that a local store signs.
    #[cfg(feature = "local")]
    blob_url: Option<String>,
    /// How many events a local store keeps.
    #[cfg(feature = "local")]
    event_limits: isobar_local::EventLimits,
}

/// The schemes that some feature of this crate serves.
const KNOWN: [(&str, &str); 14] = [
    ("local", "local"),
    ("dynamodb", "dynamodb"),
    ("s3", "s3"),
    ("gs", "gcs"),
    ("oss", "oss"),
    ("cos", "cos"),
    ("obs", "obs"),
    ("s3-compatible", "s3-compatible"),
    ("postgres", "postgres"),
    ("postgresql", "postgres"),
    ("firestore", "firestore"),
    ("azure-tables", "azure-tables"),
    ("azure-blob", "azure-blob"),
    ("cosmos", "cosmos"),
];

impl Stores {
    /// Stores of a process that answers at this URL the requests that a local store signs.
    #[cfg_attr(
        not(feature = "local"),
        expect(unused_variables, reason = "no other store signs for this process")
    )]
    pub(crate) fn signing_for(blob_url: Option<String>) -> Self {
        Self {
            #[cfg(feature = "local")]
            blob_url,
            ..Self::default()
        }
    }

    /// Stores that keep so many events.
    #[cfg(feature = "local")]
    pub(crate) fn with_event_limits(mut self, limits: isobar_local::EventLimits) -> Self {
        self.event_limits = limits;
        self
    }

    /// The local store that holds the documents, if one does.
    #[cfg(feature = "local")]
    pub(crate) fn local_documents(&self) -> Option<&LocalStore> {
        self.local_documents.as_ref()
    }

    /// The local store that holds the blobs, if one does.
    #[cfg(feature = "local")]
    pub(crate) fn local_blobs(&self) -> Option<&LocalStore> {
        self.local_blobs.as_ref()
    }

    /// The local store that holds the messages, if one does.
    #[cfg(feature = "local")]
    pub(crate) fn local_messages(&self) -> Option<&LocalStore> {
        self.local_messages.as_ref()
    }

    pub(crate) async fn documents(&mut self, url: &str) -> Result<Opened<dyn DocumentDriver>> {
        #[cfg(feature = "local")]
        if let Some(store) = self.local(url)?.cloned() {
            self.local_documents = Some(store.clone());
            return Ok(Opened {
                driver: store.documents(),
                prefix: None,
            });
        }
        match scheme(url) {
            "dynamodb" => dynamodb(url).await,
            "postgres" | "postgresql" => postgres(url),
            "firestore" => firestore(url),
            "azure-tables" | "cosmos" => azure(url).await,
            _ => Err(unknown(DOCUMENTS, url)),
        }
    }

    pub(crate) async fn blobs(&mut self, url: &str) -> Result<Opened<dyn BlobDriver>> {
        #[cfg(feature = "local")]
        if let Some(store) = self.local(url)?.cloned() {
            self.local_blobs = Some(store.clone());
            return Ok(Opened {
                driver: store.blobs(),
                prefix: None,
            });
        }
        match scheme(url) {
            "s3" => s3(url).await,
            "azure-blob" => azure_blob(url),
            "gs" => gcs(url).await,
            "oss" | "cos" | "obs" | "s3-compatible" => opendal(url),
            _ => Err(unknown(BLOBS, url)),
        }
    }

    #[cfg(feature = "local")]
    fn local(&mut self, url: &str) -> Result<Option<&LocalStore>> {
        if !matches!(scheme(url), "local" | "file" | "memory") {
            return Ok(None);
        }
        let mut config = LocalConfig::from_url(url)?.with_event_limits(self.event_limits);
        if let Some(blob_url) = &self.blob_url {
            config = config.with_blob_url(blob_url);
        }
        let known = place(&config);
        if self.local.contains_key(&known) {
            return Ok(self.local.get(&known));
        }
        let store = config.open()?;
        // Only now is there a directory whose one true name can be asked for.
        Ok(Some(self.local.entry(place(&config)).or_insert(store)))
    }
}

/// Where a local store lies, whichever way its URL says so; `None` in memory.
#[cfg(feature = "local")]
fn place(config: &LocalConfig) -> Option<PathBuf> {
    let directory = config.directory()?;
    Some(
        directory
            .canonicalize()
            .unwrap_or_else(|_| directory.to_owned()),
    )
}

#[cfg(feature = "dynamodb")]
async fn dynamodb(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    let place = isobar_aws::config::Place::parse(url, "dynamodb")?;
    let (tables, streams) = place.dynamodb().await?;
    let store = isobar_aws::DynamoStore::new(tables).with_streams(streams);
    Ok(Opened {
        driver: Arc::new(store),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "dynamodb"))]
async fn dynamodb(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    std::future::ready(Err(unknown(DOCUMENTS, url))).await
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    let place = isobar_postgres::config::Place::parse(url)?;
    let store = place.open()?;
    Ok(Opened {
        driver: Arc::new(store),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "postgres"))]
fn postgres(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    Err(unknown(DOCUMENTS, url))
}

#[cfg(feature = "firestore")]
fn firestore(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    let place = isobar_gcp::config::Place::parse(url)?;
    let store = place.open()?;
    Ok(Opened {
        driver: Arc::new(store),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "firestore"))]
fn firestore(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    Err(unknown(DOCUMENTS, url))
}

#[cfg(any(feature = "azure-tables", feature = "cosmos"))]
async fn azure(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    let linked = [
        ("cosmos", cfg!(feature = "cosmos")),
        ("azure-tables", cfg!(feature = "azure-tables")),
    ];
    if !linked.contains(&(scheme(url), true)) {
        return Err(unknown(DOCUMENTS, url));
    }
    let place = isobar_azure::config::Place::parse(url)?;
    Ok(Opened {
        driver: place.open().await?,
        prefix: place.prefix().map(str::to_owned),
    })
}

#[cfg(not(any(feature = "azure-tables", feature = "cosmos")))]
async fn azure(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    std::future::ready(Err(unknown(DOCUMENTS, url))).await
}

#[cfg(feature = "s3")]
async fn s3(url: &str) -> Result<Opened<dyn BlobDriver>> {
    let place = isobar_aws::config::Place::parse(url, "s3")?;
    let store = isobar_aws::S3Store::new(place.s3().await?);
    Ok(Opened {
        driver: Arc::new(store.with_signed_content(place.signed_content)),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "s3"))]
async fn s3(url: &str) -> Result<Opened<dyn BlobDriver>> {
    std::future::ready(Err(unknown(BLOBS, url))).await
}

#[cfg(feature = "azure-blob")]
fn azure_blob(url: &str) -> Result<Opened<dyn BlobDriver>> {
    let place = isobar_azure::config::blob::BlobPlace::parse(url)?;
    Ok(Opened {
        driver: Arc::new(place.open()?),
        prefix: place.prefix,
    })
}

#[cfg(feature = "gcs")]
async fn gcs(url: &str) -> Result<Opened<dyn BlobDriver>> {
    let place = isobar_gcp::blob::Place::parse(url)?;
    let store = place.open().await?;
    Ok(Opened {
        driver: Arc::new(store),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "azure-blob"))]
fn azure_blob(url: &str) -> Result<Opened<dyn BlobDriver>> {
    Err(unknown(BLOBS, url))
}

#[cfg(not(feature = "gcs"))]
async fn gcs(url: &str) -> Result<Opened<dyn BlobDriver>> {
    std::future::ready(Err(unknown(BLOBS, url))).await
}

#[cfg(any(
    feature = "oss",
    feature = "cos",
    feature = "obs",
    feature = "s3-compatible"
))]
fn opendal(url: &str) -> Result<Opened<dyn BlobDriver>> {
    let linked = [
        ("oss", cfg!(feature = "oss")),
        ("cos", cfg!(feature = "cos")),
        ("obs", cfg!(feature = "obs")),
        ("s3-compatible", cfg!(feature = "s3-compatible")),
    ];
    if !linked.contains(&(scheme(url), true)) {
        return Err(unknown(BLOBS, url));
    }
    let place = isobar_opendal::config::Place::parse(url)?;
    let store = place.open()?;
    Ok(Opened {
        driver: Arc::new(store),
        prefix: place.prefix,
    })
}

#[cfg(not(any(
    feature = "oss",
    feature = "cos",
    feature = "obs",
    feature = "s3-compatible"
)))]
fn opendal(url: &str) -> Result<Opened<dyn BlobDriver>> {
    Err(unknown(BLOBS, url))
}

/// The tables of the collections, as the vendor of the store at this URL defines them.
pub(crate) fn definition(
    url: &str,
    collections: &[CollectionSchema],
    prefix: &str,
) -> Result<String> {
    match scheme(url) {
        "local" | "file" | "memory" => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "a local store needs no tables: set {DOCUMENTS} to the store to define them for"
            ),
        )),
        "firestore" => indexes_of_firestore(url, collections, prefix),
        "azure-tables" => Err(Error::new(
            ErrorKind::Unsupported,
            "a table of Azure Tables has a name and no definition: create one for each collection, \
             called as the README of isobar-azure says",
        )),
        "dynamodb" => tables_of_dynamodb(url, collections, prefix),
        "postgres" | "postgresql" => tables_of_postgres(url, collections, prefix),
        "cosmos" => containers_of_cosmos(url, collections, prefix),
        _ => Err(unknown(DOCUMENTS, url)),
    }
}

#[cfg(feature = "firestore")]
fn indexes_of_firestore(
    url: &str,
    collections: &[CollectionSchema],
    prefix: &str,
) -> Result<String> {
    let place = isobar_gcp::config::Place::parse(url)?;
    let prefix = place.prefix.as_deref().unwrap_or(prefix);
    let named = collections.iter().map(|schema| schema.with_prefix(prefix));
    isobar_gcp::document::index_file(&named.collect::<Vec<_>>())
}

#[cfg(not(feature = "firestore"))]
fn indexes_of_firestore(url: &str, _: &[CollectionSchema], _: &str) -> Result<String> {
    Err(unknown(DOCUMENTS, url))
}

#[cfg(feature = "postgres")]
fn tables_of_postgres(url: &str, collections: &[CollectionSchema], prefix: &str) -> Result<String> {
    let place = isobar_postgres::config::Place::parse(url)?;
    let prefix = place.prefix.as_deref().unwrap_or(prefix);
    let named = collections.iter().map(|schema| schema.with_prefix(prefix));
    place.definition(&named.collect::<Vec<_>>())
}

#[cfg(not(feature = "postgres"))]
fn tables_of_postgres(url: &str, _: &[CollectionSchema], _: &str) -> Result<String> {
    Err(unknown(DOCUMENTS, url))
}

#[cfg(feature = "cosmos")]
fn containers_of_cosmos(
    url: &str,
    collections: &[CollectionSchema],
    prefix: &str,
) -> Result<String> {
    let place = isobar_azure::config::cosmos::CosmosPlace::parse(url)?;
    let prefix = place.prefix.as_deref().unwrap_or(prefix);
    let named = collections.iter().map(|schema| schema.with_prefix(prefix));
    isobar_azure::document::cosmos::containers(&named.collect::<Vec<_>>())
}

#[cfg(not(feature = "cosmos"))]
fn containers_of_cosmos(url: &str, _: &[CollectionSchema], _: &str) -> Result<String> {
    Err(unknown(DOCUMENTS, url))
}

#[cfg(feature = "dynamodb")]
fn tables_of_dynamodb(url: &str, collections: &[CollectionSchema], prefix: &str) -> Result<String> {
    let place = isobar_aws::config::Place::parse(url, "dynamodb")?;
    let prefix = place.prefix.as_deref().unwrap_or(prefix);
    let named = collections.iter().map(|schema| schema.with_prefix(prefix));
    isobar_aws::document::cloud_formation(&named.collect::<Vec<_>>())
}

#[cfg(not(feature = "dynamodb"))]
fn tables_of_dynamodb(url: &str, _: &[CollectionSchema], _: &str) -> Result<String> {
    Err(unknown(DOCUMENTS, url))
}

fn scheme(url: &str) -> &str {
    url.split_once(':').map_or(url, |(scheme, _)| scheme)
}

fn unknown(variable: &str, url: &str) -> Error {
    let scheme = scheme(url);
    let message = match KNOWN.iter().find(|(known, _)| *known == scheme) {
        Some((_, feature)) => format!(
            "{variable} names a {scheme:?} store, which holds something else or which this build \
             left out: enable the feature {feature:?} of isobar-connect"
        ),
        None => format!(
            "{variable} is not the URL of a store that Isobar knows: its scheme is {scheme:?}"
        ),
    };
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(all(test, feature = "local"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_that_two_urls_spell_in_two_ways_is_opened_once() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        let mut stores = Stores::default();
        for url in [
            format!("local:{place}/data"),
            format!("local:{place}/./data"),
            format!("file://{place}/data/"),
            format!("local:{place}/data/../data"),
        ] {
            stores.documents(&url).await.unwrap();
            stores.blobs(&url).await.unwrap();
        }
        assert_eq!(stores.local.len(), 1);
        stores.documents("memory:").await.unwrap();
        stores.blobs("memory:").await.unwrap();
        stores
            .documents(&format!("local:{place}/other"))
            .await
            .unwrap();
        assert_eq!(stores.local.len(), 3);
    }
}

#[cfg(all(test, feature = "firestore"))]
mod firestore_tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_firestore_opens_a_store_with_its_prefix() {
        let url = "firestore://shop?endpoint=http://127.0.0.1:1&prefix=t-";
        let opened = Stores::default().documents(url).await.unwrap();
        assert_eq!(opened.driver.describe().provider, "firestore");
        assert_eq!(opened.prefix.as_deref(), Some("t-"));
    }

    #[test]
    fn indexes_are_printed_of_the_collections_with_their_prefix() {
        let notes = isobar::CollectionSpec::<()>::new("notes").schema("");
        let url = "firestore://shop?prefix=t-";
        let file = definition(url, std::slice::from_ref(&notes), "").unwrap();
        assert!(file.contains("\"collectionGroup\": \"t-notes\""), "{file}");
    }
}

#[cfg(all(test, feature = "azure-tables"))]
mod azure_tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_azure_tables_opens_a_store_with_its_prefix() {
        let url = "azure-tables://devstoreaccount1?endpoint=http://127.0.0.1:1&prefix=t-";
        let opened = Stores::default().documents(url).await.unwrap();
        assert_eq!(opened.driver.describe().provider, "azure-tables");
        assert_eq!(opened.prefix.as_deref(), Some("t-"));
    }
}

#[cfg(all(test, feature = "azure-blob"))]
mod azure_blob_tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_azure_blob_storage_opens_a_store_with_its_prefix() {
        let url = "azure-blob://devstoreaccount1?endpoint=http://127.0.0.1:1&prefix=t-";
        let opened = Stores::default().blobs(url).await.unwrap();
        assert_eq!(opened.driver.describe().provider, "azure-blob");
        assert_eq!(opened.prefix.as_deref(), Some("t-"));
        let documents = Stores::default().documents(url).await;
        assert!(documents.is_err());
    }
}

#[cfg(all(test, feature = "cosmos"))]
mod cosmos_tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_cosmos_db_is_a_store_that_wants_a_key() {
        let url = "cosmos://shop/main?endpoint=http://127.0.0.1:1";
        let opened = Stores::default().documents(url).await;
        let error = opened.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }

    #[test]
    fn containers_are_printed_with_their_indexing_policies() {
        let notes = isobar::CollectionSpec::<()>::new("notes").schema("");
        let json = definition("cosmos://shop/main?prefix=t-", &[notes], "").unwrap();
        let containers: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(containers[0]["id"], "t-notes");
        assert_eq!(containers[0]["indexingPolicy"]["automatic"], true);
    }
}

#[cfg(all(test, feature = "postgres"))]
mod postgres_tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_postgresql_opens_a_store_with_its_prefix() {
        for scheme in ["postgres", "postgresql"] {
            let url = format!("{scheme}://app@localhost/notes?prefix=t-");
            let opened = Stores::default().documents(&url).await.unwrap();
            assert_eq!(opened.driver.describe().provider, "postgres");
            assert_eq!(opened.prefix.as_deref(), Some("t-"));
        }
    }

    #[test]
    fn tables_are_defined_for_the_roles_that_the_url_names() {
        let notes = isobar::CollectionSpec::<()>::new("notes").schema("");
        let url = "postgres://app@localhost/notes?owner=keeper&schema=shop";
        let sql = definition(url, std::slice::from_ref(&notes), "t-").unwrap();
        assert!(sql.contains("CREATE TABLE \"shop\".\"t-notes\""), "{sql}");
        assert!(sql.contains("OWNER TO \"keeper\""), "{sql}");
        assert!(sql.contains("TO \"app\";"), "{sql}");
        let error = definition("postgres://app@localhost/notes", &[notes], "").unwrap_err();
        assert!(error.to_string().contains("owner="), "{error}");
    }

    #[tokio::test]
    async fn no_error_shows_a_password_of_a_url() {
        let url = "postgres://app:hidden@localhost/notes";
        let mut errors = vec![Stores::default().blobs(url).await.map(drop).unwrap_err()];
        for wrong in [format!("{url}?conections=1"), format!("my{url}")] {
            let opened = Stores::default().documents(&wrong).await;
            errors.push(opened.map(drop).unwrap_err());
        }
        for error in errors {
            assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        }
    }
}

#[cfg(all(test, feature = "s3-compatible"))]
mod opendal_tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_a_store_that_speaks_s3_opens_it_with_its_prefix() {
        let url = "s3-compatible://eu?endpoint=http://127.0.0.1:1&prefix=t-";
        let opened = Stores::default().blobs(url).await.unwrap();
        assert_eq!(opened.driver.describe().provider, "s3-compatible");
        assert_eq!(opened.prefix.as_deref(), Some("t-"));
    }
}

#[cfg(all(test, feature = "gcs"))]
mod gcs_tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_cloud_storage_opens_a_store_with_its_prefix() {
        let url = "gs://shop?endpoint=http://127.0.0.1:1&prefix=t-";
        let opened = Stores::default().blobs(url).await.unwrap();
        assert_eq!(opened.driver.describe().provider, "gcs");
        assert_eq!(opened.prefix.as_deref(), Some("t-"));
    }
}
