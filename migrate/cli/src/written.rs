//! Writes what a command makes, and nothing over what is there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use isobar_serve::event::check_events_path;
use serde_json::json;

use crate::exit::Failure;
use crate::printer::Printer;

/// What was done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was not there, or was replaced.
    New,
    /// It was there as it is.
    Unchanged,
}

impl Written {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "written",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What may happen to a file that is there and differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Nothing: the command fails before it writes anything.
    Kept,
    /// It is replaced.
    Replaced,
}

impl Existing {
    /// What `--force` says.
    pub fn forced(force: bool) -> Self {
        if force { Self::Replaced } else { Self::Kept }
    }
}

/// A file to be written.
#[derive(Debug)]
pub struct NewFile<'f> {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub content: &'f [u8],
    /// Whether it is a program.
    pub executable: bool,
}

/// Writes all of the files, or none where one is there and must be kept.
pub fn write_all(files: &[NewFile<'_>], existing: Existing) -> Result<Vec<Written>, Failure> {
    let found: Vec<Option<Vec<u8>>> = files
        .iter()
        .map(|file| read(&file.path))
        .collect::<Result<_, _>>()?;
    let differs = |(file, found): (&NewFile<'_>, &Option<Vec<u8>>)| {
        let differs = found.as_ref().is_some_and(|found| found != file.content);
        differs.then(|| file.path.display().to_string())
    };
    let different: Vec<String> = files.iter().zip(&found).filter_map(differs).collect();
    if existing == Existing::Kept && !different.is_empty() {
        let message = anyhow!("would be overwritten: {}", different.join(", "));
        return Err(Failure::usage(message).with_hint(
            "move what you have changed away, name another place with --out, or use --force",
        ));
    }
    let written = files.iter().zip(found).map(|(file, found)| {
        if found.is_some_and(|found| found == file.content) {
            make_executable(&file.path, file)
                .with_context(|| format!("cannot make {} a program", file.path.display()))
                .map_err(Failure::environment)?;
            return Ok(Written::Unchanged);
        }
        write(file)?;
        Ok(Written::New)
    });
    written.collect()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let error = anyhow!(error).context(format!("cannot read {}", path.display()));
            Err(Failure::environment(error))
        }
    }
}

fn write(file: &NewFile<'_>) -> Result<(), Failure> {
    let told = || format!("cannot write {}", file.path.display());
    let folder = file.path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = folder.and_then(|()| put(file));
    written.with_context(told).map_err(Failure::environment)
}

/// Beside its place first, so that a command that is interrupted leaves no part of a file there.
fn put(file: &NewFile<'_>) -> io::Result<()> {
    let there = fs::symlink_metadata(&file.path).ok();
    // Neither a link nor a device is replaced.
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        fs::write(&file.path, file.content)?;
        return make_executable(&file.path, file);
    }
    let mut beside = file.path.clone().into_os_string();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let place = || {
        fs::write(&beside, file.content)?;
        if let Some(there) = &there {
            fs::set_permissions(&beside, there.permissions())?;
        }
        make_executable(&beside, file)?;
        fs::rename(&beside, &file.path)
    };
    place().inspect_err(|_| drop(fs::remove_file(&beside)))
}

#[cfg(unix)]
fn make_executable(path: &Path, file: &NewFile<'_>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if file.executable {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_executable(_: &Path, _: &NewFile<'_>) -> io::Result<()> {
    Ok(())
}

/// Arguments of commands that write files of a deployment.
#[derive(Debug, Args)]
pub struct Writing {
    /// The path to which senders of events send them (ISOBAR_EVENTS_PATH), on platforms that are HTTP
    /// servers: `/events-` and what `openssl rand -hex 16` prints. A secret, which the files hold then.
    #[arg(long, value_name = "PATH", value_parser = parse_events_path)]
    pub events_path: Option<String>,

    /// Write over files that are there.
    #[arg(long)]
    pub force: bool,

    /// Print what was written as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Says what became of each file.
pub fn tell(files: &[NewFile<'_>], written: &[Written], printer: &Printer) {
    for (file, written) in files.iter().zip(written) {
        printer.data(&format!("{} {}", written.word(), file.path.display()));
    }
}

/// The same for programs.
pub fn files_as_json(files: &[NewFile<'_>], written: &[Written]) -> serde_json::Value {
    let files = files.iter().zip(written).map(|(file, written)| {
        json!({
            "path": file.path.display().to_string(),
            "bytes": file.content.len(),
            "state": written.word(),
        })
    });
    files.collect()
}

fn parse_events_path(path: &str) -> Result<String, String> {
    check_events_path(path).map_err(|error| error.to_string())?;
    Ok(path.to_owned())
}
