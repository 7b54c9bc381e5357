//! The process environment, read once.

use std::collections::BTreeMap;
use std::env;

use isobar::function::{Description, SecretSpec, SettingSpec};

pub(crate) const PLATFORM: &str = "ISOBAR_PLATFORM";
pub(crate) const DOCUMENTS: &str = "ISOBAR_DOCUMENTS";
/// `isobar_serve::LISTEN_VARIABLE`, read here so that tests need not change the process.
#[cfg(feature = "local")]
const LISTEN: &str = "ISOBAR_LISTEN";
pub(crate) const BLOBS: &str = "ISOBAR_BLOBS";
const PREFIX: &str = "ISOBAR_PREFIX";
const LOG: &str = "ISOBAR_LOG";

/// What this process was configured with.
#[derive(Debug, Default)]
pub(crate) struct Config {
    variables: BTreeMap<String, String>,
    /// The values of the settings and secrets that the application declares.
    pub(crate) settings: BTreeMap<String, String>,
}

impl Config {
    pub(crate) fn from_process(description: &Description) -> Self {
        let variables = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::new(variables, description)
    }

    pub(crate) fn new(
        variables: impl IntoIterator<Item = (String, String)>,
        description: &Description,
    ) -> Self {
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        let declarations = &description.declarations;
        let names = declarations.settings.iter().map(SettingSpec::name);
        let names = names.chain(declarations.secrets.iter().map(SecretSpec::name));
        let settings = names.filter_map(|name| {
            variables
                .get(name)
                .map(|value| (name.to_owned(), value.clone()))
        });
        Self {
            settings: settings.collect(),
            variables,
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn prefix(&self) -> &str {
        self.get(PREFIX).unwrap_or_default()
    }

    #[cfg(feature = "local")]
    pub(crate) fn listen(&self) -> &str {
        self.get(LISTEN).unwrap_or("127.0.0.1:3000")
    }

    pub(crate) fn log_filter(&self) -> &str {
        self.get(LOG).unwrap_or("info")
    }
}
