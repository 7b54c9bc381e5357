//! The platforms that exports and packages are made for.

use std::fmt;

/// A platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Target {
    /// AWS Lambda.
    Aws,
    /// Google Cloud Run.
    Gcp,
    /// Azure Functions.
    Azure,
    /// Knative.
    Knative,
    /// OpenFaaS.
    OpenFaas,
    /// Alibaba Function Compute.
    Alibaba,
    /// Tencent SCF.
    Tencent,
    /// Apache OpenWhisk.
    OpenWhisk,
    /// The Fn Project.
    Fn,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Aws,
        Self::Gcp,
        Self::Azure,
        Self::Knative,
        Self::OpenFaas,
        Self::Alibaba,
        Self::Tencent,
        Self::OpenWhisk,
        Self::Fn,
    ];

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
            Self::Knative => "knative",
            Self::OpenFaas => "openfaas",
            Self::Alibaba => "alibaba",
            Self::Tencent => "tencent",
            Self::OpenWhisk => "openwhisk",
            Self::Fn => "fn",
        }
    }

    /// The target with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
