//! Where topics are: a project, and Pub/Sub itself or an emulator of it.

use google_cloud_auth::credentials::Credentials;
use isobar::driver::url::parameters;
use isobar::{Error, Result};

use super::PubSubTopics;
use crate::access::Access;
use crate::connection::{endpoint, google};
use crate::url::decoded;

/// The variable by which Google's own clients find the emulator.
const EMULATOR: &str = "PUBSUB_EMULATOR_HOST";
const SCOPE: &str = "https://www.googleapis.com/auth/pubsub";
const SERVICE: &str = "https://pubsub.googleapis.com";

/// A place of topics: `pubsub://PROJECT?endpoint=http://127.0.0.1:8085&prefix=NAME`.
///
/// The endpoint is an emulator's, or that of a region, which keeps the order of groups; unless set,
/// it is what `PUBSUB_EMULATOR_HOST` says, and else Google's service. Whatever is not reached by
/// `http://` is asked with the Application Default Credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The project.
    pub project: String,
    /// Another address than Google's.
    pub endpoint: Option<String>,
    /// What goes before the names of topics.
    pub prefix: Option<String>,
}

impl Place {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        let emulator = std::env::var_os(EMULATOR).and_then(|host| host.into_string().ok());
        Self::parse_with(url, emulator)
    }

    fn parse_with(url: &str, emulator: Option<String>) -> Result<Self> {
        let rest = url.strip_prefix("pubsub://");
        let rest = rest.ok_or_else(|| malformed("it has another scheme"))?;
        let (project, query) = rest.split_once('?').unwrap_or((rest, ""));
        let emulator = emulator.filter(|host| !host.is_empty());
        let mut place = Self {
            project: decoded(project.trim_end_matches('/'), malformed)?,
            endpoint: emulator.map(|host| format!("http://{host}")),
            prefix: None,
        };
        for (name, value) in parameters(query) {
            match name {
                "endpoint" => place.endpoint = Some(decoded(value, malformed)?),
                "prefix" => place.prefix = Some(decoded(value, malformed)?),
                _ => return Err(malformed("it has a parameter that is not known")),
            }
        }
        if place.project.is_empty() || place.project.contains('/') {
            return Err(malformed("it names no project"));
        }
        Ok(place)
    }

    /// What sends to the topics of this place; it connects when it first sends something.
    ///
    /// Must be called on a tokio runtime, which then drives the connection. `Unauthenticated` where
    /// a file of credentials is named that cannot be read.
    pub fn open(&self) -> Result<PubSubTopics> {
        match &self.endpoint {
            Some(url) if url.starts_with("http://") => self.open_with(Access::Owner),
            _ => self.open_with(Access::of_environment(SCOPE)?),
        }
    }

    /// The same of the one whose credentials these are, in place of those of the environment.
    ///
    /// Must be called on a tokio runtime, as [`Self::open`].
    pub fn open_as(&self, credentials: Credentials) -> Result<PubSubTopics> {
        self.open_with(Access::Google(credentials))
    }

    fn open_with(&self, access: Access) -> Result<PubSubTopics> {
        let endpoint = match &self.endpoint {
            Some(url) if url.starts_with("http://") => endpoint(url)?,
            Some(url) => google(url)?,
            None => google(SERVICE)?,
        };
        Ok(PubSubTopics::connect(endpoint, access, &self.project))
    }
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not the place of topics of Pub/Sub ({why}): write \
         pubsub://PROJECT?endpoint=URL&prefix=NAME, all but the project if needed"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_project_endpoint_and_prefix() {
        let place = Place::parse_with("pubsub://shop", None).unwrap();
        assert_eq!((&*place.project, place.endpoint), ("shop", None));
        let url = "pubsub://shop?endpoint=http://[::1]:9&prefix=t-";
        let place = Place::parse_with(url, Some("127.0.0.1:8".to_owned())).unwrap();
        assert_eq!(place.endpoint.as_deref(), Some("http://[::1]:9"));
        assert_eq!(place.prefix.as_deref(), Some("t-"));
        let place = Place::parse_with("pubsub://shop", Some("127.0.0.1:8".to_owned()));
        let endpoint = place.unwrap().endpoint;
        assert_eq!(endpoint.as_deref(), Some("http://127.0.0.1:8"));
    }

    #[test]
    fn other_urls_are_refused() {
        for url in ["pubsub:shop", "pubsub://", "pubsub://p/t", "pubsub://p?x=1"] {
            assert!(Place::parse_with(url, None).is_err(), "{url}");
        }
    }
}
