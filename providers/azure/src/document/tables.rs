//! Documents in Azure Tables.

mod client;
pub(crate) mod credential;

use isobar::Result;

pub use client::TablesClient;
pub use credential::Credential;

/// The tables of a storage account as a document store;
/// [`TablesPlace`](crate::config::tables::TablesPlace) opens one.
///
/// The native type is [`TablesClient`].
#[derive(Debug, Clone)]
pub struct TablesStore {
    client: TablesClient,
}

impl TablesStore {
    pub(crate) fn connect(account: &str, endpoint: &str, credential: Credential) -> Result<Self> {
        let client = TablesClient::new(account, endpoint, credential)?;
        Ok(Self { client })
    }

    /// The client; a clone shares its connections.
    pub fn client(&self) -> TablesClient {
        self.client.clone()
    }
}
