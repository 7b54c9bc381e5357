//! What lies beside this program, made ready to run where only some folder can be written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use isobar_migrate_gateway::Places;
use tempfile::TempDir;
use toml::{Table, Value};

use crate::environment;

/// The bundle of this program.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// The migration as it is run.
    pub(crate) places: Places,
    /// Removed at the end.
    _folder: Option<TempDir>,
}

const CONFIGURATION: &str = "migration.toml";
const INITIAL_STATES: &str = "migration.state.json";
/// The scheme of no store: an application that needs one says so at its start, and does not keep what
/// it stores on a disk that goes with the instance.
const NO_STORE: &str = "not-set:";

impl Bundle {
    /// Writes the configuration with the true places of the applications into a folder of its own, beside the states that
    /// the package came with, unless there are others already.
    pub(crate) fn open() -> Result<Self> {
        let program =
            std::env::current_exe().context("this program does not know where it lies")?;
        let here = program.parent().context("this program lies nowhere")?;
        let packaged = here.join(CONFIGURATION);
        let text = fs::read_to_string(&packaged)
            .with_context(|| format!("cannot read {}", packaged.display()))?;
        let text = adapted(&text, here, environment::is_set)
            .with_context(|| format!("{} is not usable", packaged.display()))?;
        let (folder, temporary) = folder()?;
        let configuration = folder.join(CONFIGURATION);
        write(&configuration, text.as_bytes())?;
        let (initial, states) = (here.join(INITIAL_STATES), folder.join(INITIAL_STATES));
        if initial.is_file() && !states.exists() && initial != states {
            let content = fs::read(&initial);
            let content = content.with_context(|| format!("cannot read {}", initial.display()))?;
            write(&states, &content)?;
        }
        Ok(Self {
            places: Places::of(&configuration),
            _folder: temporary,
        })
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
    // Only this program is before it, and tells it who the client is.
    table.insert("listen".to_owned(), "127.0.0.1:0".into());
    let hops = Table::from_iter([("hops".to_owned(), Value::Integer(1))]);
    table.insert("trust".to_owned(), hops.into());
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
        assert_eq!(table["trust"]["hops"].as_integer(), Some(1));
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
