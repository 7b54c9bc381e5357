//! From a declared application to the files that a platform deploys.

use crate::application::Application;
use crate::error::{Error, Result};
use crate::target::{Target, Waking};
use crate::{
    alibaba, aws, azure, environment, fn_project, gcp, knative, openfaas, openwhisk, order,
    route_limits, tencent,
};

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it belongs below the directory, with `/` between its parts.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl File {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}

/// What an export consists of.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Export {
    /// The files, in the order of their paths.
    pub files: Vec<File>,
    /// What a person should know before deploying them.
    pub notes: Vec<String>,
}

/// What an export is made of.
#[derive(Debug)]
pub struct Source<'s> {
    /// What the application declares.
    pub application: &'s Application,
    /// The tables as the store of the target defines them: what the application prints with
    /// `--export`; nothing where it has no collections, or the target no such store.
    pub tables: Option<&'s str>,
    /// What the deployed program is built for.
    pub architecture: Architecture,
    /// The path to which senders of events send them, on platforms that are HTTP servers; a secret,
    /// and so a gap to be filled in where it is not said.
    pub events_path: Option<&'s str>,
}

/// What a program was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Intel's and AMD's, in 64 bits.
    X86_64,
    /// ARM's, in 64 bits.
    Arm64,
}

impl Architecture {
    /// How triples of Rust begin that mean it.
    pub fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

/// Which tables an application is asked to define, by the variables for `--export`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The value of `ISOBAR_DOCUMENTS`.
    pub documents: &'static str,
    /// That of `ISOBAR_PREFIX`: empty where the deployment puts its own before the names.
    pub prefix: String,
}

impl Definition {
    /// That of a target whose export has tables of their own.
    pub fn of(target: Target, application: &Application) -> Option<Self> {
        let (documents, prefix) = match target {
            // Both have the prefix as a parameter.
            Target::Aws | Target::AwsServerless => (aws::DOCUMENTS, String::new()),
            Target::Gcp => (gcp::DOCUMENTS, environment::prefix(application)),
            _ => return None,
        };
        Some(Self { documents, prefix })
    }
}

/// The files that the platform deploys; the same source gives the same files.
///
/// `Unsupported` where the platform has nothing that means what the application declares, or where
/// the application would end at its start because nothing can wake it as it declares.
pub fn export(target: Target, source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    wakeable(target, application)?;
    order::check(target, application)?;
    let mut export = match target {
        Target::Aws => aws::export(source)?,
        Target::AwsServerless => aws::serverless::export(source)?,
        Target::Gcp => gcp::export(source)?,
        Target::Azure => azure::export(source)?,
        Target::Knative => knative::export(source)?,
        Target::OpenFaas => openfaas::export(source)?,
        Target::Alibaba => alibaba::export(source)?,
        Target::Tencent => tencent::export(source)?,
        Target::OpenWhisk => openwhisk::export(application),
        Target::Fn => fn_project::export(application),
    };
    if !target.is_aws() {
        export.notes.extend(optional(application));
    }
    export.notes.extend(order::notes(target, application));
    export
        .notes
        .extend(route_limits::notes(target, application));
    export.notes.extend(application.unknown());
    export.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(export)
}

/// What is to be known of settings that an application starts without, and that have no value.
fn optional(application: &Application) -> impl Iterator<Item = String> {
    let settings = application.settings.iter();
    let left_out = settings.filter(|setting| setting.optional && setting.default.is_none());
    left_out.map(|setting| {
        let name = &setting.name;
        format!("the setting {name} is optional, and in no file: an empty value would be one")
    })
}

/// Refuses what would be deployed and not start: what no platform of the target wakes.
fn wakeable(target: Target, application: &Application) -> Result<()> {
    let all = Waking::ALL.into_iter();
    let unwoken = all.filter(|waking| !target.wakes().contains(waking));
    let declared = |waking| {
        let names = environment::waiting(application, waking);
        names.into_iter().map(move |name| (waking, name))
    };
    let Some((waking, name)) = unwoken.flat_map(declared).next() else {
        return Ok(());
    };
    let what = match waking {
        Waking::Schedules => "schedule",
        Waking::Messages => "subscription to the topic",
        Waking::BlobEvents => "handler for the bucket",
        Waking::ChangeEvents => "handler for the changes of",
    };
    Err(Error::unsupported(format!(
        "the application has a {what} {name:?}, and the platform of {target} declares no {}: it would not start there",
        waking.capability()
    )))
}
