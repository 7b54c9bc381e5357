//! Writes what a command makes, and nothing over what is there.

use std::fs;
use std::io::{self, Write as _};
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

/// Beside its place first, so that a command that is interrupted leaves no part of a file there; under a name that nobody
/// else has, so that neither another file is lost nor a link followed.
fn put(file: &NewFile<'_>) -> io::Result<()> {
    let there = fs::symlink_metadata(&file.path).ok();
    // Neither a link nor a device is replaced.
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        fs::write(&file.path, file.content)?;
        return make_executable(&file.path, file);
    }
    let folder = file.path.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let mut beside = temporary().tempfile_in(folder.unwrap_or(Path::new(".")))?;
    beside.write_all(file.content)?;
    if let Some(there) = &there {
        fs::set_permissions(beside.path(), there.permissions())?;
    }
    make_executable(beside.path(), file)?;
    beside.persist(&file.path)?;
    Ok(())
}

/// Files that others may read as far as the user lets them, as files are that are made in place.
fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".isobar-");
    builder
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn file(path: PathBuf, content: &'static [u8]) -> NewFile<'static> {
        NewFile {
            path,
            content,
            executable: false,
        }
    }

    #[test]
    fn nothing_beside_a_file_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("victim"), "kept").unwrap();
        symlink("victim", at("service.yaml.part")).unwrap();
        fs::write(at("other.part"), "kept").unwrap();
        let files = [file(at("service.yaml"), b"new"), file(at("other"), b"new")];
        write_all(&files, Existing::Kept).unwrap();
        for name in ["victim", "other.part"] {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), "kept", "{name}");
        }
        assert!(at("service.yaml.part").is_symlink());
        assert!(at("service.yaml").is_file() && !at("service.yaml").is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
    }

    #[test]
    fn a_file_named_like_part_of_another_is_written_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let part = file(at("data.part"), b"part");
        write_all(&[file(at("data"), b"old"), part], Existing::Kept).unwrap();
        let files = [file(at("data"), b"new"), file(at("data.part"), b"part")];
        let written = write_all(&files, Existing::Replaced).unwrap();
        assert_eq!(written, [Written::New, Written::Unchanged]);
        assert_eq!(fs::read(at("data")).unwrap(), b"new");
        assert_eq!(fs::read(at("data.part")).unwrap(), b"part");
    }

    #[test]
    fn a_file_has_the_mode_of_one_made_in_place_or_the_one_that_it_had() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::write(at("in place"), "").unwrap();
        fs::write(at("had"), "").unwrap();
        fs::set_permissions(at("had"), fs::Permissions::from_mode(0o640)).unwrap();
        let mut program = file(at("program"), b"new");
        program.executable = true;
        let files = [file(at("new"), b"new"), file(at("had"), b"new"), program];
        write_all(&files, Existing::Replaced).unwrap();
        assert_eq!(mode(&at("new")), mode(&at("in place")));
        assert_eq!(mode(&at("had")), 0o640);
        assert_eq!(mode(&at("program")), 0o755);
    }
}
