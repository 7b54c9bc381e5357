//! What earlier ports have written into a crate: `isobar-port.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// The file's name in the crate.
pub(super) const NAME: &str = "isobar-port.json";

/// Version of the file's form.
const FORMAT: u32 = 1;

/// The record of a crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// Routes that were ported, as `GET /notes/:id`.
    pub(super) routes: Vec<String>,
    /// By path: the SHA-256 of what was written.
    pub(super) files: BTreeMap<String, String>,
}

impl Manifest {
    /// The record in `directory`; empty where there is none.
    pub(super) fn read(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join(NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Failure::environment(at(&path, error))),
        };
        let manifest: Self =
            serde_json::from_str(&text).map_err(|error| Failure::usage(at(&path, error)))?;
        if manifest.format > FORMAT {
            let error = anyhow::anyhow!("{} was written by a newer isobar", path.display());
            return Err(Failure::usage(error));
        }
        Ok(manifest)
    }

    pub(super) fn write(&self, directory: &Path) -> Result<(), Failure> {
        let path = directory.join(NAME);
        let manifest = Self {
            format: FORMAT,
            ..self.clone()
        };
        let text = serde_json::to_string_pretty(&manifest).map_err(Failure::environment)? + "\n";
        std::fs::write(&path, text).map_err(|error| Failure::environment(at(&path, error)))
    }
}

/// An error with the file that it is about.
pub(super) fn at(path: &Path, error: impl Into<anyhow::Error>) -> anyhow::Error {
    error
        .into()
        .context(format!("`{}` cannot be read or written", path.display()))
}
