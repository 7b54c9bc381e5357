//! `isobar package --with-legacy`: what a package takes with it of a migration.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use isobar_deploy::PackedFile;
use isobar_migrate_gateway::config::{Application, Command, Migration};
use isobar_migrate_gateway::install::{self, Permission};
use isobar_migrate_gateway::{Places, read_states, table::Table as Routes};
use toml::{Table, Value};

use crate::exit::Failure;
use crate::package::name_of;
use crate::runtime::{block_on, failed};

/// A migration as it is packed.
#[derive(Debug)]
pub(crate) struct Bundled {
    /// The ported program.
    pub(crate) program: PathBuf,
    /// The program that the platform starts.
    pub(crate) gateway: Vec<u8>,
    /// `migration.toml` for the package.
    pub(crate) migration: String,
    /// The states in force, where some route has been moved.
    pub(crate) states: Option<Vec<u8>>,
    /// The files of the legacy application.
    pub(crate) legacy: Vec<PackedFile>,
    /// What was left out.
    pub(crate) notes: Vec<String>,
}

/// What is not part of an application that runs: histories, what runs of a gateway leave, caches.
const LEFT_OUT: [&str; 4] = [".git", ".isobar", ".cache", ".bin"];
/// More is no application for a function, and would only fill memory.
const MOST_BYTES: usize = 1 << 30;

/// Reads what belongs to a configuration; `program` and `gateway` are those that were named.
pub(crate) fn read(
    configuration: &Path,
    program: Option<&Path>,
    gateway: Option<&Path>,
) -> Result<Bundled, Failure> {
    let migration = Migration::read(configuration).map_err(failed)?;
    let legacy = started(&migration.legacy, "legacy")?;
    let ported = started(&migration.ported, "ported")?;
    block_on(async {
        let installed = install::ensure(&legacy.folder, Permission::Never, |_| {}).await;
        let hint = "what is packed has to be installed before";
        installed.map_err(|error| failed(error).with_hint(hint))
    })?;
    let program = match program {
        Some(program) => program.to_owned(),
        None => ported_program(ported)?,
    };
    let mut walk = Walk::default();
    walk.folder(&legacy.folder, "")
        .with_context(|| format!("cannot pack {}", legacy.folder.display()))
        .map_err(Failure::usage)?;
    let text = fs::read_to_string(configuration).map_err(Failure::environment)?;
    let name = name_of(&program)?;
    Ok(Bundled {
        migration: packed(&text, name).map_err(Failure::usage)?,
        states: states(configuration, &migration)?,
        gateway: fs::read(gateway_program(gateway)?)
            .context("cannot read the program isobar-front")
            .map_err(Failure::environment)?,
        program,
        legacy: walk.files,
        notes: walk.notes,
    })
}

fn started<'m>(application: &'m Application, side: &str) -> Result<&'m Command, Failure> {
    match application {
        Application::Command(command) => Ok(command),
        Application::Url(authority) => {
            let error =
                anyhow!("the {side} application runs at {authority}, so there is nothing to pack");
            Err(Failure::usage(error).with_hint(format!(
                "say in migration.toml how it is started: command and dir of [{side}]"
            )))
        }
    }
}

fn ported_program(command: &Command) -> Result<PathBuf, Failure> {
    let named = command.words.first().map(|word| command.folder.join(word));
    named.filter(|path| path.is_file()).ok_or_else(|| {
        let error = anyhow!("the ported program that migration.toml names is not there");
        Failure::usage(error).with_hint("name the program, or build it")
    })
}

/// The one that was named, or else the one beside this program.
fn gateway_program(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()
            .map_err(Failure::environment)?
            .with_file_name("isobar-front"),
    };
    if path.is_file() {
        return Ok(path);
    }
    let error = anyhow!("there is no program {}", path.display());
    Err(Failure::usage(error).with_hint(
        "build it with cargo build --release -p isobar-front, and name it with --gateway",
    ))
}

/// The states that a new instance begins with, checked against the routes.
fn states(configuration: &Path, migration: &Migration) -> Result<Option<Vec<u8>>, Failure> {
    let places = Places::of(configuration);
    let routes = Routes::new(migration).map_err(failed)?;
    read_states(&places, &routes).map_err(failed)?;
    match fs::read(&places.states) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::environment(error)),
    }
}

/// The configuration with both applications where the package has them.
fn packed(text: &str, program: &str) -> anyhow::Result<String> {
    let mut table: Table = text.parse()?;
    for (side, folder) in [("legacy", "legacy"), ("ported", ".")] {
        let Some(Value::Table(application)) = table.get_mut(side) else {
            bail!("it has no [{side}]");
        };
        application.insert("dir".to_owned(), folder.into());
    }
    let command = table
        .get_mut("ported")
        .and_then(|ported| ported.get_mut("command"));
    let command = command.and_then(Value::as_array_mut);
    if let Some(first) = command.and_then(|words| words.first_mut()) {
        *first = format!("./{program}").into();
    }
    Ok(table.to_string())
}

/// The files of a folder, in the order of their names.
#[derive(Default)]
struct Walk {
    files: Vec<PackedFile>,
    notes: Vec<String>,
    bytes: usize,
}

impl Walk {
    fn folder(&mut self, folder: &Path, within: &str) -> anyhow::Result<()> {
        let entries: Result<Vec<_>, _> = fs::read_dir(folder)?.collect();
        let mut entries = entries?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name
                .to_str()
                .with_context(|| format!("{} is not UTF-8", name.display()))?;
            let path = format!("{within}{name}");
            if LEFT_OUT.contains(&name) {
                continue;
            }
            if name == ".env" || name.starts_with(".env.") {
                self.notes.push(format!(
                    "legacy/{path} is left out, since secrets do not belong into a package: give its variables to the deployment"
                ));
                continue;
            }
            self.entry(&entry, &path)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, path: &str) -> anyhow::Result<()> {
        let is_link = entry.file_type()?.is_symlink();
        let metadata = fs::metadata(entry.path()).with_context(|| path.to_owned())?;
        if metadata.is_dir() {
            if is_link {
                bail!(
                    "{path} is a link to a folder, which no package can hold; put the folder in its place"
                );
            }
            return self.folder(&entry.path(), &format!("{path}/"));
        }
        if !metadata.is_file() {
            bail!("{path} is no file");
        }
        let content = fs::read(entry.path()).with_context(|| path.to_owned())?;
        self.bytes += content.len();
        if self.bytes > MOST_BYTES {
            bail!("it has more than {MOST_BYTES} bytes");
        }
        self.files.push(PackedFile {
            path: path.to_owned(),
            content,
            executable: metadata.permissions().mode() & 0o111 != 0,
        });
        Ok(())
    }
}
