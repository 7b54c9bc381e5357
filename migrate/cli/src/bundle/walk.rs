//! The files of a legacy application as they are packed: without histories, secrets and earlier packages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use isobar_deploy::PackedFile;

use super::secret::{MODULES, PrivateKey, is_secret, private_key};

/// The files of a folder, in the order of their names.
#[derive(Debug)]
pub(super) struct Walk {
    /// The folder without links in its path.
    root: PathBuf,
    /// Where packages are written.
    outputs: Vec<PathBuf>,
    pub(super) files: Vec<PackedFile>,
    /// What was left out.
    pub(super) notes: Vec<String>,
    bytes: u64,
}

/// What is not part of an application that runs: histories, what runs of a gateway leave.
const LEFT_OUT: [&str; 6] = [".bzr", ".git", ".hg", ".isobar", ".jj", ".svn"];
/// More is no application for a function, and would only fill memory.
const MOST_BYTES: u64 = 1 << 30;

impl Walk {
    /// Reads all files below `folder` but `outputs`.
    pub(super) fn of(folder: &Path, outputs: &[PathBuf]) -> anyhow::Result<Self> {
        let outputs = outputs.iter().filter_map(|path| path.canonicalize().ok());
        let mut walk = Self {
            root: folder.canonicalize()?,
            outputs: outputs.collect(),
            files: Vec::new(),
            notes: Vec::new(),
            bytes: 0,
        };
        walk.folder(&walk.root.clone(), "")?;
        Ok(walk)
    }

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
            let is_cache = name == ".cache" && is_in_modules(&path);
            if LEFT_OUT.contains(&name) || is_cache {
                self.left_out(&path, "is no part of what runs");
            } else if self.outputs.contains(&entry.path()) {
                self.left_out(&path, "is an earlier package");
            } else if is_secret(&path) {
                self.left_out(&path, SECRET);
            } else {
                self.entry(&entry.path(), &path)?;
            }
        }
        Ok(())
    }

    fn left_out(&mut self, path: &str, why: &str) {
        self.notes
            .push(format!("legacy/{path} is left out: it {why}"));
    }

    fn entry(&mut self, entry: &Path, path: &str) -> anyhow::Result<()> {
        if fs::symlink_metadata(entry)?.is_symlink() {
            return self.link(entry, path);
        }
        let metadata = fs::metadata(entry).with_context(|| path.to_owned())?;
        if metadata.is_dir() {
            return self.folder(entry, &format!("{path}/"));
        }
        self.file(entry, path)
    }

    /// A link to a file within the folder is that file; a command of an installed package finds what lies beside its file,
    /// and so becomes a script that starts it.
    fn link(&mut self, entry: &Path, path: &str) -> anyhow::Result<()> {
        let is_command = path
            .rsplit_once('/')
            .is_some_and(|(folder, _)| folder.ends_with("/.bin") && is_in_modules(folder));
        let Ok(target) = entry.canonicalize() else {
            if is_command {
                self.left_out(path, "is a link to nothing");
                return Ok(());
            }
            bail!("{path} is a link to nothing");
        };
        let Ok(within) = target.strip_prefix(&self.root) else {
            bail!("{path} is a link to what lies outside of the folder; put a copy in its place");
        };
        if target.is_dir() {
            bail!(
                "{path} is a link to a folder, which no package can hold; put the folder in its place"
            );
        }
        let within = within
            .to_str()
            .with_context(|| format!("{} is not UTF-8", within.display()))?;
        if is_secret(within) {
            self.left_out(path, SECRET);
            return Ok(());
        }
        if is_command {
            let content = script(path, within)?.into_bytes();
            self.bytes += content.len() as u64;
            self.files.push(PackedFile {
                path: path.to_owned(),
                content,
                executable: true,
            });
            return Ok(());
        }
        self.file(&target, path)
    }

    fn file(&mut self, file: &Path, path: &str) -> anyhow::Result<()> {
        let metadata = fs::metadata(file).with_context(|| path.to_owned())?;
        if !metadata.is_file() {
            bail!("{path} is no file");
        }
        self.bytes = self.bytes.saturating_add(metadata.len());
        if self.bytes > MOST_BYTES {
            bail!("it has more than {MOST_BYTES} bytes");
        }
        let content = fs::read(file).with_context(|| path.to_owned())?;
        match private_key(path, &content) {
            PrivateKey::Held => {
                self.left_out(path, KEY);
                return Ok(());
            }
            PrivateKey::Named => self.notes.push(format!(
                "legacy/{path} names a private key, and is packed: see that it holds none"
            )),
            PrivateKey::None => {}
        }
        self.files.push(PackedFile {
            path: path.to_owned(),
            content,
            executable: metadata.permissions().mode() & 0o111 != 0,
        });
        Ok(())
    }
}

const SECRET: &str =
    "may hold secrets, which do not belong into a package; give its variables to the deployment";
const KEY: &str =
    "has a private key in it, which does not belong into a package; give it to the deployment";

