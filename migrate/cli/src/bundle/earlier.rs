//! What an earlier package has left where the next one is written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::exit::Failure;
use crate::written::NewFile;

/// Removes the files of an earlier package that are not in the one of these `files`, or fails where that is not `forced`:
/// a container is built from all that is there.
///
/// Only what lies in `legacy` beside a gateway is taken for such files. `application` is the folder of the legacy
/// application, which must not lie there itself.
pub(crate) fn clear(
    out: &Path,
    (application, files): (&Path, &[NewFile<'_>]),
    forced: bool,
) -> Result<(), Failure> {
    let Ok(resolved) = out.canonicalize() else {
        return Ok(());
    };
    if application
        .canonicalize()
        .is_ok_and(|application| application.starts_with(&resolved))
    {
        let error = anyhow!("the legacy application lies in {}", out.display());
        return Err(Failure::usage(error).with_hint("name another folder with --out"));
    }
    if !out.join("isobar-front").is_file() {
        return Ok(());
    }
    let kept: BTreeSet<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let mut found = Vec::new();
    for name in ["legacy", "migration.state.json"] {
        collect(&out.join(name), &mut found)
            .with_context(|| format!("cannot read {}", out.display()))
            .map_err(Failure::environment)?;
    }
    found.retain(|path| !kept.contains(path.as_path()));
    let Some(first) = found.first() else {
        return Ok(());
    };
    if !forced {
        let error = anyhow!(
            "{} files of an earlier package would stay, such as {}",
            found.len(),
            first.display()
        );
        return Err(Failure::usage(error).with_hint("remove them, or use --force"));
    }
    for path in found {
        fs::remove_file(&path)
            .with_context(|| format!("cannot remove {}", path.display()))
            .map_err(Failure::environment)?;
    }
    Ok(())
}

/// All files below a path; links are not followed.
fn collect(path: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => {
            for entry in fs::read_dir(path)? {
                collect(&entry?.path(), found)?;
            }
            Ok(())
        }
        Ok(_) => {
            found.push(path.to_owned());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_package_left_goes_only_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let (out, application) = (folder.path().join("out"), folder.path().join("app"));
        for path in [
            "out/isobar-front",
            "out/legacy/a.js",
            "out/legacy/b.js",
            "app/a.js",
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let files = [NewFile {
            path: out.join("legacy/a.js"),
            content: b"",
            executable: false,
        }];
        let error = clear(&out, (&application, &files), false).unwrap_err();
        assert!(error.error.to_string().contains("b.js"), "{}", error.error);
        clear(&out, (&application, &files), true).unwrap();
        assert!(out.join("legacy/a.js").is_file() && !out.join("legacy/b.js").exists());
        clear(&out, (&application, &files), false).unwrap();
        let error = clear(folder.path(), (&application, &files), true).unwrap_err();
        assert!(
            error
                .error
                .to_string()
                .starts_with("the legacy application lies in")
        );
    }
}
