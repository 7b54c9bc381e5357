//! The module `fs`: listings and small files are answered from the source tree, so that routes
//! which are loaded from a directory are found.

use std::path::{Path, PathBuf};

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::heap::Property;
use crate::machine::value::Value;
use crate::serve::Effect;
use crate::tree::{DirectoryEntry, EntryKind};

/// Files above this size are not read as text: content, not settings.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// Calls a function of `fs` or `fs/promises`.
pub(super) fn call(machine: &mut Machine<'_>, family: Family, name: &str, call: &Call) -> Value {
    machine.note_effect(Effect::library("fs", name, call.site));
    machine.note_file_call(name, call);
    let plain = name.strip_suffix("Sync").unwrap_or(name);
    if machine.trace.is_some() {
        machine.run_callbacks(call, true);
        return deliver(machine, family, name, Value::Unknown, call);
    }
    let path = call.text(0).map(|path| machine.root.join(path));
    let value = match (plain, path) {
        ("readdir", Some(path)) => list(machine, &path, call),
        ("exists", Some(path)) => Value::Boolean(machine.tree.metadata(&path).is_ok()),
        ("stat" | "lstat", Some(path)) => stat(machine, &path, call),
        ("readFile", Some(path)) => read(machine, &path),
        ("realpath", Some(path)) => Value::from(path.to_string_lossy().into_owned()),
        _ => Value::Unknown,
    };
    deliver(machine, family, name, value, call)
}

/// Hands a value to whoever waits for it: the caller, a promise, or a callback.
fn deliver(
    machine: &mut Machine<'_>,
    family: Family,
    name: &str,
    value: Value,
    call: &Call,
) -> Value {
    if family == Family::FsPromises {
        return machine.promise(value, call.site);
    }
    if name.ends_with("Sync") || machine.trace.is_some() {
        return value;
    }
    if let Some(callback) = call
        .arguments
        .last()
        .filter(|last| machine.is_callable(last))
        .cloned()
    {
        let arguments = if name == "exists" {
            vec![value]
        } else {
            vec![Value::Null, value]
        };
        machine.call_simply(&callback, Value::Undefined, arguments, call.site);
    }
    Value::Undefined
}

fn list(machine: &mut Machine<'_>, path: &Path, call: &Call) -> Value {
    let option = |machine: &Machine<'_>, name: &str| {
        let options = call.argument(1).as_object();
        let value = options.and_then(|id| {
            machine
                .heap
                .find(id, name)
                .map(|(_, found)| found.value.clone())
        });
        value == Some(Value::Boolean(true))
    };
    let (with_types, recursive) = (
        option(machine, "withFileTypes"),
        option(machine, "recursive"),
    );
    let Some(entries) = entries(machine, path, recursive) else {
        return Value::Unknown;
    };
    let mut names = Vec::with_capacity(entries.len());
    for entry in entries {
        names.push(if with_types {
            dirent(machine, path, &entry, call)
        } else {
            Value::from(entry.name)
        });
    }
    machine.array(names, call.site)
}

fn entries(machine: &Machine<'_>, path: &Path, recursive: bool) -> Option<Vec<DirectoryEntry>> {
    let mut found = machine.tree.list(path).ok()?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if !recursive {
        return Some(found);
    }
    let mut all = Vec::new();
    let mut pending: Vec<(PathBuf, u32)> = vec![(PathBuf::new(), 0)];
    while let Some((below, depth)) = pending.pop() {
        let mut inner = machine.tree.list(&path.join(&below)).unwrap_or_default();
        inner.sort_by(|a, b| a.name.cmp(&b.name));
        for entry in inner {
            let name = below.join(&entry.name);
            if entry.kind == EntryKind::Directory && depth < 12 && all.len() < 10_000 {
                pending.push((name.clone(), depth + 1));
            }
            all.push(DirectoryEntry {
                name: name.to_string_lossy().into_owned(),
                kind: entry.kind,
            });
        }
    }
    Some(all)
}

fn dirent(machine: &mut Machine<'_>, path: &Path, entry: &DirectoryEntry, call: &Call) -> Value {
    let value = kind_object(machine, entry.kind, call);
    if let Value::Object(id) = value {
        let fields = &mut machine.heap.get_mut(id).properties;
        fields.insert(
            "name".into(),
            Property::plain(Value::from(entry.name.as_str())),
        );
        let directory = path.to_string_lossy().into_owned();
        fields.insert(
            "path".into(),
            Property::plain(Value::from(directory.as_str())),
        );
        fields.insert("parentPath".into(), Property::plain(Value::from(directory)));
    }
    value
}

fn stat(machine: &mut Machine<'_>, path: &Path, call: &Call) -> Value {
    match machine.tree.metadata(path) {
        Ok(metadata) => kind_object(machine, metadata.kind, call),
        Err(_) => Value::Unknown,
    }
}

/// An object with `isFile()` and `isDirectory()`.
fn kind_object(machine: &mut Machine<'_>, kind: EntryKind, call: &Call) -> Value {
    let id = machine.plain_object(call.site);
    for (name, answer) in [
        ("isFile", kind == EntryKind::File),
        ("isDirectory", kind == EntryKind::Directory),
        ("isSymbolicLink", false),
    ] {
        let name_of_answer = if answer { "true" } else { "false" };
        let method = machine.builtin(Family::Package, name_of_answer, call.site);
        machine
            .heap
            .get_mut(id)
            .properties
            .insert(name.into(), Property::hidden(method));
    }
    Value::Object(id)
}

fn read(machine: &Machine<'_>, path: &Path) -> Value {
    let small = machine
        .tree
        .metadata(path)
        .is_ok_and(|metadata| metadata.len <= MAX_FILE_BYTES);
    let text = small
        .then(|| machine.tree.read(path).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.map_or(Value::Unknown, Value::from)
}
