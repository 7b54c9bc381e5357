//! Which storage account is meant, where one of its services is, and who asks.

use isobar::driver::url::parameters;
use isobar::{Error, ErrorKind, Result};

use super::{decoded, variable};
use crate::credential::{Credential, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY};
use crate::entra::of_environment;

/// The variables of Azure's own tools; the first holds everything in one.
pub(super) const CONNECTION: &str = "AZURE_STORAGE_CONNECTION_STRING";
pub(super) const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";
pub(super) const KEY: &str = "AZURE_STORAGE_KEY";
pub(super) const SAS: &str = "AZURE_STORAGE_SAS_TOKEN";
/// Where the services of the public cloud are.
const SUFFIX: &str = "core.windows.net";

/// One service of storage accounts.
pub(super) struct Service {
    /// Its part of the host's name, such as `table`.
    pub(super) host: &'static str,
    /// Its name in connection strings.
    pub(super) endpoint: &'static str,
    /// Where Azurite listens unless told otherwise.
    pub(super) development: &'static str,
}

/// Why a URL is refused that says nothing of an account, where nothing else does.
pub(super) const NO_ACCOUNT: &str = "it names no account";

/// What a URL says.
#[derive(Default)]
pub(super) struct Named {
    /// Empty where it names none.
    account: String,
    endpoint: Option<String>,
    pub(super) prefix: Option<String>,
    /// Parameters that are of one service only.
    pub(super) others: Vec<(String, String)>,
}

impl Named {
    /// Reads `SCHEME://ACCOUNT?endpoint=URL&prefix=NAME`, and the other parameters that are known.
    pub(super) fn parse(
        url: &str,
        (scheme, others): (&str, &[&str]),
        malformed: impl Fn(&str) -> Error,
    ) -> Result<Self> {
        let rest = url.strip_prefix(scheme).unwrap_or_default();
        let rest = rest.strip_prefix("://");
        let rest = rest.ok_or_else(|| malformed("it has another scheme"))?;
        let (account, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut named = Self {
            account: decoded(account.trim_end_matches('/'))?,
            ..Self::default()
        };
        if named.account.contains('/') {
            return Err(malformed("it has a path"));
        }
        for (name, value) in parameters(query) {
            let value = decoded(value)?;
            match name {
                "endpoint" => named.endpoint = Some(value),
                "prefix" => named.prefix = Some(value),
                name if others.contains(&name) => named.others.push((name.to_owned(), value)),
                _ => return Err(malformed("it has a parameter that is not known")),
            }
        }
        Ok(named)
    }

    /// The account, where the service is, without a slash at the end, and who asks; nothing where
    /// nothing names an account.
    pub(super) fn locate(
        &self,
        service: &Service,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<(String, String, Option<Credential>)>> {
        let known = Connection::known(&self.account, service, variable)?;
        let account = Some(self.account.clone()).filter(|account| !account.is_empty());
        let Some(account) = account.or(known.account) else {
            return Ok(None);
        };
        let endpoint = self.endpoint.clone().or(known.endpoint);
        let host = service.host;
        let endpoint = endpoint.unwrap_or_else(|| format!("https://{account}.{host}.{SUFFIX}"));
        let development = || {
            let is_development = account == DEVELOPMENT_ACCOUNT;
            is_development.then(|| Credential::key(DEVELOPMENT_KEY))
        };
        let credential = match known.credential {
            Some(credential) => Some(credential),
            None => development().transpose()?,
        };
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Some((account, endpoint, credential)))
    }
}

/// Who asks: as the URL or its account's variables say it, else the identity of this program.
pub(super) fn who_asks(
    given: Option<&Credential>,
    (account, endpoint): (&str, &str),
) -> Result<Credential> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    if endpoint.starts_with("https://") {
        return Ok(Credential::entra(of_environment(&variable)?));
    }
    let message = format!(
        "there is no credential for the storage account {account:?}: set {CONNECTION}, {KEY} or \
         {SAS}; Microsoft Entra is for endpoints with https only"
    );
    Err(Error::new(ErrorKind::Unauthenticated, message))
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
    fn known(
        account: &str,
        service: &Service,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let whole = variable(CONNECTION);
        let mut known = match whole {
            Some(text) => Self::parse(&text, service)?,
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

    fn parse(text: &str, service: &Service) -> Result<Self> {
        let value = |wanted: &str| {
            let mut parts = text.split(';').filter_map(|part| part.split_once('='));
            parts.find_map(|(name, value)| (name.trim() == wanted).then(|| value.trim().to_owned()))
        };
        if value("UseDevelopmentStorage").as_deref() == Some("true") {
            return Ok(Self {
                account: Some(DEVELOPMENT_ACCOUNT.to_owned()),
                endpoint: Some(service.development.to_owned()),
                credential: Some(Credential::key(DEVELOPMENT_KEY)?),
            });
        }
        let account = value("AccountName");
        let endpoint = value(service.endpoint).or_else(|| {
            let protocol = value("DefaultEndpointsProtocol");
            let protocol = protocol.unwrap_or_else(|| "https".to_owned());
            let suffix = value("EndpointSuffix").unwrap_or_else(|| SUFFIX.to_owned());
            let account = account.as_deref()?;
            let host = service.host;
            Some(format!("{protocol}://{account}.{host}.{suffix}"))
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
