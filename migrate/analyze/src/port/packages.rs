//! Functions of packages that the runtime has built in.

use isobar_migrate_model::code::Builtin;

use crate::lower::{Named, Obstacle};
use crate::machine::heap::Foreign;
use crate::recognize::library;

/// What a function or an object of a package stands for.
pub(super) fn named(foreign: &Foreign) -> Named {
    let package = foreign.package.trim_start_matches("node:");
    match (package, &*foreign.path) {
        ("escape-html", "") => Named::Builtin(Builtin::EscapeHtml),
        ("http-errors", "") => Named::Builtin(Builtin::CreateError),
        ("uuid", "v4") | ("crypto", "randomUUID") => Named::Builtin(Builtin::RandomUuid),
        ("process", "uptime") => Named::Builtin(Builtin::ProcessUptime),
        _ => Named::Refused(obstacle(package, &foreign.path)),
    }
}

/// Why a package holds a route back.
pub(super) fn obstacle(package: &str, path: &str) -> Obstacle {
    let dot = if path.is_empty() || path.starts_with('(') {
        ""
    } else {
        "."
    };
    if package.is_empty() {
        return "a value that is not known before the program runs".into();
    }
    let message = format!("uses `{package}{dot}{path}`");
    Obstacle::new(library::category(package), package, message)
}
