//! `isobar package TARGET`: an application's program as a platform takes it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use isobar_deploy::{Bundle, Content, Package, PackageSource, PackedFile, Target};
use serde_json::json;

use crate::bundle::{self, Bundled, clear};
use crate::exit::{Exit, Failure};
use crate::export::{directory, failed, parse_target};
use crate::printer::Printer;
use crate::program::Program;
use crate::triple::Triple;
use crate::written::{Existing, NewFile, Writing, Written, files_as_json, tell, write_all};

/// Arguments of `isobar package`.
#[derive(Debug, Args)]
#[command(
    after_help = "The package of the same program is the same, byte for byte. For gcp, knative, openfaas, openwhisk and fn it is a \
directory from which a container is built. For azure the program is started with --describe.\n\n\
Exit status: 0 written, 2 wrong usage, no such program, a program that the platform does not run or files that would be \
overwritten, 3 they cannot be written, 70 a fault of isobar itself."
)]
pub struct PackageArguments {
    /// The platform: aws, aws-serverless (the same package), gcp, azure, knative, openfaas, alibaba, tencent, openwhisk or fn.
    #[arg(value_parser = parse_target)]
    pub target: Target,

    /// The application's program; else the newest build of the package in this directory.
    pub binary: Option<PathBuf>,

    /// The file to write, or the directory where a container is built; else deploy/TARGET/function.zip
    /// or deploy/TARGET.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// What the program must be built for, such as aarch64-unknown-linux-musl.
    #[arg(long = "target", value_name = "TRIPLE")]
    pub triple: Option<Triple>,

    /// Packs the gateway and the legacy application as well, so that all of a migration can leave its server: what
    /// migration.toml, or the file that is named, says of both applications. For aws, gcp, knative, openfaas, openwhisk and fn.
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "migration.toml"
    )]
    pub with_legacy: Option<PathBuf>,

    /// The program isobar-front; else the one beside this program.
    #[arg(long, value_name = "PROGRAM", requires = "with_legacy")]
    pub gateway: Option<PathBuf>,

    /// What is written, and how it is told.
    #[command(flatten)]
    pub writing: Writing,
}

/// Runs the command.
pub fn run(arguments: &PackageArguments, printer: &Printer) -> Result<Exit, Failure> {
    let bundled = match &arguments.with_legacy {
        Some(file) => {
            isobar_deploy::check_target(arguments.target).map_err(failed)?;
            let (program, gateway) = (arguments.binary.as_deref(), arguments.gateway.as_deref());
            let outputs = outputs(arguments);
            Some(bundle::read(file, (program, gateway), &outputs)?)
        }
        None => None,
    };
    let named = bundled.as_ref().map(|bundled| bundled.program.as_path());
    let named = named.or(arguments.binary.as_deref());
    let program = Program::find(named, arguments.triple.as_ref())?;
    let mut package = package(arguments, &program, bundled.as_ref())?;
    let bundled_folder = bundled.as_ref().map(|bundled| bundled.folder.clone());
    package
        .notes
        .extend(bundled.into_iter().flat_map(|bundled| bundled.notes));
    let files = files(arguments, &package.content);
    if let (Some(folder), Content::Directory(_)) = (&bundled_folder, &package.content) {
        let out = directory(arguments.out.as_deref(), arguments.target);
        clear(&out, (folder, &files), arguments.writing.force)?;
    }
    let written = write_all(&files, Existing::forced(arguments.writing.force))?;
    if arguments.writing.json {
        printer.data(&as_json(arguments.target, &package, (&files, &written)).to_string());
        return Ok(Exit::Done);
    }
    tell(&files, &written, printer);
    if let Content::Archive { sha256, .. } = &package.content {
        printer.data(&format!("sha256 {sha256}"));
    }
    for note in &package.notes {
        printer.note(&format!("note: {note}"));
    }
    Ok(Exit::Done)
}

fn package(
    arguments: &PackageArguments,
    program: &Program,
    bundled: Option<&Bundled>,
) -> Result<Package, Failure> {
    let content = std::fs::read(program.path())
        .with_context(|| format!("cannot read {}", program.path().display()))
        .map_err(Failure::environment)?;
    // A program for another machine cannot be asked.
    let can_wait = bundled.is_some() && arguments.triple.is_none();
    let described = can_wait || isobar_deploy::needs_application(arguments.target);
    let application = described.then(|| program.describe()).transpose()?;
    let bundle = bundled.map(|bundled| Bundle {
        gateway: &bundled.gateway,
        migration: &bundled.migration,
        states: bundled.states.as_deref(),
        legacy: &bundled.legacy,
    });
    let source = PackageSource {
        bundle: bundle.as_ref(),
        program: &content,
        name: name_of(program.path())?,
        architecture: arguments.triple.as_ref().map(|triple| triple.architecture),
        application: application.as_ref(),
        events_path: arguments.writing.events_path.as_deref(),
    };
    let told = || program.path().display().to_string();
    isobar_deploy::package(arguments.target, &source).map_err(|error| {
        let mut failure = failed(error);
        failure.error = failure.error.context(told());
        failure
    })
}

/// The program's own name, which scripts and Dockerfiles hold.
pub(crate) fn name_of(program: &Path) -> Result<&str, Failure> {
    let plain = |name: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        !name.is_empty() && name.chars().all(plain)
    };
    let name = program.file_name().and_then(|name| name.to_str());
    name.filter(plain).ok_or_else(|| {
        let message = anyhow!(
            "{} has other characters in its name than letters, digits, _ and -",
            program.display()
        );
        Failure::usage(message).with_hint("rename the program")
    })
}

fn files<'c>(arguments: &PackageArguments, content: &'c Content) -> Vec<NewFile<'c>> {
    let out = arguments.out.as_deref();
    match content {
        Content::Archive { bytes, .. } => {
            let default = || directory(None, arguments.target).join("function.zip");
            vec![NewFile {
                path: out.map_or_else(default, Path::to_owned),
                content: bytes,
                executable: false,
            }]
        }
        Content::Directory(files) => {
            let directory = directory(out, arguments.target);
            let file = |file: &'c PackedFile| NewFile {
                path: directory.join(&file.path),
                content: &file.content,
                executable: file.executable,
            };
            files.iter().map(file).collect()
        }
        _ => Vec::new(),
    }
}

/// Where packages are written, this one and others by default.
fn outputs(arguments: &PackageArguments) -> Vec<PathBuf> {
    let defaults = Target::ALL.map(|target| directory(None, target));
    defaults.into_iter().chain(arguments.out.clone()).collect()
}

fn as_json(
    target: Target,
    package: &Package,
    (files, written): (&[NewFile<'_>], &[Written]),
) -> serde_json::Value {
    let sha256 = match &package.content {
        Content::Archive { sha256, .. } => Some(sha256),
        _ => None,
    };
    let glibc = package.facts.glibc;
    json!({
        "target": target.name(),
        "architecture": package.facts.architecture.triple(),
        "loader": package.facts.loader,
        "glibc": glibc.map(|(major, minor)| format!("{major}.{minor}")),
        "files": files_as_json(files, written),
        "sha256": sha256,
        "notes": package.notes,
    })
}
