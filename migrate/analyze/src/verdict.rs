//! Decides from what a route was seen to do whether it can move.
//!
//! This is the scan's own estimate: it knows which packages and features the translator does not
//! have, not whether every construct of a handler translates. The translator replaces it through
//! [`isobar_migrate_model::Route::set_reasons`] once it has tried.

use isobar_migrate_model::{Reason, ReasonCode};

use crate::machine::Machine;
use crate::recognize::library;
use crate::serve::{Effect, Evidence};

/// Modules of Node.js that are pure and translate.
const PURE_MODULES: [&str; 7] = [
    "path",
    "url",
    "querystring",
    "util",
    "events",
    "assert",
    "punycode",
];

/// What holds back a route that was seen to do `evidence`; nothing when it can move.
pub(crate) fn reasons(machine: &Machine<'_>, evidence: &Evidence) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for effect in &evidence.effects {
        if let Some(reason) = reason(machine, effect)
            && !reasons
                .iter()
                .any(|known| known.code == reason.code && known.subject == reason.subject)
        {
            reasons.push(reason);
        }
    }
    reasons
}

fn reason(machine: &Machine<'_>, effect: &Effect) -> Option<Reason> {
    let (code, subject, message, site) = match effect {
        Effect::Library { package, .. } if is_harmless(package) => return None,
        Effect::Library {
            package,
            operation,
            site,
        } => {
            let call = join(package, operation);
            (
                category(package),
                package.to_string(),
                format!("calls `{call}`"),
                site,
            )
        }
        Effect::RequestPart { part, site } => {
            let is_file = part.starts_with("file");
            let code = if is_file {
                ReasonCode::Files
            } else {
                ReasonCode::Session
            };
            (
                code,
                format!("req.{part}"),
                format!("uses `req.{part}`"),
                site,
            )
        }
        Effect::Settings { name, site } => {
            let call = format!("app.{name}");
            let message = format!("calls `{call}`");
            (ReasonCode::ApplicationSettings, call, message, site)
        }
        Effect::Unresolved { name, site } => {
            let subject = format!("{name} {}", machine.place(*site));
            (
                ReasonCode::Unresolved,
                subject,
                format!("calls `{name}`, which is not known"),
                site,
            )
        }
        other => return plain_reason(machine, other),
    };
    Some(Reason {
        code,
        subject,
        message,
        place: machine.place(*site),
    })
}

/// The reasons that need no name.
fn plain_reason(machine: &Machine<'_>, effect: &Effect) -> Option<Reason> {
    let (code, subject, message, site) = match effect {
        Effect::Render(site) => (ReasonCode::Render, "res.render", "renders a page", site),
        Effect::SendFile(site) => (ReasonCode::Files, "res.sendFile", "sends a file", site),
        Effect::DynamicCode(site) => (ReasonCode::Process, "eval", "makes code from text", site),
        Effect::Stream(site) => (
            ReasonCode::Files,
            "stream",
            "reads or writes a stream",
            site,
        ),
        Effect::Budget(site) => (
            ReasonCode::Unresolved,
            "size",
            "does more than was analyzed",
            site,
        ),
        _ => return None,
    };
    let place = machine.place(*site);
    Some(Reason {
        code,
        subject: subject.to_owned(),
        message: message.to_owned(),
        place,
    })
}

fn is_harmless(package: &str) -> bool {
    PURE_MODULES.contains(&package) || library::is_transparent(package)
}

fn category(package: &str) -> ReasonCode {
    if package == "fs" {
        ReasonCode::Files
    } else {
        library::category(package)
    }
}

/// A call as code writes it: `multer().single()`, `fs.readFile`.
fn join(package: &str, operation: &str) -> String {
    match operation {
        "" => package.to_owned(),
        call if call.starts_with('(') || call.starts_with('.') => format!("{package}{call}"),
        call if call == package => package.to_owned(),
        member => format!("{package}.{member}"),
    }
}

/// Whether a request can change anything.
pub(crate) fn writes(evidence: &Evidence) -> bool {
    !evidence.writes.is_empty()
        || evidence.effects.iter().any(|effect| match effect {
            Effect::Library {
                package, operation, ..
            } => library::writes(package, operation),
            Effect::Unresolved { .. } | Effect::DynamicCode(_) | Effect::Budget(_) => true,
            _ => false,
        })
}
