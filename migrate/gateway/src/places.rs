//! Where a migration keeps what it knows: all beside its `migration.toml`.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// The files of one migration, named after its configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Places {
    /// `migration.toml`, which people write.
    pub configuration: PathBuf,
    /// `migration.state.json`: the states in force.
    pub states: PathBuf,
    /// `migration.journal.jsonl`: every change of a state.
    pub journal: PathBuf,
    /// `migration.differences.jsonl`: live requests that the two sides answered differently.
    pub differences: PathBuf,
    /// `.isobar/`: what only a running gateway needs, and the logs of the applications that it starts.
    pub running: PathBuf,
    /// `.isobar/migration.sock`: where a running gateway takes changes.
    pub control: PathBuf,
    lock: PathBuf,
}

/// The right to change a migration's states; a running gateway holds it.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

/// A command that changes states without a gateway holds the lock for a moment only.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

impl Places {
    /// The places that belong to the configuration at `path`.
    pub fn of(path: &Path) -> Self {
        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let name = path
            .file_stem()
            .unwrap_or(path.as_os_str())
            .to_string_lossy();
        let running = folder.join(".isobar");
        Self {
            configuration: path.to_owned(),
            states: folder.join(format!("{name}.state.json")),
            journal: folder.join(format!("{name}.journal.jsonl")),
            differences: folder.join(format!("{name}.differences.jsonl")),
            control: running.join(format!("{name}.sock")),
            lock: running.join(format!("{name}.lock")),
            running,
        }
    }

    /// Makes `.isobar/`, which only this user may enter, and which git does not see.
    pub fn make(&self) -> Result<()> {
        let failed = |error| Error::file("create", &self.running, error);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.running)
            .map_err(failed)?;
        let ignored = self.running.join(".gitignore");
        if ignored.exists() {
            return Ok(());
        }
        std::fs::write(&ignored, "*\n").map_err(|error| Error::file("write", &ignored, error))
    }

    /// Takes the lock in `.isobar/`, which is made where it is missing.
    pub async fn hold(&self) -> Result<Hold> {
        self.make()?;
        let failed = |error| Error::file("lock", &self.lock, error);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock);
        let file = file.map_err(failed)?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Hold { _file: file }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        let message = format!(
            "another gateway runs for {}; stop it first, or use it",
            self.configuration.display()
        );
        Err(Error::new(ErrorKind::InUse, message))
    }
}

/// Replaces the file at `path` in one step, so that a reader finds the old content or the new one, and the new one is on
/// the disk when this returns.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> Result<()> {
    let failed = |error| Error::file("write", path, error);
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    temporary.write_all(content).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary
        .persist(path)
        .map_err(|error| failed(error.error))?;
    let folder = File::open(folder).map_err(failed)?;
    folder.sync_all().map_err(failed)
}
