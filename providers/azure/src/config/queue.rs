//! Where queues of Azure Storage are: a storage account, its endpoint, and who asks.

use isobar::{Error, Result};

use super::account::{NO_ACCOUNT, Named, Service, who_asks};
use super::variable;
use crate::credential::Credential;
use crate::topic::AzureQueues;

const SCHEME: &str = "azure-queue";
const QUEUES: Service = Service {
    host: "queue",
    endpoint: "QueueEndpoint",
    development: "http://127.0.0.1:10001/devstoreaccount1",
};

/// A place of queues: `azure-queue://ACCOUNT?endpoint=URL&prefix=NAME`.
///
/// The account is that of `AZURE_STORAGE_CONNECTION_STRING` or `AZURE_STORAGE_ACCOUNT` unless
/// named. The endpoint is an emulator's or a private one; unless set, it is the connection
/// string's, or `https://ACCOUNT.queue.core.windows.net`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuePlace {
    /// The storage account.
    pub account: String,
    /// Where its queues are, without a slash at the end.
    pub endpoint: String,
    /// What goes before the names of topics.
    pub prefix: Option<String>,
    /// Who asks; the identity of this program unless set.
    pub credential: Option<Credential>,
}

impl QueuePlace {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        Self::parse_with(url, &variable)
    }

    fn parse_with(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let named = Named::parse(url, (SCHEME, &[]), malformed)?;
        let located = named.locate(&QUEUES, variable)?;
        let (account, endpoint, credential) = located.ok_or_else(|| malformed(NO_ACCOUNT))?;
        Ok(Self {
            account,
            endpoint,
            prefix: named.prefix,
            credential,
        })
    }

    /// What sends to the queues of this place; it connects when it first sends something.
    ///
    /// Must be called on a tokio runtime, which then drives its connections.
    pub fn open(&self) -> Result<AzureQueues> {
        let credential = who_asks(self.credential.as_ref(), (&self.account, &self.endpoint))?;
        AzureQueues::connect(&self.account, &self.endpoint, credential)
    }
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not the place of queues of Azure Storage ({why}): write \
         azure-queue://ACCOUNT?endpoint=URL&prefix=NAME, all but the account if needed"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str, variables: &[(&str, &str)]) -> Result<QueuePlace> {
        QueuePlace::parse_with(url, &|wanted| {
            let mut variables = variables.iter();
            variables.find_map(|(name, value)| (*name == wanted).then(|| (*value).to_owned()))
        })
    }

    #[test]
    fn a_url_names_account_endpoint_and_prefix() {
        let place = parse("azure-queue://shop", &[]).unwrap();
        assert_eq!(place.endpoint, "https://shop.queue.core.windows.net");
        let url = "azure-queue://shop?prefix=t-&endpoint=http://[::1]:9/shop/";
        let place = parse(url, &[]).unwrap();
        assert_eq!(place.endpoint, "http://[::1]:9/shop");
        assert_eq!(place.prefix.as_deref(), Some("t-"));
        let development = [(
            "AZURE_STORAGE_CONNECTION_STRING",
            "UseDevelopmentStorage=true",
        )];
        let place = parse("azure-queue://", &development).unwrap();
        assert_eq!(place.endpoint, "http://127.0.0.1:10001/devstoreaccount1");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for url in [
            "azure-queue://",
            "azure-queue://shop/jobs",
            "azure-queue://shop?kind=fifo",
            "azure-blob://shop",
        ] {
            assert!(parse(url, &[]).is_err(), "{url}");
        }
    }
}
