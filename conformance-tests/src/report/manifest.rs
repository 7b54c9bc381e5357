//! What makes a run repeatable.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Evidence, Provider, Settings, Topic};

/// What makes a run repeatable: its command, its settings, and what it ran against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The command line.
    pub command: Vec<String>,
    /// When it began, in seconds since 1970.
    pub started: u64,
    /// Where random keys and values came from.
    pub seed: u64,
    /// How many writers raced in the cases about races.
    pub race_width: usize,
    /// What came before the names of tables and buckets.
    pub prefix: String,
    /// Versions of our crates and of those that speak to the stores.
    pub crates: BTreeMap<String, String>,
    /// What the cases ran against.
    pub providers: Vec<ProviderManifest>,
}

/// What the cases of one provider ran against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderManifest {
    /// The provider's name.
    pub name: &'static str,
    /// What stood behind it.
    pub evidence: Option<Evidence>,
    /// Where that was.
    pub endpoint: String,
    /// Name and version of the emulator that was started for the run.
    pub emulator: Option<String>,
    /// What each part declares.
    pub capabilities: BTreeMap<&'static str, Vec<&'static str>>,
    /// Cases in which the emulator is known to differ from the real service.
    pub known_faults: BTreeMap<&'static str, &'static str>,
    /// Why there was nothing to run against.
    pub missing: Option<String>,
}

/// The crates whose behaviour a result may depend on.
const PREFIXES: [&str; 12] = [
    "isobar",
    "azure_",
    "aws-config",
    "aws-sdk-",
    "aws-smithy-http-client",
    "axum",
    "hyper",
    "lambda_runtime",
    "redb",
    "tokio-postgres",
    "googleapis-tonic-google-firestore",
    "tonic",
];

impl Manifest {
    /// The manifest of a run that begins now, by a program that was built with this lock file.
    pub fn new(command: Vec<String>, settings: &Settings, lock: &str) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self {
            command,
            started: now.unwrap_or_default().as_secs(),
            seed: settings.seed,
            race_width: settings.race_width,
            prefix: settings.prefix.clone(),
            crates: crate_versions(lock),
            providers: Vec::new(),
        }
    }
}

impl ProviderManifest {
    /// What a harness has started.
    pub fn of(provider: &Provider) -> Self {
        let capabilities = Topic::ALL.into_iter().filter_map(|topic| {
            let declared = provider.capabilities(topic)?;
            Some((
                topic.name(),
                declared.iter().map(isobar::Capability::name).collect(),
            ))
        });
        let emulator = provider.emulator.as_ref();
        Self {
            name: provider.name,
            evidence: Some(provider.evidence),
            endpoint: provider.endpoint.clone(),
            emulator: emulator.map(|emulator| format!("{} {}", emulator.name, emulator.version)),
            capabilities: capabilities.collect(),
            known_faults: (provider.known_faults.iter())
                .map(|waiver| (waiver.case, waiver.reason))
                .collect(),
            missing: None,
        }
    }

    /// A provider that could not be started.
    pub fn missing(name: &'static str, why: String) -> Self {
        Self {
            name,
            evidence: None,
            endpoint: String::new(),
            emulator: None,
            capabilities: BTreeMap::new(),
            known_faults: BTreeMap::new(),
            missing: Some(why),
        }
    }
}

/// Reads `name` and `version` of each `[[package]]` that counts.
fn crate_versions(lock: &str) -> BTreeMap<String, String> {
    let value = |line: &str, key: &str| {
        let quoted = line.strip_prefix(key)?.strip_prefix(" = ")?;
        Some(quoted.trim_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").filter_map(|package| {
        let name = package.lines().find_map(|line| value(line, "name"))?;
        let version = package.lines().find_map(|line| value(line, "version"))?;
        Some((name, version))
    });
    packages
        .filter(|(name, _)| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = include_str!("../../../Cargo.lock");

    #[test]
    fn the_lock_file_names_our_crates_and_the_engine() {
        let versions = crate_versions(LOCK);
        assert_eq!(versions["isobar"], env!("CARGO_PKG_VERSION"));
        assert!(versions.contains_key("redb"), "{versions:?}");
        assert!(!versions.contains_key("serde"), "{versions:?}");
    }
}
