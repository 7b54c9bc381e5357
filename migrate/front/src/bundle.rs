//! What lies beside this program, made ready to run where only some folder can be written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use isobar_migrate_gateway::{Hold, Places};
use tempfile::TempDir;
use toml::{Table, Value};

use crate::environment;

/// The bundle of this program.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// The migration as it is run.
    pub(crate) places: Places,
    /// Taken before anything was written: another instance may still run with the same folder.
    pub(crate) hold: Hold,
    /// Removed at the end.
    _folder: Option<TempDir>,
}

const CONFIGURATION: &str = "migration.toml";
const INITIAL_STATES: &str = "migration.state.json";
/// A copy of the states of the package that was started last in this folder.
const PACKAGED_STATES: &str = "migration.packaged.json";
/// The scheme of no store: an application that needs one says so at its start, and does not keep what
/// it stores on a disk that goes with the instance.
const NO_STORE: &str = "not-set:";

impl Bundle {
    /// Writes the configuration with the true places of the applications into a folder of its own, beside the states that
    /// the package came with, unless those of the same package have been changed there.
    pub(crate) async fn open() -> Result<Self> {
        let program =
            std::env::current_exe().context("this program does not know where it lies")?;
        let here = program.parent().context("this program lies nowhere")?;
        let packaged = here.join(CONFIGURATION);
        let text = fs::read_to_string(&packaged)
            .with_context(|| format!("cannot read {}", packaged.display()))?;
        let text = adapted(&text, here, environment::is_set)
            .with_context(|| format!("{} is not usable", packaged.display()))?;
        let (folder, temporary) = folder()?;
        if here.canonicalize().is_ok_and(|here| here == folder) {
            bail!("the folder of states is that of the package, whose files it would replace");
        }
        let configuration = folder.join(CONFIGURATION);
        let places = Places::of(&configuration);
        let hold = places.hold().await?;
        write(&configuration, text.as_bytes())?;
        settle_states(here, &folder)?;
        Ok(Self {
            places,
            hold,
            _folder: temporary,
        })
    }
}

/// Puts the packaged states in force where they are not those of the package before.
fn settle_states(here: &Path, folder: &Path) -> Result<()> {
    let packaged = content(&here.join(INITIAL_STATES))?;
    let (states, last) = (folder.join(INITIAL_STATES), folder.join(PACKAGED_STATES));
    if content(&last)?.is_some_and(|last| last == packaged.as_deref().unwrap_or_default()) {
        return Ok(());
    }
    match &packaged {
        Some(packaged) => write(&states, packaged)?,
        None if states.exists() => fs::remove_file(&states)
            .with_context(|| format!("cannot remove {}", states.display()))?,
        None => {}
    }
    // Last, so that a start which ends before this begins again.
    write(&last, packaged.as_deref().unwrap_or_default())
}

