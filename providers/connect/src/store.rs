//! The stores that URLs name.

use std::sync::Arc;

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
    local: std::collections::HashMap<String, LocalStore>,
}

/// The schemes that some feature of this crate serves.
const KNOWN: [(&str, &str); 3] = [("local", "local"), ("dynamodb", "dynamodb"), ("s3", "s3")];

impl Stores {
    pub(crate) async fn documents(&mut self, url: &str) -> Result<Opened<dyn DocumentDriver>> {
        #[cfg(feature = "local")]
        if let Some(store) = self.local(url)? {
            return Ok(Opened {
                driver: store.documents(),
                prefix: None,
            });
        }
        match scheme(url) {
            "dynamodb" => dynamodb(url).await,
            _ => Err(unknown(DOCUMENTS, url)),
        }
    }

    pub(crate) async fn blobs(&mut self, url: &str) -> Result<Opened<dyn BlobDriver>> {
        #[cfg(feature = "local")]
        if let Some(store) = self.local(url)? {
            return Ok(Opened {
                driver: store.blobs(),
                prefix: None,
            });
        }
        match scheme(url) {
            "s3" => s3(url).await,
            _ => Err(unknown(BLOBS, url)),
        }
    }

    #[cfg(feature = "local")]
    fn local(&mut self, url: &str) -> Result<Option<&LocalStore>> {
        use std::collections::hash_map::Entry;
        if !matches!(scheme(url), "local" | "file" | "memory") {
            return Ok(None);
        }
        match self.local.entry(url.to_owned()) {
            Entry::Occupied(open) => Ok(Some(open.into_mut())),
            Entry::Vacant(place) => Ok(Some(place.insert(LocalConfig::from_url(url)?.open()?))),
        }
    }
}

#[cfg(feature = "dynamodb")]
async fn dynamodb(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    let place = isobar_aws::config::Place::parse(url, "dynamodb")?;
    let store = isobar_aws::DynamoStore::new(place.dynamodb().await?);
    Ok(Opened {
        driver: Arc::new(store),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "dynamodb"))]
async fn dynamodb(url: &str) -> Result<Opened<dyn DocumentDriver>> {
    std::future::ready(Err(unknown(DOCUMENTS, url))).await
}

#[cfg(feature = "s3")]
async fn s3(url: &str) -> Result<Opened<dyn BlobDriver>> {
    let place = isobar_aws::config::Place::parse(url, "s3")?;
    let store = isobar_aws::S3Store::new(place.s3().await?);
    Ok(Opened {
        driver: Arc::new(store),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "s3"))]
async fn s3(url: &str) -> Result<Opened<dyn BlobDriver>> {
    std::future::ready(Err(unknown(BLOBS, url))).await
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
        None => format!("{variable} is not the URL of a store that Isobar knows: {url:?}"),
    };
    Error::new(ErrorKind::Unsupported, message)
}
