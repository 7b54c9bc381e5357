//! Where Azure Tables are: a storage account, its endpoint, and who asks.

use isobar::driver::url::parameters;
use isobar::{Error, ErrorKind, Result};

use super::{decoded, variable};
use crate::document::tables::TablesStore;
use crate::document::tables::credential::{Credential, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY};

pub(super) const SCHEME: &str = "azure-tables";
/// The variables of Azure's own tools; the first holds everything in one.
const CONNECTION: &str = "AZURE_STORAGE_CONNECTION_STRING";
const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";
const KEY: &str = "AZURE_STORAGE_KEY";
const SAS: &str = "AZURE_STORAGE_SAS_TOKEN";
/// Where the services of the public cloud are.
const SUFFIX: &str = "core.windows.net";
/// Where Azurite listens unless told otherwise.
const DEVELOPMENT: &str = "http://127.0.0.1:10002/devstoreaccount1";

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
    /// Who asks.
    pub credential: Option<Credential>,
}

impl TablesPlace {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        Self::parse_with(url, &variable)
    }

    fn parse_with(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let rest = url.strip_prefix(SCHEME).unwrap_or_default();
        let rest = rest.strip_prefix("://");
        let rest = rest.ok_or_else(|| malformed("it has another scheme"))?;
        let (account, query) = rest.split_once('?').unwrap_or((rest, ""));
        let account = decoded(account.trim_end_matches('/'))?;
        if account.contains('/') {
            return Err(malformed("it has a path"));
        }
        let (mut endpoint, mut prefix) = (None, None);
        for (name, value) in parameters(query) {
            match name {
                "endpoint" => endpoint = Some(decoded(value)?),
                "prefix" => prefix = Some(decoded(value)?),
                _ => return Err(malformed("it has a parameter that is not known")),
            }
        }
        let known = Connection::known(&account, variable)?;
        let account = Some(account).filter(|account| !account.is_empty());
        let account = account.or(known.account);
        let account = account.ok_or_else(|| malformed("it names no account"))?;
        let endpoint = endpoint.or(known.endpoint);
        let endpoint = endpoint.unwrap_or_else(|| format!("https://{account}.table.{SUFFIX}"));
        let development = || {
            let is_development = account == DEVELOPMENT_ACCOUNT;
            is_development.then(|| Credential::key(DEVELOPMENT_KEY))
        };
        let credential = match known.credential {
            Some(credential) => Some(credential),
            None => development().transpose()?,
        };
        Ok(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            account,
            prefix,
            credential,
        })
    }

    /// The store at this place; it connects when it is first asked for something.
    ///
    /// Must be called on a tokio runtime, which then drives its connections.
    pub fn open(&self) -> Result<TablesStore> {
        let Some(credential) = &self.credential else {
            let account = &self.account;
            let message = format!(
                "there is no credential for the storage account {account:?}: set {CONNECTION}, \
                 {KEY} or {SAS}; this release does not sign in with Microsoft Entra"
            );
            return Err(Error::new(ErrorKind::Unauthenticated, message));
        };
        TablesStore::connect(&self.account, &self.endpoint, credential.clone())
    }
}

/// What the variables say of an account.
#[derive(Default)]
struct Connection {
    account: Option<String>,
    endpoint: Option<String>,
    credential: Option<Credential>,
}

impl Connection {
    /// What they say of this account, or where it is empty, of theirs.
    fn known(account: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let whole = variable(CONNECTION);
        let mut known = match whole {
            Some(text) => Self::parse(&text)?,
            None => Self::default(),
        };
        let other = |named: &Option<String>| {
            let named = named.as_deref();
            named.is_some_and(|named| !account.is_empty() && named != account)
        };
        if other(&known.account) {
            known = Self::default();
        }
        let named = variable(ACCOUNT);
        if other(&named) {
            return Ok(known);
        }
        known.account = known.account.or(named);
        if known.credential.is_none() {
            known.credential = match (variable(SAS), variable(KEY)) {
                (Some(token), _) => Some(Credential::sas(&token)),
                (None, Some(key)) => Some(Credential::key(&key)?),
                (None, None) => None,
            };
        }
        Ok(known)
    }

    fn parse(text: &str) -> Result<Self> {
        let value = |wanted: &str| {
            let mut parts = text.split(';').filter_map(|part| part.split_once('='));
            parts.find_map(|(name, value)| (name.trim() == wanted).then(|| value.trim().to_owned()))
        };
        if value("UseDevelopmentStorage").as_deref() == Some("true") {
            return Ok(Self {
                account: Some(DEVELOPMENT_ACCOUNT.to_owned()),
                endpoint: Some(DEVELOPMENT.to_owned()),
                credential: Some(Credential::key(DEVELOPMENT_KEY)?),
            });
        }
        let account = value("AccountName");
        let endpoint = value("TableEndpoint").or_else(|| {
            let protocol = value("DefaultEndpointsProtocol");
            let protocol = protocol.unwrap_or_else(|| "https".to_owned());
            let suffix = value("EndpointSuffix").unwrap_or_else(|| SUFFIX.to_owned());
            let account = account.as_deref()?;
            Some(format!("{protocol}://{account}.table.{suffix}"))
        });
        let credential = match (value("SharedAccessSignature"), value("AccountKey")) {
            (Some(token), _) => Some(Credential::sas(&token)),
            (None, Some(key)) => Some(Credential::key(&key)?),
            (None, None) => None,
        };
        if endpoint.is_none() || credential.is_none() {
            return Err(Error::invalid(format!(
                "{CONNECTION} names no account or no credential: copy it whole from the account's \
                 access keys"
            )));
        }
        Ok(Self {
            account,
            endpoint,
            credential,
        })
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
