//! The platforms that exports and packages are made for.

use std::fmt;

/// A platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Target {
    /// AWS Lambda, by CloudFormation.
    Aws,
    /// AWS Lambda, by the Serverless Framework.
    AwsServerless,
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
    pub const ALL: [Self; 10] = [
        Self::Aws,
        Self::AwsServerless,
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
            Self::AwsServerless => "aws-serverless",
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

    /// The platforms that its packages are started on, as `ISOBAR_PLATFORM` calls them.
    pub fn platforms(self) -> &'static [&'static str] {
        match self {
            Self::Aws | Self::AwsServerless => &["lambda"],
            Self::Gcp => &["cloud-run"],
            Self::Azure => &["azure-functions"],
            Self::Knative => &["knative"],
            Self::OpenFaas => &["openfaas"],
            Self::Alibaba => &["alibaba-fc"],
            Self::Tencent => &["tencent-scf", "tencent-scf-events"],
            Self::OpenWhisk => &["openwhisk-loop", "openwhisk"],
            Self::Fn => &["fn"],
        }
    }

    /// What wakes an application there besides requests, by the names of the capabilities that its platforms declare,
    /// in their order.
    ///
    /// A test of `isobar-connect` holds it against the tables of the platforms, which this crate does not link.
    pub fn wakes(self) -> &'static [Waking] {
        match self {
            Self::Aws | Self::AwsServerless | Self::Gcp | Self::Azure => &Waking::ALL,
            Self::Knative | Self::OpenFaas | Self::Alibaba | Self::Tencent => {
                &[Waking::Schedules, Waking::Messages, Waking::BlobEvents]
            }
            Self::OpenWhisk | Self::Fn => &[],
        }
    }

    /// Whether its packages run on AWS, whoever deploys them.
    pub(crate) fn is_aws(self) -> bool {
        matches!(self, Self::Aws | Self::AwsServerless)
    }

    /// The target with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }
}

/// What wakes an application besides requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Waking {
    /// A schedule.
    Schedules,
    /// Messages of a topic.
    Messages,
    /// Events of a bucket.
    BlobEvents,
    /// Changes of the documents of a collection.
    ChangeEvents,
}

impl Waking {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Schedules,
        Self::Messages,
        Self::BlobEvents,
        Self::ChangeEvents,
    ];

    /// The capability of a platform that brings them.
    pub fn capability(self) -> &'static str {
        match self {
            Self::Schedules => "schedules",
            Self::Messages => "messages",
            Self::BlobEvents => "blob-events",
            Self::ChangeEvents => "change-events",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
