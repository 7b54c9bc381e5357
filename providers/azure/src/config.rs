//! Which store on Azure a URL names: the scheme says which service.

#[cfg(feature = "_storage")]
mod account;
#[cfg(feature = "blob")]
pub mod blob;
#[cfg(feature = "cosmos")]
pub mod cosmos;
#[cfg(feature = "queue")]
pub mod queue;
#[cfg(feature = "tables")]
pub mod tables;

#[cfg(any(feature = "cosmos", feature = "tables"))]
use std::sync::Arc;

#[cfg(any(feature = "cosmos", feature = "tables"))]
use isobar::driver::document::DocumentDriver;
use isobar::{Error, Result};
use percent_encoding::percent_decode_str;

/// The place of a store of documents, of any of the services that this build knows.
#[cfg(any(feature = "cosmos", feature = "tables"))]
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Cosmos DB for NoSQL, `cosmos://ACCOUNT/DATABASE`.
    #[cfg(feature = "cosmos")]
    Cosmos(cosmos::CosmosPlace),
    /// Azure Tables, `azure-tables://ACCOUNT`.
    #[cfg(feature = "tables")]
    Tables(tables::TablesPlace),
}

#[cfg(any(feature = "cosmos", feature = "tables"))]
impl Place {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        match url.split_once(':').map_or(url, |(scheme, _)| scheme) {
            #[cfg(feature = "cosmos")]
            cosmos::SCHEME => cosmos::CosmosPlace::parse(url).map(Self::Cosmos),
            #[cfg(feature = "tables")]
            tables::SCHEME => tables::TablesPlace::parse(url).map(Self::Tables),
            scheme => Err(Error::invalid(format!(
                "{scheme:?} is not the scheme of a store of documents on Azure that this build knows"
            ))),
        }
    }

    /// The store at this place. Cosmos DB is asked for its account first; Azure Tables are reached
    /// when they are first asked for something.
    ///
    /// Must be called on a tokio runtime, which then drives its connections.
    pub async fn open(&self) -> Result<Arc<dyn DocumentDriver>> {
        match self {
            #[cfg(feature = "cosmos")]
            Self::Cosmos(place) => Ok(Arc::new(place.open().await?)),
            #[cfg(feature = "tables")]
            Self::Tables(place) => Ok(Arc::new(std::future::ready(place.open()).await?)),
        }
    }

    /// What goes before the names of collections.
    pub fn prefix(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "cosmos")]
            Self::Cosmos(place) => place.prefix.as_deref(),
            #[cfg(feature = "tables")]
            Self::Tables(place) => place.prefix.as_deref(),
        }
    }
}

/// A variable of this process that is set and not empty.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.into_string().ok()?;
    Some(value).filter(|value| !value.is_empty())
}

/// A part of a URL as it was before it was written into one.
fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    let text = text.map_err(|_| Error::invalid("a part of the store's URL is not UTF-8"))?;
    Ok(text.into_owned())
}
