//! Who asks: the signature of a request by an account key, a shared access signature, or a token of Microsoft Entra.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use isobar::{Error, Result};
use sha2::Sha256;

/// The account of every emulator, and its key: both are published, see "Use the Azurite emulator".
pub(crate) const DEVELOPMENT_ACCOUNT: &str = "devstoreaccount1";
pub(crate) const DEVELOPMENT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Proves who asks; printing it shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(Secret);

#[derive(Clone)]
enum Secret {
    Key(Vec<u8>),
    Sas(String),
    Entra(Arc<dyn TokenCredential>),
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one == other,
            (Self::Sas(one), Self::Sas(other)) => one == other,
            (Self::Entra(one), Self::Entra(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Secret {}

/// What tokens for storage accounts are asked for ("Authorize with Microsoft Entra ID").
const SCOPE: &str = "https://storage.azure.com/.default";

impl Credential {
    /// An account key, in base64 as Azure shows it.
    pub fn key(key: &str) -> Result<Self> {
        let key = STANDARD.decode(key.trim());
        let key =
            key.map_err(|_| Error::invalid("the key of the storage account is not base64"))?;
        Ok(Self(Secret::Key(key)))
    }

    /// A shared access signature, which follows the `?` of requests.
    pub fn sas(token: &str) -> Self {
        Self(Secret::Sas(token.trim().trim_start_matches('?').to_owned()))
    }

    /// An identity of Microsoft Entra, whose tokens go to endpoints with `https` only.
    ///
    /// [`azure_identity`] has one for each way to sign in.
    pub fn entra(identity: Arc<dyn TokenCredential>) -> Self {
        Self(Secret::Entra(identity))
    }

    /// Refuses an endpoint to which this would go in the clear, or would be of no use.
    pub(crate) fn check(&self, endpoint: &str) -> Result<()> {
        match &self.0 {
            Secret::Entra(_) if !endpoint.starts_with("https://") => Err(Error::invalid(format!(
                "tokens of Microsoft Entra are not sent to {endpoint:?}: name an endpoint with https"
            ))),
            _ => Ok(()),
        }
    }

    /// What follows the parameters of each request.
    pub(crate) fn parameters(&self) -> Option<&str> {
        match &self.0 {
            Secret::Sas(token) => Some(token),
            Secret::Key(_) | Secret::Entra(_) => None,
        }
    }

    /// What the header `authorization` says, where it does not depend on the request.
    pub(crate) async fn bearer(&self) -> azure_core::Result<Option<String>> {
        let Secret::Entra(identity) = &self.0 else {
            return Ok(None);
        };
        let token = identity.get_token(&[SCOPE], None).await?;
        Ok(Some(format!("Bearer {}", token.token.secret())))
    }

    /// Whether it can sign anything.
    #[cfg(feature = "blob")]
    pub(crate) fn is_key(&self) -> bool {
        matches!(self.0, Secret::Key(_))
    }

    /// The signature of a text by the account key; nothing where there is none.
    pub(crate) fn sign(&self, text: &str) -> Option<String> {
        let Secret::Key(key) = &self.0 else {
            return None;
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(text.as_bytes());
        Some(STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Secret::Key(_) => "Credential(an account key)",
            Secret::Sas(_) => "Credential(a shared access signature)",
            Secret::Entra(_) => "Credential(an identity of Microsoft Entra)",
        })
    }
}
