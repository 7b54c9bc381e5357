//! Where the store is: a project, a database in it, and Google Cloud or an emulator of it.

use google_cloud_auth::credentials::Credentials;
use isobar::driver::url::parameters;
use isobar::{Error, Result};

use crate::FirestoreStore;
use crate::access::Access;
use crate::connection::{endpoint, google};
use crate::url::decoded;

/// The variable by which Google's own clients find the emulator.
const EMULATOR: &str = "FIRESTORE_EMULATOR_HOST";
/// Firestore's own scope.
const SCOPE: &str = "https://www.googleapis.com/auth/datastore";
/// Firestore itself.
const SERVICE: &str = "https://firestore.googleapis.com";
/// The database that a project has without a name.
const DEFAULT_DATABASE: &str = "(default)";

/// A store's place: `firestore://PROJECT/DATABASE?endpoint=http://127.0.0.1:8080&prefix=NAME`.
///
/// The database is `(default)` unless named. The endpoint is an emulator's; unless set, it is what
/// `FIRESTORE_EMULATOR_HOST` says, as with Google's own clients, and else Google's service, with the
/// Application Default Credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names (a service
/// account's, or a configuration of workload identity federation), that of `gcloud auth
/// application-default login`, or the service account of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The project.
    pub project: String,
    /// The database in it.
    pub database: String,
    /// An emulator's address, `http://HOST:PORT`.
    pub endpoint: Option<String>,
    /// What goes before the names of collections.
    pub prefix: Option<String>,
}

impl Place {
    /// Reads a URL and the variables of this process.
    pub fn parse(url: &str) -> Result<Self> {
        Self::parse_with(
            url,
            std::env::var_os(EMULATOR).and_then(|host| host.into_string().ok()),
        )
    }

    fn parse_with(url: &str, emulator: Option<String>) -> Result<Self> {
        let rest = url.strip_prefix("firestore://");
        let rest = rest.ok_or_else(|| malformed("it has another scheme"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (project, database) = path.split_once('/').unwrap_or((path, ""));
        let emulator = emulator.filter(|host| !host.is_empty());
        let mut place = Self {
            project: decoded(project, malformed)?,
            database: decoded(database, malformed)?,
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
        if place.database.is_empty() {
            DEFAULT_DATABASE.clone_into(&mut place.database);
        }
        if place.project.is_empty() {
            return Err(malformed("it names no project"));
        }
        if place.project.contains('/') || place.database.contains('/') {
            return Err(malformed("a name has a slash"));
        }
        Ok(place)
    }

    /// The store at this place; it connects when it is first asked for something.
    ///
    /// Must be called on a tokio runtime, which then drives the connection. `Unauthenticated` where
    /// a file of credentials is named that cannot be read.
    pub fn open(&self) -> Result<FirestoreStore> {
        match &self.endpoint {
            Some(_) => self.open_with(Access::Owner),
            None => self.open_with(Access::of_environment(SCOPE)?),
        }
    }

    /// The store at this place of the one whose credentials these are, in place of those of the
    /// environment; also of another endpoint than Google's.
    ///
    /// Must be called on a tokio runtime, as [`Self::open`].
    pub fn open_as(&self, credentials: Credentials) -> Result<FirestoreStore> {
        self.open_with(Access::Google(credentials))
    }

    fn open_with(&self, access: Access) -> Result<FirestoreStore> {
        let endpoint = match &self.endpoint {
            Some(url) => endpoint(url)?,
            None => google(SERVICE)?,
        };
        let database = format!("projects/{}/databases/{}", self.project, self.database);
        FirestoreStore::connect(endpoint, access, database)
    }
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not a Firestore store's place ({why}): write \
         firestore://PROJECT/DATABASE?endpoint=URL&prefix=NAME, all but the project if needed"
    ))
}

#[cfg(test)]
mod tests {
    use isobar::ErrorKind;

    use super::*;

    #[test]
    fn a_url_names_project_database_emulator_and_prefix() {
        let place = Place::parse_with("firestore://shop", None).unwrap();
        assert_eq!((&*place.project, &*place.database), ("shop", "(default)"));
        assert_eq!(place.endpoint, None);
        let url = "firestore://shop/eu?prefix=t-&endpoint=http://[::1]:9";
        let place = Place::parse_with(url, Some("127.0.0.1:8".to_owned())).unwrap();
        assert_eq!(place.database, "eu");
        assert_eq!(place.endpoint.as_deref(), Some("http://[::1]:9"));
        assert_eq!(place.prefix.as_deref(), Some("t-"));
    }

    #[test]
    fn the_emulators_variable_is_heard() {
        let place = Place::parse_with("firestore://shop", Some("127.0.0.1:8".to_owned()));
        assert_eq!(
            place.unwrap().endpoint.as_deref(),
            Some("http://127.0.0.1:8")
        );
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "firestore:shop",
            "firestore://",
            "firestore://p?x=1",
            "firestore://p/d/e",
        ] {
            let error = Place::parse_with(url, None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{url}");
        }
    }
}
