//! From a program to what a platform takes: an archive, or the directory a container is built from.

use sha2::{Digest as _, Sha256};

use crate::application::Application;
use crate::archive::{PackedFile, archive};
use crate::azure;
use crate::binary::{ProgramFacts, inspect};
use crate::bundle::{self, Bundle};
use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::export::{Architecture, File};
use crate::image;
use crate::limits::Limits;
use crate::target::Target;

/// What a package is made of.
#[derive(Debug)]
pub struct PackageSource<'s> {
    /// The program.
    pub program: &'s [u8],
    /// What it is called where the platform does not say so itself.
    pub name: &'s str,
    /// What it must be built for, where somebody has said so.
    pub architecture: Option<Architecture>,
    /// What the application declares, for targets that pack it too; see [`needs_application`].
    pub application: Option<&'s Application>,
    /// The path to which senders of events send them, where what is packed holds it.
    pub events_path: Option<&'s str>,
    /// What it takes with it of a migration.
    pub bundle: Option<&'s Bundle<'s>>,
}

/// A package.
#[derive(Debug)]
#[non_exhaustive]
pub struct Package {
    /// What is to be written.
    pub content: Content,
    /// What the program is.
    pub facts: ProgramFacts,
    /// What a person should know before deploying it.
    pub notes: Vec<String>,
}

/// The form of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// A ZIP file.
    Archive {
        /// Its bytes; the same for the same program.
        bytes: Vec<u8>,
        /// Their SHA-256 in hexadecimal digits.
        sha256: String,
    },
    /// A directory that a container is built from.
    Directory(Vec<PackedFile>),
}

/// Whether the package of a target holds what the application declares.
pub fn needs_application(target: Target) -> bool {
    target == Target::Azure
}

/// Packs a program for a platform; the same source gives the same bytes.
///
/// `Binary` where it is no program for Linux or for another machine, `TooLarge` where the platform
/// does not take it.
pub fn package(target: Target, source: &PackageSource<'_>) -> Result<Package> {
    let facts = inspect(source.program)?;
    if let Some(wanted) = source
        .architecture
        .filter(|wanted| *wanted != facts.architecture)
    {
        let message = format!(
            "it is built for {}, not for {}",
            facts.architecture.triple(),
            wanted.triple()
        );
        return Err(Error::new(ErrorKind::Binary, message));
    }
    let limits = Limits::of(target);
    let mut notes = limits.notes(target, &facts);
    let files = match source.bundle {
        Some(bundle) => {
            let gateway = limits.notes(target, &inspect(bundle.gateway)?);
            notes.extend(gateway.iter().map(|note| format!("isobar-front: {note}")));
            notes.extend(bundle::notes(target, bundle, source.application));
            bundle::files(target, source, bundle)?
        }
        None => named_files(target, source, &mut notes)?,
    };
    if is_container(target) {
        let content = Content::Directory(files);
        return Ok(Package {
            content,
            facts,
            notes,
        });
    }
    let unpacked: usize = files.iter().map(|file| file.content.len()).sum();
    let bytes = archive(&files)?;
    limits.check(target, unpacked, bytes.len())?;
    notes.extend(limits.note_of_size(bytes.len()));
    let sha256 = hexadecimal(&Sha256::digest(&bytes));
    Ok(Package {
        content: Content::Archive { bytes, sha256 },
        facts,
        notes,
    })
}

/// Whether the package is a directory that a container is built from.
pub fn is_container(target: Target) -> bool {
    matches!(
        target,
        Target::Gcp | Target::Knative | Target::OpenFaas | Target::OpenWhisk | Target::Fn
    )
}

