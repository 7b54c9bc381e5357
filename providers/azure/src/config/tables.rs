//! Where Azure Tables are: a storage account, its endpoint, and who asks.

use isobar::{Error, Result};

use super::account::{NO_ACCOUNT, Named, Service, who_asks};
use super::variable;
use crate::credential::Credential;
use crate::document::tables::TablesStore;

pub(super) const SCHEME: &str = "azure-tables";
const TABLES: Service = Service {
    host: "table",
    endpoint: "TableEndpoint",
    development: "http://127.0.0.1:10002/devstoreaccount1",
};

/// A store's place: `azure-tables://ACCOUNT?endpoint=URL&prefix=NAME`.
///
/// The account is that of `AZURE_STORAGE_CONNECTION_STRING` or `AZURE_STORAGE_ACCOUNT` unless
/// named. The endpoint is an emulator's or a private one; unless set, it is the connection
/// string's, or `https://ACCOUNT.table.core.windows.net`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TablesPlace {
    /// The storage account.
    pub account: String,
    /// Where its tables are, without a slash at the end.
    pub endpoint: String,
    /// What goes before the names of collections.
    pub prefix: Option<String>,
    /// Who asks; the identity of this program unless set.
    pub credential: Option<Credential>,
}

impl TablesPlace {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        Self::parse_with(url, &variable)
    }

    fn parse_with(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let named = Named::parse(url, (SCHEME, &[]), malformed)?;
        let located = named.locate(&TABLES, variable)?;
        let (account, endpoint, credential) = located.ok_or_else(|| malformed(NO_ACCOUNT))?;
        Ok(Self {
            account,
            endpoint,
            prefix: named.prefix,
            credential,
        })
    }

    /// The store at this place; it connects when it is first asked for something.
    ///
    /// Must be called on a tokio runtime, which then drives its connections.
    pub fn open(&self) -> Result<TablesStore> {
        let credential = who_asks(self.credential.as_ref(), (&self.account, &self.endpoint))?;
        TablesStore::connect(&self.account, &self.endpoint, credential)
    }
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not the place of Azure Tables ({why}): write \
         azure-tables://ACCOUNT?endpoint=URL&prefix=NAME, all but the account if needed"
    ))
}

#[cfg(test)]
mod tests;
