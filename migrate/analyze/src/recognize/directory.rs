//! Recognizes packages that load the modules of a directory: glob, require-directory and others.
//!
//! ```js
//! const glob = require('glob');
//! const app = require('express')();
//! glob.sync(__dirname + '/routes/**/*.route.js').forEach((file) => require(file)(app));
//! ```
//! ```file routes/deep/notes.route.js
//! module.exports = (app) => app.get('/notes', h);
//! ```
//! ```routes
//! GET /notes routes/deep/notes.route.js:1
//! ```

use std::path::{Path, PathBuf};

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::{Kind, Property};
use crate::machine::module::Loaded;
use crate::machine::value::{ObjectId, Site, Value};
use crate::tree::EntryKind;

/// Files that one pattern is tried on.
const MAX_FILES: usize = 20_000;

/// Whether a package is known here.
pub(super) fn is_known(name: &str) -> bool {
    is_glob(name) || loads_directories(name)
}

fn is_glob(name: &str) -> bool {
    matches!(
        name,
        "glob" | "globby" | "fast-glob" | "tiny-glob" | "tinyglobby"
    )
}

fn loads_directories(name: &str) -> bool {
    matches!(
        name,
        "require-directory" | "require-dir" | "require-all" | "include-all" | "requiredir"
    )
}

/// Calls a function of such a package; `name` begins with the package.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let package = name.split('.').next().unwrap_or(name);
    if is_glob(package) {
        return glob(machine, name, call);
    }
    let directory = directory_argument(machine, package, call);
    match directory {
        Some(directory) => tree_of_modules(machine, &directory, call.site, 0),
        None => Value::Unknown,
    }
}

fn directory_argument(machine: &mut Machine<'_>, package: &str, call: &Call) -> Option<PathBuf> {
    let from = machine.modules[call.site.module.0 as usize]
        .path
        .parent()?
        .to_owned();
    let text = match package {
        // `require-directory` takes the module first.
        "require-directory" => call.text(1).map(str::to_owned),
        "require-all" | "include-all" => match call.argument(0) {
            Value::Object(id) => {
                let named = machine
                    .heap
                    .find(id, "dirname")
                    .map(|(_, found)| found.value.clone())?;
                machine.text_of(&named).map(|text| text.to_string())
            }
            other => machine.text_of(&other).map(|text| text.to_string()),
        },
        _ => call.text(0).map(str::to_owned),
    };
    Some(text.map_or(from.clone(), |text| from.join(text)))
}

/// An object with the exports of each module in a directory, by name without extension.
fn tree_of_modules(machine: &mut Machine<'_>, directory: &Path, site: Site, depth: u32) -> Value {
    let id: ObjectId = machine.plain_object(site);
    let asking = machine.modules[site.module.0 as usize].path.clone();
    let mut entries = machine.tree.list(directory).unwrap_or_default();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    for entry in entries {
        let path = directory.join(&entry.name);
        let value = match entry.kind {
            EntryKind::Directory if depth < 8 => tree_of_modules(machine, &path, site, depth + 1),
            EntryKind::File if path != asking => match machine.load(&path, None) {
                Some(module) => machine.required(&Loaded::Module(module), site),
                None => continue,
            },
            _ => continue,
        };
        let stem = entry
            .name
            .split_once('.')
            .map_or(&*entry.name, |(stem, _)| stem);
        machine
            .heap
            .get_mut(id)
            .properties
            .insert(stem.into(), Property::plain(value));
    }
    Value::Object(id)
}

fn glob(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let patterns: Option<Vec<String>> = match machine.elements_of(&call.argument(0)) {
        Some(elements) if machine.heap.array(&call.argument(0)).is_some() => elements
            .iter()
            .map(|element| machine.text_of(element).map(|text| text.to_string()))
            .collect(),
        _ => call.text(0).map(|text| vec![text.to_owned()]),
    };
    let options = call.argument(1).as_object();
    let option = |machine: &Machine<'_>, key: &str| {
        let found = options.and_then(|id| {
            machine
                .heap
                .find(id, key)
                .map(|(_, found)| found.value.clone())
        });
        found.and_then(|value| machine.text_of(&value))
    };
    let working_directory = match option(machine, "cwd") {
        Some(cwd) => machine.root.join(&*cwd),
        None => machine.root.clone(),
    };
    let absolute = option(machine, "absolute").is_some_and(|value| &*value == "true");
    let files = match patterns {
        Some(patterns) => matches(machine, &working_directory, &patterns, absolute),
        None => return deliver(machine, name, Value::Unknown, call),
    };
    let files = files.into_iter().map(Value::from).collect();
    let list = machine.array(files, call.site);
    deliver(machine, name, list, call)
}