/// Nothing where there is no such file.
fn content(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn folder() -> Result<(PathBuf, Option<TempDir>)> {
    if let Some(folder) = environment::states() {
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let folder = folder.canonicalize().context("the folder of states")?;
        return Ok((folder, None));
    }
    let temporary = tempfile::Builder::new().prefix("isobar-front-").tempdir();
    let temporary = temporary.context("there is no folder that can be written")?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The packaged configuration for a bundle that lies `here`.
fn adapted(text: &str, here: &Path, is_set: impl Fn(&str) -> bool) -> Result<String> {
    let mut table: Table = text.parse()?;
    // Only this program is before it, and the door of this program knows whom to trust.
    table.insert("listen".to_owned(), "127.0.0.1:0".into());
    table.remove("trust");
    for side in ["legacy", "ported"] {
        let Some(Value::Table(application)) = table.get_mut(side) else {
            bail!("it has no [{side}]");
        };
        if application.get("command").is_none() {
            bail!("[{side}] has no command, and so nothing in the bundle to start");
        }
        let within = application.get("dir").and_then(Value::as_str);
        let folder = here.join(within.unwrap_or("."));
        let folder = folder.to_string_lossy().into_owned();
        application.insert("dir".to_owned(), folder.into());
    }
    if let Some(Value::Table(ported)) = table.get_mut("ported") {
        own_program(ported, here);
        own_environment(ported, is_set)?;
    }
    Ok(table.to_string())
}

/// The ported program lies here as well.
fn own_program(ported: &mut Table, here: &Path) {
    let command = ported.get_mut("command").and_then(Value::as_array_mut);
    if let Some(Value::String(program)) = command.and_then(|words| words.first_mut())
        && let Some(name) = program.strip_prefix("./")
    {
        *program = here.join(name).to_string_lossy().into_owned();
    }
}

/// The ported application is a server of this machine, whatever this program itself is started by.
fn own_environment(ported: &mut Table, is_set: impl Fn(&str) -> bool) -> Result<()> {
    let environment = ported
        .entry("env")
        .or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(environment) = environment else {
        bail!("ported.env is no table");
    };
    environment.insert("ISOBAR_PLATFORM".to_owned(), "local".into());
    for store in environment::STORES {
        if !environment.contains_key(store) && !is_set(store) {
            environment.insert(store.to_owned(), NO_STORE.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGED: &str = r#"
format = 1
listen = "0.0.0.0:80"
[express]
version = 4
[trust]
hops = 7
[legacy]
command = ["node", "server.js"]
dir = "legacy"
[ported]
command = ["./notes", "--x"]
env = { A = "b", ISOBAR_BLOBS = "s3:" }
"#;

    #[test]
    fn both_applications_are_found_where_the_bundle_lies() {
        let text = adapted(PACKAGED, Path::new("/var/task"), |_| false).unwrap();
        let table: Table = text.parse().unwrap();
        assert_eq!(table["listen"].as_str(), Some("127.0.0.1:0"));
        assert_eq!(table.get("trust"), None);
        assert_eq!(table["legacy"]["dir"].as_str(), Some("/var/task/legacy"));
        let ported = &table["ported"];
        assert_eq!(ported["command"][0].as_str(), Some("/var/task/notes"));
        assert_eq!(ported["command"][1].as_str(), Some("--x"));
        assert_eq!(ported["env"]["A"].as_str(), Some("b"));
        assert_eq!(ported["env"]["ISOBAR_PLATFORM"].as_str(), Some("local"));
    }

    #[test]
    fn a_store_that_nobody_has_named_is_none_rather_than_the_disk_of_an_instance() {
        let named = |name: &str| name == "ISOBAR_DOCUMENTS";
        let text = adapted(PACKAGED, Path::new("/app"), named).unwrap();
        let table: Table = text.parse().unwrap();
        let environment = table["ported"]["env"].as_table().unwrap();
        assert_eq!(environment.get("ISOBAR_DOCUMENTS"), None);
        assert_eq!(environment["ISOBAR_BLOBS"].as_str(), Some("s3:"));
        assert_eq!(environment["ISOBAR_TOPICS"].as_str(), Some(NO_STORE));
    }

    #[test]
    fn states_of_another_package_replace_those_that_were_changed() {
        let (here, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let states = folder.path().join(INITIAL_STATES);
        let start = |packaged: Option<&str>| {
            let file = here.path().join(INITIAL_STATES);
            match packaged {
                Some(packaged) => fs::write(file, packaged).unwrap(),
                None => drop(fs::remove_file(file)),
            }
            settle_states(here.path(), folder.path()).unwrap();
            fs::read_to_string(&states).ok()
        };
        assert_eq!(start(Some("1")).as_deref(), Some("1"));
        fs::write(&states, "changed while it ran").unwrap();
        assert_eq!(start(Some("1")).as_deref(), Some("changed while it ran"));
        assert_eq!(start(Some("2")).as_deref(), Some("2"));
        assert_eq!(start(None), None);
        fs::write(&states, "changed while it ran").unwrap();
        assert_eq!(start(None).as_deref(), Some("changed while it ran"));
    }

    #[test]
    fn what_cannot_be_started_from_the_bundle_is_refused() {
        let elsewhere = PACKAGED.replace(
            "command = [\"node\", \"server.js\"]",
            "url = \"http://127.0.0.1:1\"",
        );
        for (text, told) in [(elsewhere.as_str(), "no command"), ("", "no [legacy]")] {
            let error = adapted(text, Path::new("/app"), |_| false).unwrap_err();
            assert!(error.to_string().contains(told), "{error}");
        }
    }
}
