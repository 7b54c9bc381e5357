//! Where the store is: a project, and Cloud Storage itself or an emulator of it.

use google_cloud_auth::credentials::{Builder, Credentials, anonymous};
use google_cloud_auth::signer::Signer;
use isobar::driver::url::parameters;
use isobar::{Error, Result};

use super::GcsStore;
use super::client::{Clients, Endpoints};
use super::failure::unauthenticated;
use crate::tls::use_ring;
use crate::url::decoded;

/// The variables by which Google's own clients find an emulator.
const EMULATOR: &str = "STORAGE_EMULATOR_HOST";
const EMULATOR_GRPC: &str = "STORAGE_EMULATOR_HOST_GRPC";
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";

/// A store's place: `gs://PROJECT?endpoint=http://127.0.0.1:80&grpc=http://127.0.0.1:8888&prefix=NAME`.
///
/// The endpoints are an emulator's; unless set, they are what `STORAGE_EMULATOR_HOST` and
/// `STORAGE_EMULATOR_HOST_GRPC` say, and else Google's own, with the Application Default
/// Credentials. A service account's key among those signs requests for others; that of the machine
/// is asked to sign by the IAM service. The project is needed only to create buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The project.
    pub project: String,
    /// Where contents go, `http://HOST:PORT`.
    pub endpoint: Option<String>,
    /// Where everything else goes; the same where it is not set.
    pub grpc: Option<String>,
    /// What goes before the names of buckets.
    pub prefix: Option<String>,
}

impl Place {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        let read = |name| std::env::var_os(name).and_then(|value| value.into_string().ok());
        Self::parse_with(url, (read(EMULATOR), read(EMULATOR_GRPC)))
    }

    fn parse_with(url: &str, emulator: (Option<String>, Option<String>)) -> Result<Self> {
        let rest = url.strip_prefix("gs:");
        let rest = rest.ok_or_else(|| malformed("it has another scheme"))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (project, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut place = Self {
            project: decoded(project.trim_end_matches('/'), malformed)?,
            endpoint: emulator.0.and_then(address),
            grpc: emulator.1.and_then(address),
            prefix: None,
        };
        for parameter in parameters(query) {
            match parameter {
                ("endpoint", value) => place.endpoint = Some(decoded(value, malformed)?),
                ("grpc", value) => place.grpc = Some(decoded(value, malformed)?),
                ("prefix", value) => place.prefix = Some(decoded(value, malformed)?),
                _ => return Err(malformed("it has a parameter that is not known")),
            }
        }
        Ok(place)
    }

    /// The store at this place.
    ///
    /// `Unauthenticated` where a file of credentials is named that cannot be read.
    pub async fn open(&self) -> Result<GcsStore> {
        use_ring();
        if self.endpoint.is_some() {
            return self.open_as(anonymous::Builder::new().build(), None).await;
        }
        let credentials = Builder::default().with_scopes([SCOPE]).build();
        let credentials = credentials.map_err(unauthenticated)?;
        // Credentials of a person cannot sign, which is no reason not to open the store.
        let signer = Builder::default().with_scopes([SCOPE]).build_signer();
        self.open_as(credentials, signer.ok()).await
    }

    /// The store at this place of the one whose credentials these are.
    pub async fn open_as(
        &self,
        credentials: Credentials,
        signer: Option<Signer>,
    ) -> Result<GcsStore> {
        use_ring();
        let endpoints = Endpoints {
            http: self.endpoint.clone(),
            grpc: self.grpc.clone(),
        };
        let clients = Clients::connect(endpoints, credentials, signer).await?;
        Ok(GcsStore::new(clients, &self.project))
    }
}

/// Google's clients take a host or a URL.
fn address(host: String) -> Option<String> {
    match host {
        host if host.is_empty() => None,
        host if host.contains("://") => Some(host),
        host => Some(format!("http://{host}")),
    }
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not the place of a store in Cloud Storage ({why}): write \
         gs://PROJECT?endpoint=URL&grpc=URL&prefix=NAME, each part if needed"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_project_endpoints_and_prefix() {
        let place = Place::parse_with("gs://shop", (None, None)).unwrap();
        assert_eq!((&*place.project, place.endpoint), ("shop", None));
        let url = "gs://shop?endpoint=http://[::1]:9&grpc=http://[::1]:8&prefix=t-";
        let place = Place::parse_with(url, (Some("127.0.0.1:7".to_owned()), None)).unwrap();
        assert_eq!(place.endpoint.as_deref(), Some("http://[::1]:9"));
        assert_eq!(place.grpc.as_deref(), Some("http://[::1]:8"));
        assert_eq!(place.prefix.as_deref(), Some("t-"));
    }

    #[test]
    fn the_variables_of_emulators_are_heard() {
        let host = |text: &str| Some(text.to_owned());
        let place = Place::parse_with("gs:", (host("127.0.0.1:7"), host("http://h:8"))).unwrap();
        assert_eq!(place.endpoint.as_deref(), Some("http://127.0.0.1:7"));
        assert_eq!(place.grpc.as_deref(), Some("http://h:8"));
    }

    #[test]
    fn other_urls_are_refused() {
        for url in ["s3://x", "gs://p?x=1"] {
            assert!(Place::parse_with(url, (None, None)).is_err(), "{url}");
        }
    }
}
