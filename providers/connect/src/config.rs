//! The process environment.

use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;

use isobar::function::{Description, SecretSpec, SettingSpec};
#[cfg(feature = "machine")]
use isobar_local::Behind;
#[cfg(feature = "local")]
use isobar_local::EventLimits;

pub(crate) const PLATFORM: &str = "ISOBAR_PLATFORM";
pub(crate) const DOCUMENTS: &str = "ISOBAR_DOCUMENTS";
/// `isobar_serve::LISTEN_VARIABLE`, read here so that tests need not change the process.
#[cfg(feature = "machine")]
const LISTEN: &str = "ISOBAR_LISTEN";
pub(crate) const BLOBS: &str = "ISOBAR_BLOBS";
pub(crate) const TOPICS: &str = "ISOBAR_TOPICS";
#[cfg(feature = "machine")]
pub(crate) const BLOB_URL: &str = "ISOBAR_BLOB_URL";
#[cfg(feature = "local")]
const EVENT_LOG: &str = "ISOBAR_EVENT_LOG";
const PREFIX: &str = "ISOBAR_PREFIX";
pub(crate) const LOG: &str = "ISOBAR_LOG";
pub(crate) const LOG_FILE: &str = "ISOBAR_LOG_FILE";
pub(crate) const LOG_FORMAT: &str = "ISOBAR_LOG_FORMAT";

type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What this process was configured with.
pub(crate) struct Config {
    variable: Lookup,
    /// The values of the settings and secrets that the application declares.
    pub(crate) settings: BTreeMap<String, String>,
    /// Set where this process is one of a rehearsal.
    #[cfg(feature = "machine")]
    pub(crate) rehearsed: Option<Behind>,
}

impl Config {
    /// Variables are looked up when they are asked for: to read all of them takes longer, and a function that starts
    /// has somebody waiting.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where an application's configuration comes from"
    )]
    pub(crate) fn from_process(description: &Description) -> Self {
        Self::new(|name| env::var(name).ok(), description)
    }

    pub(crate) fn new(
        variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        description: &Description,
    ) -> Self {
        let declarations = &description.declarations;
        let names = declarations.settings.iter().map(SettingSpec::name);
        let names = names.chain(declarations.secrets.iter().map(SecretSpec::name));
        let settings = names.filter_map(|name| Some((name.to_owned(), variable(name)?)));
        Self {
            settings: settings.collect(),
            variable: Arc::new(variable),
            #[cfg(feature = "machine")]
            rehearsed: None,
        }
    }

    /// The same with variables that the platform has told after it had started the process, before those of the process.
    #[cfg(feature = "openwhisk")]
    pub(crate) fn under(&self, told: BTreeMap<String, String>, description: &Description) -> Self {
        let own = Arc::clone(&self.variable);
        let variable = move |name: &str| told.get(name).cloned().or_else(|| own(name));
        Self::new(variable, description)
    }

    /// As a process of a rehearsal, behind its server.
    #[cfg(feature = "machine")]
    pub(crate) fn rehearsing(mut self, behind: Behind) -> Self {
        self.rehearsed = Some(behind);
        self
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// Looks variables up as platforms do.
    #[cfg(any(feature = "_platforms", feature = "machine"))]
    pub(crate) fn lookup(&self) -> impl Fn(&str) -> Option<String> + Send + Sync + '_ {
        |name| self.get(name)
    }

    pub(crate) fn prefix(&self) -> String {
        self.get(PREFIX).unwrap_or_default()
    }

    #[cfg(feature = "machine")]
    pub(crate) fn listen(&self) -> String {
        self.get(LISTEN)
            .unwrap_or_else(|| "127.0.0.1:3000".to_owned())
    }

    /// How many of the events that woke the application a local store keeps.
    #[cfg(feature = "local")]
    pub(crate) fn event_limits(&self) -> isobar::Result<EventLimits> {
        let Some(text) = self.get(EVENT_LOG) else {
            return Ok(EventLimits::default());
        };
        text.parse()
            .map_err(|error| isobar::Error::invalid(format!("{EVENT_LOG}: {error}")))
    }

    #[cfg(feature = "machine")]
    pub(crate) fn blob_url(&self) -> Option<String> {
        self.get(BLOB_URL)
    }
}
