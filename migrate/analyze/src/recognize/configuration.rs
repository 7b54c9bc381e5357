//! Recognizes the package `config`: the settings of `config/default.json`, below those of the
//! assumed environment.
//!
//! ```js
//! const config = require('config');
//! const app = require('express')();
//! app.get(`/${config.get('server.path')}/x`, h);
//! ```
//! ```file config/default.json
//! { "server": { "path": "internal" } }
//! ```
//! ```routes
//! GET /internal/x app.js:3
//! ```

use std::path::PathBuf;
use std::rc::Rc;

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::module::Loaded;
use crate::machine::value::{Site, Value};

/// `config.get(path)` and its siblings.
pub(super) fn call(machine: &mut Machine<'_>, method: &str, call: &Call) -> Value {
    let Some(path) = call.text(0).map(str::to_owned) else {
        return machine.outcome("config", "get()", call);
    };
    let value = setting(machine, &path, call.site);
    match method {
        "get" if value == Value::Undefined => machine.outcome("config", "get()", call),
        "get" => value,
        "has" if value == Value::Undefined => Value::Unknown,
        "has" => Value::Boolean(true),
        _ => Value::Unknown,
    }
}

/// The setting at a dotted path, `undefined` where no file has it.
pub(super) fn setting(machine: &mut Machine<'_>, path: &str, site: Site) -> Value {
    for file in files(machine, site).iter() {
        let Some(module) = machine.load(file, None) else {
            continue;
        };
        let exports = machine.required(&Loaded::Module(module), site);
        let settings = machine.member_of_exports(&exports, "default", site);
        let found = path.split('.').fold(settings, |value, key| match value {
            Value::Object(_) => machine.get(&value, key, site),
            _ => Value::Undefined,
        });
        if found != Value::Undefined {
            return found;
        }
    }
    Value::Undefined
}

/// The settings files, strongest first: of the directory that `NODE_CONFIG_DIR` names, of the
/// application, or of the package that asks.
fn files(machine: &mut Machine<'_>, site: Site) -> Rc<Vec<PathBuf>> {
    let named = machine
        .environment
        .get("NODE_CONFIG_DIR")
        .and_then(|name| machine.text_of(name));
    let asking = machine.modules[site.module.0 as usize].path.clone();
    let package = machine
        .packages
        .of(&asking)
        .map(|package| package.directory.join("config"));
    let directories = [
        named.map(|name| machine.root.join(&*name)),
        Some(machine.root.join("config")),
        package,
    ];
    let directories: Vec<PathBuf> = directories.into_iter().flatten().collect();
    if let Some(known) = machine.configuration_files.get(&directories) {
        return Rc::clone(known);
    }
    let environment = machine
        .environment
        .get("NODE_ENV")
        .and_then(|name| machine.text_of(name));
    let environment = environment.unwrap_or_else(|| "development".into());
    let file_names = [&*environment, "default"]
        .map(|stem| ["json", "js", "cjs", "ts"].map(|extension| format!("{stem}.{extension}")));
    let files = directories
        .iter()
        .flat_map(|directory| file_names.iter().flatten().map(|name| directory.join(name)));
    let files: Rc<Vec<PathBuf>> = Rc::new(
        files
            .filter(|file| machine.tree.metadata(file).is_ok())
            .collect(),
    );
    machine
        .configuration_files
        .insert(directories, Rc::clone(&files));
    files
}
