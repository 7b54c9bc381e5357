//! Collects findings, each once.

use std::collections::BTreeSet;

use isobar_migrate_model::{Finding, FindingCode, Place};

/// Findings of one kind and message that are kept. A file that is broken throughout must not
/// drown the rest.
const MAX_FINDINGS: usize = 2_000;

/// The findings of one scan.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    found: BTreeSet<Finding>,
}

impl Findings {
    pub(crate) fn add(&mut self, code: FindingCode, place: Place, message: impl Into<String>) {
        if self.found.len() < MAX_FINDINGS {
            let advice = advice(code).to_owned();
            self.found.insert(Finding {
                code,
                place,
                message: message.into(),
                advice,
            });
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.found.into_iter().collect();
        findings
            .sort_by_key(|finding| (finding.code.severity(), finding.code, finding.place.clone()));
        findings
    }
}

/// What to do about a finding of this kind.
fn advice(code: FindingCode) -> &'static str {
    match code {
        FindingCode::ParseError => {
            "mend the file, or leave it out when it is not part of the server"
        }
        FindingCode::Unreadable => "give read permission, or leave the directory out",
        FindingCode::TooLarge => "scan the sources it was built from",
        FindingCode::MissingModule => "install the dependencies, or check the path",
        FindingCode::DynamicModule => {
            "name the module in the code, or keep its routes on the legacy side"
        }
        FindingCode::UnresolvedPath => {
            "make the path a constant, or set the variables it depends on with --env"
        }
        FindingCode::UnmountedRouter => {
            "check whether something mounts it that the scan cannot see"
        }
        FindingCode::ConditionalCode => {
            "scan again with --env to see the routes of the other environment"
        }
        FindingCode::AssumedSettings => "set the variables that differ with --env",
        FindingCode::BudgetExhausted => "scan a smaller part of the application",
        FindingCode::NoApplication => "name the directory that holds the server's package.json",
        FindingCode::FileWrite => "keep files in a bucket",
        FindingCode::Timer => "declare a schedule",
        FindingCode::Socket => "keep the socket on the legacy side",
        FindingCode::Session => "keep sessions in a collection or in the client's cookie",
        FindingCode::ChildProcess => "keep the process on the legacy side",
        FindingCode::Database => {
            "keep the store shared by both sides, or move its data to a collection"
        }
        FindingCode::Cache => "keep the cache shared by both sides, or drop it",
        FindingCode::Vendor => "keep the calls on the legacy side until a handler makes them",
        FindingCode::Mail => "keep sending on the legacy side until a handler does",
        FindingCode::Upload => "keep uploads in a bucket",
        FindingCode::View => "keep rendered pages on the legacy side",
        FindingCode::StaticFiles => "requests for these files stay on the legacy side",
        FindingCode::Queue => "declare a trigger",
        FindingCode::DynamicCode => "keep the route on the legacy side",
        _ => "read the place named",
    }
}
