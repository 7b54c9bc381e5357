//! How a case ended for a provider, and what that is worth.

use std::fmt;

use serde::{Serialize, Serializer};

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The rule holds.
    Supported,
    /// The provider does not declare what the case needs, and answered `Unsupported`.
    RefusedAsDeclared,
    /// The rule does not hold, or the provider does not keep to what it declares.
    Failed,
    /// The store behind the provider is known to differ from the real one here.
    NotVerified,
    /// Nothing was run; the detail says why.
    NotRun,
}

impl Outcome {
    /// Every outcome, in the order of reports.
    pub const ALL: [Self; 5] = [
        Self::Supported,
        Self::RefusedAsDeclared,
        Self::Failed,
        Self::NotVerified,
        Self::NotRun,
    ];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::RefusedAsDeclared => "refused as declared",
            Self::Failed => "failed",
            Self::NotVerified => "not verified",
            Self::NotRun => "not run",
        }
    }
}

/// What stood behind the provider when the case ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The provider is the store itself: what runs here is what runs in production.
    Embedded,
    /// The server that the provider is for, in a release that runs in production too.
    Server,
    /// The vendor's service.
    LiveCloud,
    /// An emulator by the vendor.
    VendorEmulator,
    /// An emulator by somebody else, whose known faults are listed by its harness.
    ThirdPartyEmulator,
    /// Published documents of the vendor; nothing answered.
    ContractOnly,
}

impl Evidence {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded store itself",
            Self::Server => "server itself",
            Self::LiveCloud => "live cloud",
            Self::VendorEmulator => "vendor's emulator",
            Self::ThirdPartyEmulator => "third-party emulator",
            Self::ContractOnly => "contract only",
        }
    }
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    /// The case's id.
    pub case: &'static str,
    /// The provider's name.
    pub provider: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What that is worth.
    pub evidence: Evidence,
    /// Why, where it is not supported.
    pub detail: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