/// Whether a path lies directly in a folder of installed packages.
fn is_in_modules(path: &str) -> bool {
    path.rsplit('/').nth(1) == Some(MODULES)
}

/// Starts a file of the same folder from `path`, wherever the folder lies.
fn script(path: &str, target: &str) -> anyhow::Result<String> {
    let plain = |c: char| c.is_alphanumeric() || "-._@/+ ~".contains(c);
    if !target.chars().all(plain) {
        bail!("{path} is a link to {target:?}, which no script can name");
    }
    let up = "../".repeat(path.matches('/').count());
    Ok(format!(
        "#!/bin/sh\nexec \"${{0%/*}}/{up}{target}\" \"$@\"\n"
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with these files, each with its path as content, and one beside it.
    fn application(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let legacy = folder.path().join("legacy");
        let all = files.iter().map(|path| legacy.join(path));
        for path in all.chain([folder.path().join("outside")]) {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, path.display().to_string()).unwrap();
        }
        (folder, legacy)
    }

    fn paths(walk: &Walk) -> Vec<&str> {
        walk.files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn secrets_and_what_does_not_run_are_left_out_and_told() {
        let (_folder, legacy) = application(&[
            ".aws/credentials",
            ".cache/kept.js",
            ".env-production",
            ".env.local",
            ".envrc",
            ".git/HEAD",
            ".hg/hgrc",
            ".npmrc",
            ".ssh/id_ed25519",
            ".svn/wc.db",
            ".terraform/terraform.tfstate",
            "config/prod.env",
            "node_modules/.cache/a",
            "old_node_modules/.cache/kept.js",
            "old_node_modules/.env",
            "server.js",
            "tls.key",
        ]);
        fs::write(legacy.join("ca.pem"), "-----BEGIN CERTIFICATE-----").unwrap();
        fs::write(legacy.join("jwt_private"), "-----BEGIN PRIVATE KEY-----").unwrap();
        let check = "key.startsWith('-----BEGIN PRIVATE KEY-----')";
        fs::write(legacy.join("check.js"), check).unwrap();
        symlink(".env.local", legacy.join("settings")).unwrap();
        let walk = Walk::of(&legacy, &[]).unwrap();
        let packed = [
            ".cache/kept.js",
            "ca.pem",
            "check.js",
            "old_node_modules/.cache/kept.js",
            "server.js",
        ];
        assert_eq!(paths(&walk), packed);
        assert_eq!(walk.notes.len(), 17, "{:#?}", walk.notes);
        let told = |path: &str| walk.notes.iter().any(|note| note.starts_with(path));
        assert!(told("legacy/settings is left out") && told("legacy/config/prod.env "));
        assert!(told("legacy/jwt_private is left out: it has a private key"));
        assert!(told("legacy/check.js names a private key, and is packed"));
    }

    #[test]
    fn links_stay_within_the_folder() {
        let (_folder, legacy) = application(&["server.js", "lib/a.js"]);
        symlink("../lib/a.js", legacy.join("lib/b.js")).unwrap();
        let walk = Walk::of(&legacy, &[]).unwrap();
        assert_eq!(paths(&walk), ["lib/a.js", "lib/b.js", "server.js"]);
        for (target, told) in [
            ("../outside", "c is a link to what lies outside"),
            ("lib", "c is a link to a folder"),
            ("nothing", "c is a link to nothing"),
        ] {
            let link = legacy.join("c");
            symlink(target, &link).unwrap();
            let error = Walk::of(&legacy, &[]).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
            fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn earlier_packages_are_no_part_of_the_next() {
        let (_folder, legacy) = application(&["server.js", "deploy/gcp/legacy/server.js"]);
        let walk = Walk::of(&legacy, &[legacy.join("deploy/gcp")]).unwrap();
        assert_eq!(paths(&walk), ["server.js"]);
    }

    #[test]
    fn commands_of_installed_packages_start_from_where_they_lie() {
        let (folder, legacy) = application(&["node_modules/tool/cli.sh", "server.js"]);
        let program = legacy.join("node_modules/tool/cli.sh");
        fs::write(&program, "#!/bin/sh\necho \"$0 $1\"\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let commands = legacy.join("node_modules/.bin");
        fs::create_dir(&commands).unwrap();
        symlink("../tool/cli.sh", commands.join("tool")).unwrap();
        symlink("../gone/cli.sh", commands.join("gone")).unwrap();
        let walk = Walk::of(&legacy, &[]).unwrap();
        assert_eq!(walk.notes.len(), 1, "{:?}", walk.notes);
        let packed = folder.path().join("packed");
        for file in &walk.files {
            let path = packed.join(&file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &file.content).unwrap();
            let mode = if file.executable { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "PATH=\"$PWD/node_modules/.bin:$PATH\" tool \"a b\""]);
        let output = command.current_dir(&packed).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let (started, argument) = said.trim_end().split_once(' ').unwrap();
        let expected = packed.join("node_modules/tool/cli.sh");
        assert_eq!(
            Path::new(started).canonicalize().unwrap(),
            expected.canonicalize().unwrap()
        );
        assert_eq!(argument, "a b");
    }
}
