//! Reads the path argument of a registration, and writes it as Express would.

use crate::machine::Machine;
use crate::machine::heap::Kind;
use crate::machine::value::{Name, Value};
use crate::recognize::handler;

/// The path of a route or mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathPattern {
    Text(Name),
    /// A regular expression, as its literal.
    Regex(Name),
    /// A path that is not known before the program runs.
    Unknown,
}

/// The paths that an argument stands for: a text, a regular expression, or an array of both.
/// `None` when the argument is no path.
pub(super) fn paths_of(machine: &Machine<'_>, value: &Value) -> Option<Vec<PathPattern>> {
    let flat = handler::flatten(machine, std::slice::from_ref(value));
    let paths: Option<Vec<PathPattern>> = flat.iter().map(|leaf| path_of(machine, leaf)).collect();
    paths.filter(|paths| !paths.is_empty())
}

fn path_of(machine: &Machine<'_>, value: &Value) -> Option<PathPattern> {
    match value {
        Value::Text(text) => Some(PathPattern::Text(Name::clone(text))),
        Value::Unset(_) => Some(PathPattern::Unknown),
        Value::Object(_) => match machine.heap.kind(value)? {
            Kind::RegExp { source, flags } => {
                Some(PathPattern::Regex(format!("/{source}/{flags}").into()))
            }
            Kind::Foreign(foreign) if names_a_path(&foreign.path) => Some(PathPattern::Unknown),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the way to a foreign value suggests that it is a path, not middleware.
fn names_a_path(path: &str) -> bool {
    let path = path.to_lowercase();
    [
        "path", "prefix", "base", "root", "url", "uri", "route", "config", "get()",
    ]
    .iter()
    .any(|word| path.ends_with(word) || path.ends_with(&format!("{word}()")))
}

/// What a composed path shows in place of a part that is not known.
pub(crate) const UNKNOWN: char = '…';

/// A mount prefix and a path below it, as one path.
pub(crate) fn join(prefix: &str, path: &PathPattern) -> String {
    let prefix = prefix.trim_end_matches('/');
    let joined = match path {
        PathPattern::Text(text) if text.is_empty() || &**text == "/" => prefix.to_owned(),
        PathPattern::Text(text) if text.starts_with('/') || prefix.is_empty() => {
            format!("{prefix}{text}")
        }
        PathPattern::Text(text) => format!("{prefix}/{text}"),
        PathPattern::Regex(regex) if prefix.is_empty() => regex.to_string(),
        PathPattern::Regex(regex) => format!("{prefix}{regex}"),
        PathPattern::Unknown => format!("{prefix}{UNKNOWN}"),
    };
    if joined.is_empty() {
        "/".to_owned()
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_and_a_path_join_as_express_shows_them() {
        let text = |text: &str| PathPattern::Text(text.into());
        for (prefix, path, joined) in [
            ("", text("/"), "/"),
            ("", text("*"), "*"),
            ("/", text("/a"), "/a"),
            ("/api", text("/"), "/api"),
            ("/api/", text("/a/"), "/api/a/"),
            (
                "/red",
                PathPattern::Regex("/^\\/x$/".into()),
                "/red/^\\/x$/",
            ),
        ] {
            assert_eq!(join(prefix, &path), joined);
        }
    }
}
