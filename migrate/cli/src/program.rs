//! Asks an application's program what it declares.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use isobar_deploy::{Application, Definition};

use crate::exit::Failure;
use crate::triple::Triple;

/// How long a program may take to say what it declares; it touches no network for that.
const PATIENCE: Duration = Duration::from_secs(20);
/// More than any application declares.
const MOST_BYTES: u64 = 16 << 20;
const NO_DESCRIPTION: &str = "name the program of an application whose main function is isobar_connect::run, built for this \
     machine; what it declares is what it prints with --describe";

/// The program of an application, which can be started here.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
}

impl Program {
    /// The program that was named, or else the newest build of the package in this directory, for
    /// this machine or for a triple.
    pub fn find(named: Option<&Path>, triple: Option<&Triple>) -> Result<Self, Failure> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => newest_build(triple).map_err(|error| {
                Failure::usage(error).with_hint("name the program, or call cargo build before")
            })?,
        };
        let found = std::fs::metadata(&path)
            .with_context(|| format!("there is no program {}", path.display()));
        let found = found.map_err(Failure::usage)?;
        if !found.is_file() {
            let message = anyhow!("{} is no program", path.display());
            return Err(Failure::usage(message));
        }
        // A name without a directory would be looked for in the PATH.
        let path = std::path::absolute(path).map_err(Failure::environment)?;
        Ok(Self { path })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it declares.
    pub fn describe(&self) -> Result<Application, Failure> {
        let printed = self.ask("--describe", ("", ""))?;
        Application::parse(printed.as_bytes()).map_err(|error| {
            let asked = format!("{} --describe", self.path.display());
            Failure::usage(anyhow!(error).context(asked)).with_hint(NO_DESCRIPTION)
        })
    }

    /// The tables it needs, as a store defines them.
    pub fn tables(&self, wanted: &Definition) -> Result<String, Failure> {
        self.ask("--export", (wanted.documents, &wanted.prefix))
    }

    /// What it prints, with this store and this prefix, and without what this process is configured with.
    fn ask(&self, argument: &str, (documents, prefix): (&str, &str)) -> Result<String, Failure> {
        let mut command = Command::new(&self.path);
        command
            .arg(argument)
            .env("ISOBAR_DOCUMENTS", documents)
            .env("ISOBAR_PREFIX", prefix)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let asked = format!("{} {argument}", self.path.display());
        let child = command
            .spawn()
            .with_context(|| format!("{} cannot be started", self.path.display()));
        let child = child.map_err(|error| {
            Failure::usage(error).with_hint("it must be executable, and built for this machine")
        })?;
        printed(child)
            .with_context(|| asked)
            .map_err(|error| Failure::usage(error).with_hint(NO_DESCRIPTION))
    }
}

/// The output of a process that ends well and soon; it is ended otherwise.
fn printed(mut child: Child) -> anyhow::Result<String> {
    let stdout = child.stdout.take().context("no output")?;
    let stderr = child.stderr.take().context("no output")?;
    let output = std::thread::spawn(move || read(stdout));
    let errors = std::thread::spawn(move || read(stderr));
    let end = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            bail!("it did not end within {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let output = output
        .join()
        .map_err(|_| anyhow!("its output cannot be read"))?;
    let errors = errors
        .join()
        .map_err(|_| anyhow!("its output cannot be read"))?;
    if !status.success() {
        let first = errors.lines().next().unwrap_or("it printed nothing");
        bail!("it failed ({status}): {first}");
    }
    Ok(output)
}

fn read(stream: impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    // What was read before a failure is told.
    drop(stream.take(MOST_BYTES).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The newest build of the package in this directory, in whichever profile.
fn newest_build(triple: Option<&Triple>) -> anyhow::Result<PathBuf> {
    let output = Command::new("cargo")
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .output()
        .context("no program is named, and cargo cannot be asked for one")?;
    if !output.status.success() {
        bail!("no program is named, and there is no package in this directory");
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let programs = programs_here(&metadata)?;
    let [name] = programs[..] else {
        bail!("no program is named, and the package in this directory does not have exactly one");
    };
    let directory = metadata["target_directory"].as_str();
    let mut directory = PathBuf::from(directory.context("cargo tells no directory of builds")?);
    if let Some(triple) = triple {
        directory.push(&triple.name);
    }
    let profiles = std::fs::read_dir(directory).context("nothing has been built")?;
    let builds = profiles.flatten().map(|profile| profile.path().join(name));
    let builds = builds.filter_map(|path| {
        let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some((metadata.modified().ok()?, path))
    });
    let newest = builds.max().map(|(_, path)| path);
    newest.with_context(|| format!("{name} has not been built"))
}

/// The programs of the package in this directory.
fn programs_here(metadata: &serde_json::Value) -> anyhow::Result<Vec<&str>> {
    let here = std::env::current_dir()?.join("Cargo.toml");
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut own =
        packages.filter(|package| package["manifest_path"].as_str().map(Path::new) == Some(&here));
    let targets = own.next().and_then(|package| package["targets"].as_array());
    let programs = targets
        .into_iter()
        .flatten()
        .filter(|target| target["kind"][0] == "bin");
    Ok(programs
        .filter_map(|target| target["name"].as_str())
        .collect())
}
