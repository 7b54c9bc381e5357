//! The module `path`, as on Unix.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::{Kind, Property};
use crate::machine::value::Value;

/// Calls a function of `path`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let texts: Option<Vec<&str>> = call.arguments.iter().map(Value::as_text).collect();
    let Some(texts) = texts else {
        return Value::Unknown;
    };
    let first = texts.first().copied().unwrap_or_default();
    match name {
        "join" => Value::from(normalize(&texts.join("/"))),
        "resolve" => Value::from(resolve(&machine.root.to_string_lossy(), &texts)),
        "normalize" => Value::from(normalize(first)),
        "dirname" => Value::from(match first.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => "/",
            Some((directory, _)) => directory,
            None => ".",
        }),
        "basename" => {
            let base = first
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default();
            let suffix = texts.get(1).copied().unwrap_or_default();
            Value::from(
                base.strip_suffix(suffix)
                    .filter(|stem| !stem.is_empty())
                    .unwrap_or(base),
            )
        }
        "extname" => Value::from(extension(first)),
        "isAbsolute" => Value::Boolean(first.starts_with('/')),
        "relative" => Value::from(relative(first, texts.get(1).copied().unwrap_or_default())),
        "parse" => parse(machine, first, call),
        _ => Value::Unknown,
    }
}

fn extension(path: &str) -> &str {
    let base = path.rsplit('/').next().unwrap_or_default();
    match base.rfind('.') {
        Some(at) if at > 0 => &base[at..],
        _ => "",
    }
}

fn parse(machine: &mut Machine<'_>, path: &str, call: &Call) -> Value {
    let base = path.rsplit('/').next().unwrap_or_default();
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let ext = extension(path);
    let name = base.strip_suffix(ext).unwrap_or(base);
    let id = machine.plain_object(call.site);
    for (key, text) in [
        ("dir", directory),
        ("base", base),
        ("ext", ext),
        ("name", name),
    ] {
        machine
            .heap
            .get_mut(id)
            .properties
            .insert(key.into(), Property::plain(Value::from(text)));
    }
    debug_assert!(matches!(machine.heap.get(id).kind, Kind::Plain));
    Value::Object(id)
}

fn resolve(working_directory: &str, parts: &[&str]) -> String {
    let mut path = working_directory.to_owned();
    for part in parts {
        if part.starts_with('/') {
            (*part).clone_into(&mut path);
        } else {
            path = format!("{path}/{part}");
        }
    }
    let path = normalize(&path);
    if path.len() > 1 {
        path.trim_end_matches('/').to_owned()
    } else {
        path
    }
}

/// A path without `.`, `..` and doubled slashes.
pub(crate) fn normalize(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            _ => parts.push(part),
        }
    }
    let mut normal = parts.join("/");
    if path.ends_with('/') && !normal.is_empty() {
        normal.push('/');
    }
    match (absolute, normal.is_empty()) {
        (true, _) => format!("/{normal}"),
        (false, true) => ".".to_owned(),
        (false, false) => normal,
    }
}

fn relative(from: &str, to: &str) -> String {
    let (from, to) = (normalize(from), normalize(to));
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    up.chain(to[shared..].iter().copied())
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized_as_node_does() {
        for (path, normal) in [
            ("/a/b/../c", "/a/c"),
            ("a/./b//c/", "a/b/c/"),
            ("", "."),
            ("/", "/"),
            ("../a", "../a"),
            ("/../a", "/a"),
        ] {
            assert_eq!(normalize(path), normal);
        }
    }

    #[test]
    fn an_absolute_part_starts_anew() {
        assert_eq!(resolve("/app", &["x", "../y"]), "/app/y");
        assert_eq!(resolve("/app", &["x", "/z"]), "/z");
    }
}
