//! `isobar package --with-legacy`: what a package takes with it of a migration.

mod earlier;
mod secret;
mod walk;

use std::fs;
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

pub(crate) use earlier::clear;
use walk::Walk;

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
    /// Where those are.
    pub(crate) folder: PathBuf,
    /// What was left out, and what has to be known.
    pub(crate) notes: Vec<String>,
}

/// Reads what belongs to a configuration; `program` and `gateway` are those that were named, and `outputs` are where
/// packages are written.
pub(crate) fn read(
    configuration: &Path,
    (program, gateway): (Option<&Path>, Option<&Path>),
    outputs: &[PathBuf],
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
    let walk = Walk::of(&legacy.folder, outputs)
        .with_context(|| format!("cannot pack {}", legacy.folder.display()))
        .map_err(Failure::usage)?;
    let text = fs::read_to_string(configuration).map_err(Failure::environment)?;
    let name = name_of(&program)?;
    let mut notes = walk.notes;
    notes.extend(notes_of_start(legacy));
    notes.extend(notes_of_environment(legacy, "legacy"));
    notes.extend(notes_of_environment(ported, "ported"));
    Ok(Bundled {
        migration: packed(&text, name, &mut notes).map_err(Failure::usage)?,
        folder: legacy.folder.clone(),
        states: states(configuration, &migration)?,
        gateway: fs::read(gateway_program(gateway)?)
            .context("cannot read the program isobar-front")
            .map_err(Failure::environment)?,
        program,
        legacy: walk.files,
        notes,
    })
}

/// What starts the legacy application, where the platform has to have it.
fn notes_of_start(command: &Command) -> Option<String> {
    let first = command.words.first()?;
    let is_own = first == "node" || first.contains('/');
    (!is_own).then(|| {
        format!(
            "the legacy application is started with {first}: the package holds node_modules/.bin, and not {first}, which has to \
             be there where it runs"
        )
    })
}

/// Which variables are packed with their values.
fn notes_of_environment(command: &Command, side: &str) -> Option<String> {
    let names = command.environment.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        format!("{side}.env is packed with its values, which must be no secrets: {names}")
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
fn packed(text: &str, program: &str, notes: &mut Vec<String>) -> anyhow::Result<String> {
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
    if let Some(words) = command.and_then(Value::as_array_mut) {
        let first = words.first().and_then(Value::as_str).map(Path::new);
        let is_program = first.and_then(Path::file_name) == Some(program.as_ref());
        if !is_program && words.len() > 1 {
            let told = words.iter().filter_map(Value::as_str).collect::<Vec<_>>();
            let told = told.join(" ");
            notes.push(format!("{told:?} starts another program than {program}, which is started without arguments instead"));
        }
        words.truncate(if is_program { words.len() } else { 0 });
        let own = format!("./{program}").into();
        match words.first_mut() {
            Some(first) => *first = own,
            None => words.push(own),
        }
    }
    Ok(table.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_packed_for_the_program_that_they_are_for() {
        let check = |command: &str, expected: &[&str], told: usize| {
            let text = format!("[legacy]\n[ported]\ncommand = {command}\n");
            let mut notes = Vec::new();
            let table: Table = packed(&text, "notes", &mut notes).unwrap().parse().unwrap();
            let words = table["ported"]["command"].as_array().unwrap();
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            assert_eq!(words, expected);
            assert_eq!(notes.len(), told, "{notes:?}");
        };
        check(r#"["target/release/notes", "--x"]"#, &["./notes", "--x"], 0);
        check(r#"["cargo", "run", "--release"]"#, &["./notes"], 1);
    }
}
