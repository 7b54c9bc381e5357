//! The stores that URLs name.

#[cfg(feature = "local")]
use std::collections::HashMap;
use std::sync::Arc;

use isobar::driver::blob::BlobDriver;
use isobar::driver::document::DocumentDriver;
use isobar::{Error, ErrorKind, Result};
#[cfg(feature = "local")]
use isobar_local::{LocalConfig, LocalStore};

use crate::config::{BLOBS, DOCUMENTS};

/// Opens stores; a local directory that holds both kinds is opened once.
#[derive(Debug, Default)]
pub(crate) struct Stores {
    #[cfg(feature = "local")]
    local: HashMap<String, LocalStore>,
}

impl Stores {
    pub(crate) fn documents(&mut self, url: &str) -> Result<Arc<dyn DocumentDriver>> {
        match scheme(url) {
            #[cfg(feature = "local")]
            "local" | "file" | "memory" => Ok(self.local(url)?.documents()),
            _ => Err(unknown(DOCUMENTS, url)),
        }
    }

    pub(crate) fn blobs(&mut self, url: &str) -> Result<Arc<dyn BlobDriver>> {
        match scheme(url) {
            #[cfg(feature = "local")]
            "local" | "file" | "memory" => Ok(self.local(url)?.blobs()),
            _ => Err(unknown(BLOBS, url)),
        }
    }

    #[cfg(feature = "local")]
    fn local(&mut self, url: &str) -> Result<&LocalStore> {
        use std::collections::hash_map::Entry;
        match self.local.entry(url.to_owned()) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(LocalConfig::from_url(url)?.open()?)),
        }
    }
}

fn scheme(url: &str) -> &str {
    url.split_once(':').map_or(url, |(scheme, _)| scheme)
}

/// The schemes that some feature of this crate serves.
const KNOWN: [(&str, &str); 3] = [("local", "local"), ("dynamodb", "dynamodb"), ("s3", "s3")];

fn unknown(variable: &str, url: &str) -> Error {
    let scheme = scheme(url);
    let known = KNOWN.iter().find(|(known, _)| *known == scheme);
    let message = match known {
        Some((_, feature)) => format!(
            "{variable} names a {scheme:?} store, which this build left out or which holds \
             something else: enable the feature {feature:?} of isobar-connect"
        ),
        None => format!("{variable} is not the URL of a store that Isobar knows: {url:?}"),
    };
    Error::new(ErrorKind::Unsupported, message)
}
