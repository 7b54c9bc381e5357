//! Values from packages that are not read, and reading such a package after all when it is
//! handed an application.

use std::path::Path;
use std::rc::Rc;

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::{Foreign, Kind, Step};
use crate::machine::module::Loaded;
use crate::machine::value::{Name, ObjectId, Site, Value};
use crate::recognize;

/// Functions of libraries that call back at once, for each element of what they are given.
const ITERATORS: [&str; 14] = [
    "forEach",
    "each",
    "map",
    "filter",
    "forOwn",
    "forIn",
    "eachSeries",
    "forEachSeries",
    "eachOf",
    "times",
    "some",
    "every",
    "find",
    "mapValues",
];

/// Members and calls on the way to a value, written out. A loop may go on for ever.
const MAX_PATH_BYTES: usize = 2_000;

/// How far into nested objects an application is looked for.
const REACH_DEPTH: u32 = 3;

impl Machine<'_> {
    /// The value of a module that is not read. `specifier` is shown in reports.
    pub(crate) fn foreign_module(
        &mut self,
        specifier: &str,
        file: Option<&Path>,
        site: Site,
    ) -> Value {
        let foreign = Foreign {
            package: package_name(specifier).into(),
            path: Name::from(""),
            file: file.map(|file| Rc::new(file.to_owned())),
            parent: None,
            step: Step::Root,
            inputs: Vec::new(),
            realized: None,
        };
        self.allocate(Kind::Foreign(foreign), site)
    }

    pub(crate) fn foreign(&self, id: ObjectId) -> Option<&Foreign> {
        match &self.heap.get(id).kind {
            Kind::Foreign(foreign) => Some(foreign),
            _ => None,
        }
    }

    pub(crate) fn foreign_member(&mut self, id: ObjectId, key: &str, site: Site) -> Value {
        let Some(foreign) = self.foreign(id) else {
            return Value::Unknown;
        };
        if let Some(realized) = foreign.realized.clone()
            && !realized.is_unknown()
        {
            return self.get(&realized, key, site);
        }
        if foreign.step == Step::Root {
            match key {
                "default" => return Value::Object(id),
                "__esModule" => return Value::Undefined,
                _ => {}
            }
        }
        if foreign.path.len() > MAX_PATH_BYTES {
            return Value::Unknown;
        }
        let foreign = Foreign {
            package: Name::clone(&foreign.package),
            path: join_path(&foreign.path, key).into(),
            file: foreign.file.clone(),
            parent: Some(id),
            step: Step::Member,
            inputs: Vec::new(),
            realized: None,
        };
        self.allocate(Kind::Foreign(foreign), site)
    }

    /// Calls something of a package that is not read.
    pub(crate) fn foreign_call(&mut self, id: ObjectId, call: Call) -> Value {
        if let Some(value) = recognize::foreign_call(self, id, &call) {
            return value;
        }
        let handed_over = self.trace.is_none()
            && call
                .arguments
                .iter()
                .any(|argument| self.reaches_router(argument, REACH_DEPTH));
        if handed_over
            && let Some(callee) = self.realize(id)
            && self.is_callable(&callee)
        {
            let this = match self.foreign(id).and_then(|foreign| foreign.parent) {
                Some(parent) => self.realize(parent).unwrap_or(Value::Unknown),
                None => Value::Undefined,
            };
            return self.call(&callee, Call { this, ..call });
        }
        self.note_library_call(id, &call);
        let Some(foreign) = self.foreign(id).cloned() else {
            return Value::Unknown;
        };
        let name = foreign.path.rsplit('.').next().unwrap_or_default();
        if ITERATORS.contains(&name) {
            self.iterate(&call);
        } else {
            self.run_callbacks(&call, false);
        }
        if foreign.path.len() > MAX_PATH_BYTES {
            return Value::Unknown;
        }
        let outcome = Foreign {
            path: format!("{}()", foreign.path).into(),
            parent: Some(id),
            step: if call.construct {
                Step::Construct
            } else {
                Step::Call
            },
            inputs: call.arguments.clone(),
            realized: None,
            ..foreign
        };
        self.allocate(Kind::Foreign(outcome), call.site)
    }

    /// `each(table, callback)` of a library that is not read.
    fn iterate(&mut self, call: &Call) {
        let callback = call
            .arguments
            .iter()
            .find(|argument| matches!(self.heap.kind(argument), Some(Kind::Function(_))));
        let Some(callback) = callback.cloned() else {
            return;
        };
        let table = call.argument(0);
        let pairs: Option<Vec<(Value, Value)>> = match self.heap.kind(&table) {
            Some(Kind::Plain | Kind::Module(_)) => table.as_object().map(|id| {
                let entries = self.entries_of(id, call.site);
                entries
                    .into_iter()
                    .map(|(key, value)| (value, Value::Text(key)))
                    .collect()
            }),
            _ => self.elements_of(&table).map(|elements| {
                elements
                    .into_iter()
                    .enumerate()
                    .map(|(at, value)| (value, Value::from(at)))
                    .collect()
            }),
        };
        match pairs {
            Some(pairs) => {
                for (value, key) in pairs {
                    let arguments = vec![value, key, table.clone()];
                    self.call_simply(&callback, Value::Undefined, arguments, call.site);
                }
            }
            None => self.run_callbacks(call, true),
        }
    }

    /// Whether `value` is an application or router, or holds one.
    pub(crate) fn reaches_router(&self, value: &Value, depth: u32) -> bool {
        let Value::Object(id) = value else {
            return false;
        };
        let object = self.heap.get(*id);
        match &object.kind {
            Kind::Router(_) => true,
            _ if depth == 0 => false,
            Kind::Array(elements) => elements
                .iter()
                .take(64)
                .any(|element| self.reaches_router(element, depth - 1)),
            Kind::Plain => object
                .properties
                .values()
                .take(64)
                .any(|property| self.reaches_router(&property.value, depth - 1)),
            _ => false,
        }
    }

    pub(crate) fn is_callable(&self, value: &Value) -> bool {
        matches!(
            self.heap.kind(value),
            Some(Kind::Function(_) | Kind::Bound { .. } | Kind::Builtin(..) | Kind::Router(_))
        )
    }

    /// What a foreign value is when its package is read after all.
    fn realize(&mut self, id: ObjectId) -> Option<Value> {
        let foreign = self.foreign(id)?.clone();
        if let Some(realized) = foreign.realized {
            return Some(realized);
        }
        let site = self.heap.get(id).site;
        // Marked first, so that a package that leads back to itself does not do so for ever.
        self.set_realized(id, Value::Unknown);
        let value = match (foreign.step, foreign.parent) {
            (Step::Root, _) => {
                let file = foreign.file.clone()?;
                if !self.packages.may_read(&foreign.package) {
                    return None;
                }
                let module = self.load(&file, Some(foreign.package))?;
                self.required(&Loaded::Module(module), site)
            }
            (Step::Member, Some(parent)) => {
                let parent = self.realize(parent)?;
                let key = foreign.path.rsplit('.').next()?.to_owned();
                self.member_of_exports(&parent, &key, site)
            }
            (step, Some(parent)) => {
                let callee = self.realize(parent)?;
                let construct = step == Step::Construct;
                let call = Call {
                    this: Value::Undefined,
                    arguments: foreign.inputs,
                    site,
                    construct,
                };
                self.call(&callee, call)
            }
            (_, None) => return None,
        };
        self.set_realized(id, value.clone());
        Some(value)
    }

    fn set_realized(&mut self, id: ObjectId, value: Value) {
        if let Kind::Foreign(foreign) = &mut self.heap.get_mut(id).kind {
            foreign.realized = Some(value);
        }
    }
}

fn join_path(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The package of a module name: its first part, or two where the first is a scope.
pub(crate) fn package_name(specifier: &str) -> &str {
    let specifier = specifier.strip_prefix("node:").unwrap_or(specifier);
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    match specifier.match_indices('/').nth(parts - 1) {
        Some((end, _)) => &specifier[..end],
        None => specifier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_name_ends_before_the_path_in_it() {
        for (specifier, name) in [
            ("lodash", "lodash"),
            ("lodash/map", "lodash"),
            ("@scope/name", "@scope/name"),
            ("@scope/name/deep/er", "@scope/name"),
            ("node:fs/promises", "fs"),
        ] {
            assert_eq!(package_name(specifier), name);
        }
    }
}
