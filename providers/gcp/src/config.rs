//! Where the store is: a project, a database in it, and an emulator in place of Google Cloud.

use isobar::{Error, ErrorKind, Result};
use percent_encoding::percent_decode_str;
use tonic::transport::Endpoint;

use crate::FirestoreStore;
use crate::document::access::Access;
use crate::document::connection::Connection;

/// The variable by which Google's own clients find the emulator.
const EMULATOR: &str = "FIRESTORE_EMULATOR_HOST";
/// The database that a project has without a name.
const DEFAULT_DATABASE: &str = "(default)";

/// A store's place: `firestore://PROJECT/DATABASE?endpoint=http://127.0.0.1:8080&prefix=NAME`.
///
/// The database is `(default)` unless named. The endpoint is an emulator's; unless set, it is what
/// `FIRESTORE_EMULATOR_HOST` says, as with Google's own clients.
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
            project: decoded(project)?,
            database: decoded(database)?,
            endpoint: emulator.map(|host| format!("http://{host}")),
            prefix: None,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "endpoint" => place.endpoint = Some(decoded(value)?),
                "prefix" => place.prefix = Some(decoded(value)?),
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
    /// Must be called on a tokio runtime, which then drives the connection.
    pub fn open(&self) -> Result<FirestoreStore> {
        let Some(endpoint) = &self.endpoint else {
            let message = "this release has no credentials for Google Cloud and reaches Firestore's \
                           emulator only: set FIRESTORE_EMULATOR_HOST or the parameter `endpoint` \
                           of the store's URL";
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let database = format!("projects/{}/databases/{}", self.project, self.database);
        let invalid = || Error::invalid("the endpoint of the Firestore store is not a URL");
        let endpoint = Endpoint::from_shared(endpoint.clone()).map_err(|_| invalid())?;
        let connection = Connection::new(endpoint, Access::Owner, &database)?;
        Ok(FirestoreStore::new(connection, database))
    }
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    Ok(text
        .map_err(|_| malformed("a part is not UTF-8"))?
        .into_owned())
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the URL is not a Firestore store's place ({why}): write \
         firestore://PROJECT/DATABASE?endpoint=URL&prefix=NAME, all but the project if needed"
    ))
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn without_an_emulator_the_store_says_what_is_missing() {
        let error = Place::parse_with("firestore://shop", None).unwrap().open();
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(
            error.to_string().contains("FIRESTORE_EMULATOR_HOST"),
            "{error}"
        );
    }
}
