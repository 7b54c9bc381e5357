//! Writes the files of a crate without touching what a person has changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use sha2::{Digest, Sha256};

use super::manifest::{Manifest, at};
use crate::exit::Failure;

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Path relative to the crate.
    pub path: String,
    /// What was done.
    pub outcome: FileOutcome,
}

/// What was done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOutcome {
    /// It was not there.
    Created,
    /// It was there as an earlier port had left it.
    Updated,
    /// It is as it was.
    Unchanged,
    /// A person has changed it, so it stays as it is.
    Kept,
    /// Nothing needs it any more.
    Removed,
}

/// What happens to a file that a person has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByHand {
    Keep,
    Replace,
}

/// Writes `files` into `directory` and records them, with the `routes` that they hold.
pub(super) fn write(
    directory: &Path,
    files: &BTreeMap<String, String>,
    mut manifest: Manifest,
    routes: Vec<String>,
    by_hand: ByHand,
) -> Result<Vec<Written>, Failure> {
    let mut written = Vec::new();
    for (path, text) in files {
        let target = directory.join(path);
        let outcome = decide(&target, text, manifest.files.get(path), by_hand)?;
        if matches!(outcome, FileOutcome::Created | FileOutcome::Updated) {
            save(&target, text)?;
        }
        if outcome != FileOutcome::Kept {
            manifest.files.insert(path.clone(), hash(text.as_bytes()));
        }
        written.push(Written {
            path: path.clone(),
            outcome,
        });
    }
    let recorded = manifest.files.keys();
    let gone = recorded.filter(|path| !files.contains_key(*path) && is_inside(path));
    for path in gone.cloned().collect::<Vec<_>>() {
        written.push(remove(directory, path, &mut manifest, by_hand)?);
    }
    manifest.routes = routes;
    manifest.write(directory)?;
    Ok(written)
}

/// Whether a recorded path stays within the crate.
fn is_inside(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
}

fn decide(
    target: &Path,
    text: &str,
    recorded: Option<&String>,
    by_hand: ByHand,
) -> Result<FileOutcome, Failure> {
    let present = match fs::read(target) {
        Ok(present) => present,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(FileOutcome::Created);
        }
        Err(error) => return Err(Failure::environment(at(target, error))),
    };
    if present == text.as_bytes() {
        return Ok(FileOutcome::Unchanged);
    }
    let is_ours = recorded.is_some_and(|recorded| *recorded == hash(&present));
    Ok(if is_ours || by_hand == ByHand::Replace {
        FileOutcome::Updated
    } else {
        FileOutcome::Kept
    })
}

fn remove(
    directory: &Path,
    path: String,
    manifest: &mut Manifest,
    by_hand: ByHand,
) -> Result<Written, Failure> {
    let target = directory.join(&path);
    let outcome = match decide(&target, "", manifest.files.get(&path), by_hand)? {
        FileOutcome::Kept => FileOutcome::Kept,
        FileOutcome::Created => FileOutcome::Removed,
        _ => {
            fs::remove_file(&target).map_err(|error| Failure::environment(at(&target, error)))?;
            FileOutcome::Removed
        }
    };
    if outcome == FileOutcome::Removed {
        manifest.files.remove(&path);
    }
    Ok(Written { path, outcome })
}

fn save(target: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::environment(at(target, error));
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(target, text).map_err(failed)
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> BTreeMap<String, String> {
        [("src/main.rs".to_owned(), text.to_owned())].into()
    }

    fn write_into(directory: &Path, text: &str, by_hand: ByHand) -> FileOutcome {
        let manifest = Manifest::read(directory).unwrap();
        let written = write(directory, &files(text), manifest, Vec::new(), by_hand).unwrap();
        written[0].outcome
    }

    #[test]
    fn a_file_that_a_person_changed_stays_until_it_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let main = directory.path().join("src/main.rs");
        assert_eq!(
            write_into(directory.path(), "one", ByHand::Keep),
            FileOutcome::Created
        );
        assert_eq!(
            write_into(directory.path(), "one", ByHand::Keep),
            FileOutcome::Unchanged
        );
        assert_eq!(
            write_into(directory.path(), "two", ByHand::Keep),
            FileOutcome::Updated
        );
        fs::write(&main, "mine").unwrap();
        assert_eq!(
            write_into(directory.path(), "three", ByHand::Keep),
            FileOutcome::Kept
        );
        assert_eq!(fs::read_to_string(&main).unwrap(), "mine");
        assert_eq!(
            write_into(directory.path(), "three", ByHand::Keep),
            FileOutcome::Kept
        );
        assert_eq!(
            write_into(directory.path(), "three", ByHand::Replace),
            FileOutcome::Updated
        );
        assert_eq!(fs::read_to_string(&main).unwrap(), "three");
    }

    #[test]
    fn a_file_that_was_there_before_the_first_port_is_not_ours() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("src")).unwrap();
        fs::write(directory.path().join("src/main.rs"), "theirs").unwrap();
        assert_eq!(
            write_into(directory.path(), "one", ByHand::Keep),
            FileOutcome::Kept
        );
    }

    #[test]
    fn a_file_that_nothing_needs_any_more_goes_unless_a_person_changed_it() {
        let directory = tempfile::tempdir().unwrap();
        let old = [("src/old.rs".to_owned(), "old".to_owned())];
        write(
            directory.path(),
            &old.into(),
            Manifest::default(),
            Vec::new(),
            ByHand::Keep,
        )
        .unwrap();
        let manifest = Manifest::read(directory.path()).unwrap();
        let written = write(
            directory.path(),
            &files("new"),
            manifest,
            Vec::new(),
            ByHand::Keep,
        )
        .unwrap();
        assert_eq!(written[1].outcome, FileOutcome::Removed);
        assert!(!directory.path().join("src/old.rs").exists());
    }

    #[test]
    fn a_record_that_names_files_outside_of_the_crate_removes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let (inside, outside) = (
            directory.path().join("crate"),
            directory.path().join("mine"),
        );
        fs::create_dir(&inside).unwrap();
        fs::write(&outside, "mine").unwrap();
        let mut manifest = Manifest::default();
        manifest.files.insert("../mine".to_owned(), hash(b"mine"));
        write(
            &inside,
            &files("new"),
            manifest,
            Vec::new(),
            ByHand::Replace,
        )
        .unwrap();
        assert_eq!(fs::read_to_string(&outside).unwrap(), "mine");
    }
}