fn deliver(machine: &mut Machine<'_>, name: &str, list: Value, call: &Call) -> Value {
    if name.to_lowercase().contains("sync") {
        return list;
    }
    if let Some(callback) = call
        .arguments
        .last()
        .filter(|last| machine.is_callable(last))
        .cloned()
    {
        machine.call_simply(
            &callback,
            Value::Undefined,
            vec![Value::Null, list],
            call.site,
        );
        return Value::Unknown;
    }
    machine.allocate(Kind::Promise(list), call.site)
}

/// The files below the scanned directory that match a pattern, with full paths.
pub(super) fn files_matching(machine: &Machine<'_>, pattern: &str) -> Vec<PathBuf> {
    let found = matches(machine, &machine.root, &[pattern.to_owned()], true);
    found.into_iter().map(PathBuf::from).collect()
}

fn matches(machine: &Machine<'_>, from: &Path, patterns: &[String], absolute: bool) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.starts_with('!')) {
        let absolute = absolute || pattern.starts_with('/');
        let base = if absolute { Path::new("") } else { from };
        let (start, pattern) = split_base(from, pattern);
        for path in files_below(machine, &start) {
            let inside = path
                .strip_prefix(&start)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            if matches_glob(&pattern, &inside) {
                let shown = path.strip_prefix(base).unwrap_or(&path);
                found.push(shown.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The files below a directory, without those of dependencies.
fn files_below(machine: &Machine<'_>, start: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending: Vec<(PathBuf, u32)> = vec![(start.to_owned(), 0)];
    while let Some((directory, depth)) = pending.pop() {
        for entry in machine.tree.list(&directory).unwrap_or_default() {
            let path = directory.join(&entry.name);
            let hidden = entry.name.starts_with('.') || entry.name == "node_modules";
            match entry.kind {
                EntryKind::Directory if depth < 16 && !hidden => pending.push((path, depth + 1)),
                EntryKind::File if files.len() < MAX_FILES => files.push(path),
                _ => {}
            }
        }
    }
    files
}

/// The directory before the first wildcard, and the pattern below it.
fn split_base(from: &Path, pattern: &str) -> (PathBuf, String) {
    let wild = pattern
        .find(['*', '?', '{', '[', '('])
        .unwrap_or(pattern.len());
    let cut = pattern[..wild].rfind('/').map_or(0, |slash| slash + 1);
    let base =
        crate::machine::builtin::normalize_path(&from.join(&pattern[..cut]).to_string_lossy());
    (PathBuf::from(base), pattern[cut..].to_owned())
}

/// Whether a path matches a glob with `*`, `**`, `?`, `{a,b}` and `+(a|b)`.
fn matches_glob(pattern: &str, path: &str) -> bool {
    regress::Regex::new(&glob_to_regex(pattern)).is_ok_and(|regex| regex.find(path).is_some())
}

fn glob_to_regex(pattern: &str) -> String {
    let mut regex = String::from("^");
    let mut characters = pattern.chars().peekable();
    let mut groups: Vec<&str> = Vec::new();
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.peek() == Some(&'*') => {
                characters.next();
                if characters.peek() == Some(&'/') {
                    characters.next();
                    regex.push_str("(?:.*/)?");
                } else {
                    regex.push_str(".*");
                }
            }
            '@' | '+' | '!' | '*' | '?' if characters.peek() == Some(&'(') => {
                characters.next();
                regex.push_str(if character == '!' { "(?!" } else { "(?:" });
                groups.push(match character {
                    '+' => ")+",
                    '*' => ")*",
                    '?' => ")?",
                    '!' => ")[^/]*",
                    _ => ")",
                });
            }
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '{' => {
                regex.push_str("(?:");
                groups.push(")");
            }
            '}' | ')' => regex.push_str(groups.pop().unwrap_or_default()),
            ',' | '|' if !groups.is_empty() => regex.push('|'),
            '[' | ']' => regex.push(character),
            _ if character.is_alphanumeric() || "/_-".contains(character) => regex.push(character),
            _ => {
                regex.push('\\');
                regex.push(character);
            }
        }
    }
    regex.push('$');
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_the_shell_does() {
        for (pattern, path, expected) in [
            ("**/*.route.js", "a/b/x.route.js", true),
            ("**/*.route.js", "x.route.js", true),
            ("*.js", "a/x.js", false),
            ("*.{js,ts}", "x.ts", true),
            ("*.+(js|ts)", "x.js", true),
            ("?.js", "xx.js", false),
        ] {
            assert_eq!(matches_glob(pattern, path), expected, "{pattern} {path}");
        }
    }
}
