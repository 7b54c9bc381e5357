//! Where Azure Blob Storage is: a storage account, its endpoint, who asks, and what it keeps.

use isobar::{Error, Result};

use super::account::{NO_ACCOUNT, Named, Service, who_asks};
use super::variable;
use crate::blob::BlobStore;
use crate::credential::Credential;

pub(super) const SCHEME: &str = "azure-blob";
const VERSIONS: &str = "versions";
const BLOBS: Service = Service {
    host: "blob",
    endpoint: "BlobEndpoint",
    development: "http://127.0.0.1:10000/devstoreaccount1",
};

/// A store's place: `azure-blob://ACCOUNT?endpoint=URL&prefix=NAME&versions=kept`.
///
/// The account is that of `AZURE_STORAGE_CONNECTION_STRING` or `AZURE_STORAGE_ACCOUNT` unless
/// named. The endpoint is an emulator's or a private one; unless set, it is the connection
/// string's, or `https://ACCOUNT.blob.core.windows.net`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobPlace {
    /// The storage account.
    pub account: String,
    /// Where its blobs are, without a slash at the end.
    pub endpoint: String,
    /// What goes before the names of buckets.
    pub prefix: Option<String>,
    /// Whether the account keeps versions, which only its owner knows: the service does not tell.
    pub keeps_versions: bool,
    /// Who asks; the identity of this program unless set.
    pub credential: Option<Credential>,
}

impl BlobPlace {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        Self::parse_with(url, &variable)
    }

    fn parse_with(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let named = Named::parse(url, (SCHEME, &[VERSIONS]), malformed)?;
        let mut keeps_versions = false;
        for (_, value) in &named.others {
            keeps_versions = match value.as_str() {
                "kept" => true,
                "none" => false,
                _ => return Err(malformed("its versions are neither kept nor none")),
            };
        }
        let located = named.locate(&BLOBS, variable)?;
        let (account, endpoint, credential) = located.ok_or_else(|| malformed(NO_ACCOUNT))?;
        Ok(Self {
            account,
            endpoint,
            prefix: named.prefix,
            keeps_versions,
            credential,
        })
    }

    /// The store at this place; it connects when it is first asked for something.
    ///
    /// Must be called on a tokio runtime, which then drives its connections.
    pub fn open(&self) -> Result<BlobStore> {
        let credential = who_asks(self.credential.as_ref(), (&self.account, &self.endpoint))?;
        let store = BlobStore::connect(&self.account, &self.endpoint, credential)?;
        Ok(store.with_versions(self.keeps_versions))
    }
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not the place of Azure Blob Storage ({why}): write \
         azure-blob://ACCOUNT?endpoint=URL&prefix=NAME&versions=kept, all but the account if needed"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str, variables: &[(&str, &str)]) -> Result<BlobPlace> {
        BlobPlace::parse_with(url, &|wanted| {
            let mut variables = variables.iter();
            variables.find_map(|(name, value)| (*name == wanted).then(|| (*value).to_owned()))
        })
    }

    #[test]
    fn a_url_names_account_endpoint_prefix_and_whether_versions_are_kept() {
        let place = parse("azure-blob://shop", &[]).unwrap();
        assert_eq!(place.endpoint, "https://shop.blob.core.windows.net");
        assert!(!place.keeps_versions && place.credential.is_none());
        let url = "azure-blob://shop?prefix=t-&endpoint=http://[::1]:9/shop/&versions=kept";
        let place = parse(url, &[]).unwrap();
        assert_eq!(place.endpoint, "http://[::1]:9/shop");
        assert_eq!(place.prefix.as_deref(), Some("t-"));
        assert!(place.keeps_versions);
    }

    #[test]
    fn a_connection_string_says_everything_that_the_url_does_not() {
        let text = "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=a2V5;\
                    EndpointSuffix=core.chinacloudapi.cn";
        let variables = [("AZURE_STORAGE_CONNECTION_STRING", text)];
        let place = parse("azure-blob://", &variables).unwrap();
        assert_eq!(place.endpoint, "https://shop.blob.core.chinacloudapi.cn");
        assert_eq!(place.credential, Some(Credential::key("a2V5").unwrap()));
        let variables = [(
            "AZURE_STORAGE_CONNECTION_STRING",
            "UseDevelopmentStorage=true",
        )];
        let place = parse("azure-blob://", &variables).unwrap();
        assert_eq!(place.endpoint, "http://127.0.0.1:10000/devstoreaccount1");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for url in [
            "azure-blob://",
            "azure-blob://shop/container",
            "azure-blob://shop?versions=maybe",
            "azure-blob://shop?region=x",
            "azure-tables://shop",
        ] {
            assert!(parse(url, &[]).is_err(), "{url}");
        }
    }
}