/// The files, the program under a name that is free among them.
fn named_files(
    target: Target,
    source: &PackageSource<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<PackedFile>> {
    let name = free_name(source.name, &own_names(target, source)?);
    notes.extend(note_of_name(source.name, &name));
    let source = PackageSource {
        name: &name,
        ..*source
    };
    files(target, &source)
}

/// What images of containers have at their top, where the program is put: folders of distroless' Debian.
const TOP: [&str; 17] = [
    "bin", "boot", "dev", "etc", "home", "lib", "lib64", "mnt", "opt", "proc", "root", "run",
    "sbin", "sys", "tmp", "usr", "var",
];

/// Files and folders that the program must not be called like.
fn own_names(target: Target, source: &PackageSource<'_>) -> Result<Vec<String>> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Ok(match target {
        Target::Aws | Target::AwsServerless | Target::Alibaba => Vec::new(),
        Target::Tencent => owned(&["bootstrap", "scf_bootstrap"]),
        Target::Azure => {
            let files = host_files(source)?.into_iter();
            let top = |file: File| file.path.split('/').next().map(str::to_owned);
            files.filter_map(top).collect()
        }
        Target::Gcp | Target::Knative | Target::OpenFaas | Target::OpenWhisk | Target::Fn => {
            owned(&[&["Dockerfile"], &TOP[..]].concat())
        }
    })
}

/// The program's name, or one that is free; in any case of letters, which not all who unpack tell apart.
fn free_name(name: &str, taken: &[String]) -> String {
    let mut free = name.to_owned();
    while taken.iter().any(|taken| taken.eq_ignore_ascii_case(&free)) {
        free.push_str("-program");
    }
    free
}

fn note_of_name(name: &str, inside: &str) -> Option<String> {
    (name != inside).then(|| {
        format!("the program is called {inside} in the package, where {name} is something else")
    })
}

fn files(target: Target, source: &PackageSource<'_>) -> Result<Vec<PackedFile>> {
    let program = |name: &str| PackedFile::program(name, source.program);
    Ok(match target {
        Target::Aws | Target::AwsServerless | Target::Alibaba => vec![program("bootstrap")],
        Target::Tencent => vec![
            program(source.name),
            PackedFile::program("scf_bootstrap", scf_start(source.name, "tencent-scf")),
            PackedFile::program("bootstrap", scf_start(source.name, "tencent-scf-events")),
        ],
        Target::Azure => handler(source)?,
        Target::Gcp | Target::Knative | Target::OpenFaas | Target::OpenWhisk | Target::Fn => {
            let dockerfile = PackedFile::text("Dockerfile", dockerfile(source.name));
            let files = [program(source.name), dockerfile].into_iter();
            files
                .chain(image::ignored(target, &[source.name]))
                .collect()
        }
    })
}

/// The program and what the Functions host reads.
fn handler(source: &PackageSource<'_>) -> Result<Vec<PackedFile>> {
    let files = host_files(source)?;
    let files = files
        .iter()
        .map(|file| PackedFile::text(&file.path, file.text.as_bytes()));
    let program = PackedFile::program(source.name, source.program);
    Ok(files.chain([program]).collect())
}

/// What the Functions host reads; the setting names in it are those of the export.
fn host_files(source: &PackageSource<'_>) -> Result<Vec<File>> {
    let Some(application) = source.application else {
        let message = "a package for azure holds what the application declares";
        return Err(Error::new(ErrorKind::Internal, message));
    };
    let path = match source.events_path {
        Some(path) => path,
        None if environment::waits_for_events(application) => {
            let message = "functions of Azure are named by the path to which events are sent: say it with --events-path";
            return Err(Error::unsupported(message));
        }
        None => "",
    };
    azure::host(application, source.name, path)
}

/// SCF starts `scf_bootstrap` of a web function and `bootstrap` of an event function: scripts whose interpreter has an
/// absolute path and whose lines end with a line feed alone. Which of the two was started tells the platform.
///
/// <https://cloud.tencent.com/document/product/583/56126>, <https://www.tencentcloud.com/document/product/583/38130>
fn scf_start(name: &str, platform: &str) -> String {
    format!(
        "#!/bin/bash\nexport ISOBAR_PLATFORM=\"${{ISOBAR_PLATFORM:-{platform}}}\"\nexec \"$(dirname \"$0\")/{name}\"\n"
    )
}

/// An image with glibc and the certificates of public authorities, and nothing else.
fn dockerfile(name: &str) -> String {
    format!(
        "FROM gcr.io/distroless/cc-debian12:nonroot\n\
         COPY {name} /{name}\n\
         ENTRYPOINT [\"/{name}\"]\n"
    )
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('?');
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}

#[cfg(test)]
mod tests;
