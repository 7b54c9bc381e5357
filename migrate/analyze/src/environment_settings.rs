//! The environment variables that the code reads, with their defaults.

use indexmap::IndexMap;
use isobar_migrate_model::EnvironmentSetting;

use crate::machine::Machine;
use crate::machine::value::{ModuleId, Name, Site, Value};

mod unreached;

/// Parts of names whose values must not be printed.
const SECRET_WORDS: [&str; 8] = [
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "TOKEN",
    "API_KEY",
    "PRIVATE",
    "CREDENTIAL",
    "_URI",
];

/// Variables by name: where each is read first, and the literal it falls back to.
#[derive(Debug, Default)]
pub(crate) struct Settings(IndexMap<Name, (Site, Option<Name>)>);

impl Machine<'_> {
    pub(crate) fn note_environment(&mut self, name: &str, site: Site) {
        if self.is_own(site.module) {
            self.settings.0.entry(name.into()).or_insert((site, None));
        }
    }

    /// Records the value that the code takes when `name` is absent.
    pub(crate) fn note_environment_default(&mut self, name: &str, value: &Value) {
        if let (Some((_, default)), Value::Text(_) | Value::Number(_) | Value::Boolean(_)) =
            (self.settings.0.get_mut(name), value)
        {
            *default = default.take().or_else(|| value.to_text());
        }
    }

    /// Adds the variables that the application's modules name in code that was not run.
    pub(crate) fn note_unreached_environment(&mut self) {
        for number in 0..self.modules.len() {
            let module = ModuleId(u32::try_from(number).expect("fuel ends a scan long before"));
            let Some(source) = self.modules[number].source.filter(|_| self.is_own(module)) else {
                continue;
            };
            for read in unreached::reads(source.program) {
                let site = Site {
                    module,
                    offset: read.offset,
                };
                let settings = &mut self.settings.0;
                let known = settings.entry(read.name.into()).or_insert((site, None));
                known.1 = known.1.take().or_else(|| read.default.map(Name::from));
            }
        }
    }

    pub(crate) fn environment_settings(&self) -> Vec<EnvironmentSetting> {
        let settings = self.settings.0.iter();
        settings
            .map(|(name, (site, default))| EnvironmentSetting {
                name: name.to_string(),
                default: default.as_ref().map(ToString::to_string),
                secret: SECRET_WORDS
                    .iter()
                    .any(|word| name.to_uppercase().contains(word)),
                place: self.place(*site),
            })
            .collect()
    }
}
