//! `isobar export TARGET`: what a platform deploys, from what an application declares.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use isobar_deploy::{Architecture, Definition, Export, Source, Target};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::program::Program;
use crate::triple::Triple;
use crate::written::{Existing, NewFile, Writing, Written, files_as_json, tell, write_all};

/// Arguments of `isobar export`.
#[derive(Debug, Args)]
#[command(
    after_help = "The program is started with --describe, and with --export where the platform has tables; neither \
touches a network. Files that are there and differ are kept unless --force says otherwise.\n\n\
Exit status: 0 written, 2 wrong usage, no such program, what is declared cannot be said on the platform or files would \
be overwritten, 3 they cannot be written, 70 a fault of isobar itself."
)]
pub struct ExportArguments {
    /// The platform: aws (CloudFormation), aws-serverless (Serverless Framework), gcp, azure, knative, openfaas, alibaba, tencent, openwhisk or fn.
    #[arg(value_parser = parse_target)]
    pub target: Target,

    /// The application's program, built for this machine; else the newest build of the package in
    /// this directory.
    pub binary: Option<PathBuf>,

    /// The directory to write to; else deploy/TARGET.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// What the deployed program is built for, such as aarch64-unknown-linux-musl; else what this
    /// one is built for.
    #[arg(long = "target", value_name = "TRIPLE")]
    pub triple: Option<Triple>,

    /// What is written, and how it is told.
    #[command(flatten)]
    pub writing: Writing,
}

/// Runs the command.
pub fn run(arguments: &ExportArguments, printer: &Printer) -> Result<Exit, Failure> {
    let program = Program::find(arguments.binary.as_deref(), None)?;
    let export = export(arguments, &program)?;
    let directory = directory(arguments.out.as_deref(), arguments.target);
    let files: Vec<NewFile<'_>> = export
        .files
        .iter()
        .map(|file| NewFile {
            path: directory.join(&file.path),
            content: file.text.as_bytes(),
            executable: false,
        })
        .collect();
    let written = write_all(&files, Existing::forced(arguments.writing.force))?;
    if arguments.writing.json {
        printer.data(&as_json(arguments.target, &export, (&files, &written)).to_string());
        return Ok(Exit::Done);
    }
    tell(&files, &written, printer);
    for note in &export.notes {
        printer.note(&format!("note: {note}"));
    }
    Ok(Exit::Done)
}

fn export(arguments: &ExportArguments, program: &Program) -> Result<Export, Failure> {
    let application = program.describe()?;
    let definition = Definition::of(arguments.target, &application);
    let definition = definition.filter(|_| !application.collections.is_empty());
    let tables = definition
        .map(|wanted| program.tables(&wanted))
        .transpose()?;
    let architecture = match &arguments.triple {
        Some(triple) => triple.architecture,
        None => architecture_of(program.path())?,
    };
    let source = Source {
        application: &application,
        tables: tables.as_deref(),
        architecture,
        events_path: arguments.writing.events_path.as_deref(),
    };
    isobar_deploy::export(arguments.target, &source).map_err(failed)
}

/// What is declared cannot be deployed there, unless the fault is here.
pub(crate) fn failed(error: isobar_deploy::Error) -> Failure {
    match error.kind() {
        isobar_deploy::ErrorKind::Internal => Failure::bug(error),
        _ => Failure::usage(error),
    }
}

/// Of this machine where the program is none for Linux.
fn architecture_of(program: &Path) -> Result<Architecture, Failure> {
    let content = std::fs::read(program)
        .with_context(|| format!("cannot read {}", program.display()))
        .map_err(Failure::environment)?;
    let host = if cfg!(target_arch = "aarch64") {
        Architecture::Arm64
    } else {
        Architecture::X86_64
    };
    Ok(isobar_deploy::inspect(&content).map_or(host, |facts| facts.architecture))
}

/// Where the files of a target go.
pub(crate) fn directory(named: Option<&Path>, target: Target) -> PathBuf {
    let default = || Path::new("deploy").join(target.name());
    named.map_or_else(default, Path::to_owned)
}

fn as_json(
    target: Target,
    export: &Export,
    (files, written): (&[NewFile<'_>], &[Written]),
) -> serde_json::Value {
    json!({
        "target": target.name(),
        "files": files_as_json(files, written),
        "notes": export.notes,
    })
}

pub(crate) fn parse_target(name: &str) -> Result<Target, String> {
    Target::named(name).ok_or_else(|| {
        let all = Target::ALL.map(Target::name).join(", ");
        format!("it is one of {all}")
    })
}
