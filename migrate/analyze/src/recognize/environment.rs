//! Recognizes dotenv: variables of an `.env` file that is part of the sources are known. Where it
//! is not, those of the `.env.example` beside it are assumed, which is a finding.
//!
//! ```js
//! require('dotenv').config({ path: './settings.env' });
//! const app = require('express')();
//! app.get(process.env.API_PREFIX + '/health', h);
//! ```
//! ```file settings.env
//! # the prefix
//! API_PREFIX="/v1"
//! ```
//! ```routes
//! GET /v1/health app.js:3
//! ```

use std::path::PathBuf;

use isobar_migrate_model::{FindingCode, Place};

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::heap::Property;
use crate::machine::value::{Site, Value};
use crate::source::display_path;

/// `require('dotenv')`, or `require('dotenv/config')`, which loads at once.
pub(super) fn module(machine: &mut Machine<'_>, name: &str, site: Site) -> Value {
    if name == "dotenv/config" {
        read(machine, ".env");
    }
    let id = machine.plain_object(site);
    machine.heap.get_mut(id).open = true;
    for function in ["config", "parse", "expand", "load"] {
        let value = machine.builtin(Family::Package, "dotenv.config", site);
        machine
            .heap
            .get_mut(id)
            .properties
            .insert(function.into(), Property::plain(value));
    }
    Value::Object(id)
}

/// `dotenv.config({ path })`.
pub(super) fn load(machine: &mut Machine<'_>, call: &Call) -> Value {
    let path = match call.argument(0) {
        Value::Object(id) => machine
            .heap
            .find(id, "path")
            .map(|(_, path)| path.value.clone()),
        _ => None,
    };
    let paths = match path {
        None | Some(Value::Undefined) => vec![Value::from(".env")],
        Some(path) => machine.heap.array(&path).cloned().unwrap_or(vec![path]),
    };
    for path in paths {
        if let Some(path) = machine.text_of(&path) {
            read(machine, &path);
        }
    }
    machine.open(crate::machine::heap::Kind::Plain, call.site)
}

/// Adds the variables of a file that are not set yet, as dotenv does. The file itself is often
/// kept out of the sources, with an example beside it.
fn read(machine: &mut Machine<'_>, path: &str) {
    let path = machine.root.join(path);
    if let Ok(bytes) = machine.tree.read(&path) {
        return add(machine, &bytes, Origin::Sources);
    }
    for suffix in ["example", "sample", "template", "dist"] {
        let mut example = path.clone().into_os_string();
        example.push(format!(".{suffix}"));
        let example = PathBuf::from(example);
        if let Ok(bytes) = machine.tree.read(&example) {
            let place = Place::new(display_path(&machine.root, &example), 1);
            let message = "the settings file is not there; its example is taken instead";
            machine
                .findings
                .add(FindingCode::AssumedSettings, place, message);
            return add(machine, &bytes, Origin::Example);
        }
    }
}

/// What a settings file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Sources,
    Example,
}

fn add(machine: &mut Machine<'_>, bytes: &[u8], origin: Origin) {
    for line in String::from_utf8_lossy(bytes).lines() {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let name = name.trim();
        // An example leaves out what everybody has to fill in.
        let is_left_out = origin == Origin::Example && value.trim().is_empty();
        if !machine.environment.contains_key(name) && !is_left_out {
            machine
                .environment
                .insert(name.into(), Value::from(unquote(value.trim())));
        }
    }
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = value.strip_prefix(quote)
            && let Some(end) = inner.find(quote)
        {
            return &inner[..end];
        }
    }
    value.split(" #").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_loses_its_quotes_and_its_comment() {
        for (value, plain) in [
            ("a", "a"),
            ("\"a b\" # c", "a b"),
            ("'x'", "x"),
            ("a # c", "a"),
            ("", ""),
        ] {
            assert_eq!(unquote(value), plain);
        }
    }
}
