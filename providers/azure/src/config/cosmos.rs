//! Where a database of Cosmos DB for NoSQL is: an account, its endpoint, and who asks.

use azure_core::credentials::Secret;
use azure_data_cosmos::options::Region;
use azure_data_cosmos::{AccountEndpoint, AccountReference, CosmosClient, RoutingStrategy};
use isobar::driver::url::parameters;
use isobar::{Error, ErrorKind, Result};

use super::{decoded, variable};
use crate::document::cosmos::{CosmosStore, unreachable};
use crate::entra::of_environment;

pub(super) const SCHEME: &str = "cosmos";
/// The variable of Microsoft's own samples and tests, with everything in one.
const CONNECTION: &str = "AZURE_COSMOS_CONNECTION_STRING";
/// The variables for its two halves.
const ENDPOINT: &str = "AZURE_COSMOS_ENDPOINT";
const KEY: &str = "AZURE_COSMOS_KEY";
/// Where accounts are in the public cloud.
const SUFFIX: &str = "documents.azure.com";

/// A store's place: `cosmos://ACCOUNT/DATABASE?endpoint=URL&region=NAME&prefix=NAME`.
///
/// The endpoint is an emulator's or a private one; unless set it is that of the environment, if
/// this is the account's or the URL names none, or else `https://ACCOUNT.documents.azure.com/`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CosmosPlace {
    /// The endpoint of the account.
    pub endpoint: String,
    /// The database in it.
    pub database: String,
    /// The region near to which requests are sent; the account's order unless set.
    pub region: Option<String>,
    /// What goes before the names of collections.
    pub prefix: Option<String>,
    /// The account's key, which never shows; the identity of this program unless set.
    pub key: Option<Secret>,
}

impl CosmosPlace {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        Self::parse_with(url, &variable)
    }

    fn parse_with(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let rest = url.strip_prefix(SCHEME).unwrap_or_default();
        let rest = rest.strip_prefix("://");
        let rest = rest.ok_or_else(|| malformed("it has another scheme"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (account, database) = path.split_once('/').unwrap_or((path, ""));
        let (account, database) = (decoded(account)?, decoded(database)?);
        if database.is_empty() || database.contains('/') {
            return Err(malformed("it names no database"));
        }
        let (mut endpoint, mut region, mut prefix) = (None, None, None);
        for (name, value) in parameters(query) {
            match name {
                "endpoint" => endpoint = Some(decoded(value)?),
                "region" => region = Some(decoded(value)?),
                "prefix" => prefix = Some(decoded(value)?),
                _ => return Err(malformed("it has a parameter that is not known")),
            }
        }
        let known = Known::of(variable)?;
        let public = format!("https://{account}.{SUFFIX}/");
        let wanted = match endpoint {
            None if account.is_empty() => known.endpoint.clone(),
            None => Some(
                known
                    .endpoint
                    .clone()
                    .filter(|it| is_of(it, &account))
                    .unwrap_or(public),
            ),
            endpoint => endpoint,
        };
        let endpoint = wanted.ok_or_else(|| malformed("it names no account"))?;
        // A key is for one account; one without an endpoint is for the one that the URL names.
        let is_known = known
            .endpoint
            .as_ref()
            .is_none_or(|known| same(known, &endpoint));
        Ok(Self {
            endpoint,
            database,
            region,
            prefix,
            key: known.key.filter(|_| is_known),
        })
    }

    /// The store at this place, after its account has answered.
    ///
    /// Must be called on a tokio runtime, which then drives its connections.
    pub async fn open(&self) -> Result<CosmosStore> {
        if self.key.is_none() && !self.endpoint.starts_with("https://") {
            let message = format!(
                "there is no key for the Cosmos DB account at {}: set {CONNECTION}, or {KEY} and \
                 {ENDPOINT}; Microsoft Entra is for endpoints with https only",
                self.endpoint
            );
            return Err(Error::new(ErrorKind::Unauthenticated, message));
        }
        // The client panics where none is installed; whoever has installed another one keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let endpoint: AccountEndpoint = self
            .endpoint
            .parse()
            .map_err(|_| Error::invalid("the endpoint of the Cosmos DB account is not a URL"))?;
        let account = match &self.key {
            Some(key) => AccountReference::with_authentication_key(endpoint, key.clone()),
            None => AccountReference::with_credential(endpoint, of_environment(&variable)?),
        };
        let routing = match &self.region {
            Some(region) => RoutingStrategy::ProximityTo(Region::from(region.clone())),
            None => RoutingStrategy::PreferredRegions(Vec::new()),
        };
        let client = CosmosClient::builder().build(account, routing).await;
        let client = client.map_err(unreachable)?;
        Ok(CosmosStore::new(client, self.database.clone()))
    }
}

/// What the variables say of an account.
struct Known {
    endpoint: Option<String>,
    key: Option<Secret>,
}

impl Known {
    fn of(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let Some(text) = variable(CONNECTION) else {
            return Ok(Self {
                endpoint: variable(ENDPOINT),
                key: variable(KEY).map(Secret::new),
            });
        };
        let value = |wanted: &str| {
            let mut parts = text.split(';').filter_map(|part| part.split_once('='));
            let found = parts.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.trim().to_owned())
        };
        let (endpoint, key) = (value("AccountEndpoint"), value("AccountKey"));
        if endpoint.is_none() || key.is_none() {
            return Err(Error::invalid(format!(
                "{CONNECTION} names no endpoint or no key: copy it whole from the account's keys"
            )));
        }
        Ok(Self {
            endpoint,
            key: key.map(Secret::new),
        })
    }
}

/// Whether an endpoint is that of an account.
fn is_of(endpoint: &str, account: &str) -> bool {
    let host = endpoint.split("://").nth(1).unwrap_or(endpoint);
    let first = host.split(['.', ':', '/']).next();
    first.is_some_and(|first| first.eq_ignore_ascii_case(account))
}

/// Whether two endpoints are the same, however they are written.
fn same(one: &str, other: &str) -> bool {
    let bare = |text: &str| {
        let text = text.trim_end_matches('/').to_ascii_lowercase();
        text.strip_suffix(":443")
            .map_or(text.clone(), str::to_owned)
    };
    bare(one) == bare(other)
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not the place of a Cosmos DB database ({why}): write \
         cosmos://ACCOUNT/DATABASE?endpoint=URL&region=NAME&prefix=NAME, the parameters if needed"
    ))
}

#[cfg(test)]
mod tests;
