//! The report of a migration that programs read.

use serde_json::json;

use super::standing::{self, Verdict};
use super::{Migrated, text};
use crate::exit::Failure;

pub(super) fn report(migrated: &Migrated) -> Result<String, Failure> {
    let application = &migrated.ported.application;
    let count = |verdict| {
        let routes = migrated.routes.iter();
        routes.filter(|route| route.verdict == verdict).count()
    };
    let report = json!({
        "application": application.name,
        "express": application.express_version,
        "out": text::folder(migrated),
        "migration": migrated.places.configuration,
        "gateway": migrated.gateway.as_ref().map(|gateway| format!("http://{}", gateway.local_addr())),
        "found": application.routes.len(),
        "ported": standing::ported(application),
        "equal": count(Verdict::Equal),
        "different": count(Verdict::Different),
        "notVerified": count(Verdict::NotVerified),
        "stays": count(Verdict::Stays),
        "requests": migrated.report.as_ref().map_or(0, |report| report.requests),
        "routes": migrated.routes,
        "beside": migrated.report.as_ref().map_or(&[][..], |report| &report.beside),
        "next": text::commands(migrated),
    });
    serde_json::to_string_pretty(&report).map_err(Failure::environment)
}
