//! Whether functions may assign a property of one object that modules hand to each other, such as a configuration.

mod uses;

use std::rc::Rc;

use super::Porter;
use crate::machine::value::{ModuleId, ObjectId, Site, Value};
use crate::resolve::{ImportKind, Resolution};
use uses::Holder;
pub(super) use uses::Uses;

impl Porter<'_, '_> {
    /// Whether a function may assign this property of this object.
    ///
    /// A property of that name may belong to another object. It does where every module does nothing with this one but read
    /// its properties: it has then no other name by which it could be changed.
    pub(super) fn is_property_of_assigned(&mut self, id: ObjectId, property: &str) -> bool {
        self.is_property_assigned(property)
            && self
                .own_modules()
                .into_iter()
                .any(|module| self.may_assign_in(module, id, property))
    }

    fn may_assign_in(&mut self, module: ModuleId, id: ObjectId, property: &str) -> bool {
        let uses = self.uses_in(module);
        if uses.loads_anything {
            return true;
        }
        let Some(names) = self.names_of(module, id) else {
            return true;
        };
        let is_it = |holder: &Holder| match holder {
            Holder::Name(name) => names.contains(name),
            Holder::Required(specifier) => self.is_required_by(module, specifier, id),
            Holder::RequiredUnknown => true,
        };
        let mut assigned = uses.assigned.get(property).into_iter().flatten();
        assigned.any(is_it) || uses.held.iter().any(is_it)
    }

    /// What a module does with what may be such an object; it is walked through once.
    fn uses_in(&mut self, module: ModuleId) -> Rc<Uses> {
        if let Some(known) = self.uses.get(&module) {
            return Rc::clone(known);
        }
        let source = self.machine.source(module);
        let uses = Rc::new(source.map_or_else(Uses::of_unknown, |source| Uses::of(source.program)));
        self.uses.insert(module, Rc::clone(&uses));
        uses
    }

    /// The names by which a module knows the object; nothing where it has it within a namespace.
    fn names_of(&mut self, module: ModuleId, id: ObjectId) -> Option<Vec<String>> {
        let site = Site { module, offset: 0 };
        let is_own = self.gives_to_require(module, id);
        let record = &self.machine.modules[module.0 as usize];
        let bindings = &self.machine.scopes.get(record.scope).names;
        let bindings = bindings
            .iter()
            .map(|(name, binding)| ((*name).to_owned(), binding.clone()));
        let mut names = Vec::new();
        for (name, binding) in bindings.collect::<Vec<_>>() {
            let value = match &binding.import {
                Some((from, export)) if **export == *"*" && self.exports(*from, id) => return None,
                Some((from, export)) => self.machine.export_of(*from, export, site),
                None => binding.value,
            };
            if value == Value::Object(id) {
                names.push(name);
            }
        }
        if is_own {
            names.push("exports".to_owned());
        }
        Some(names)
    }

    /// Whether a module exports the object under some name.
    fn exports(&mut self, module: ModuleId, id: ObjectId) -> bool {
        let site = Site { module, offset: 0 };
        let exports = &self.machine.modules[module.0 as usize].exports;
        let names: Vec<_> = exports.keys().cloned().collect();
        let mut values = names
            .iter()
            .map(|name| self.machine.export_of(module, name, site));
        values.any(|value| value == Value::Object(id))
    }

    /// Whether `require` gives a module the object.
    fn is_required_by(&self, module: ModuleId, specifier: &str, id: ObjectId) -> bool {
        let from = &self.machine.modules[module.0 as usize].path;
        match self
            .machine
            .resolver
            .resolve(from, specifier, ImportKind::Require)
        {
            Resolution::Builtin(_) => false,
            Resolution::Missing => specifier.starts_with('.'),
            Resolution::File(path) => {
                let known = self.machine.modules_by_path.get(&path);
                known.is_some_and(|known| self.gives_to_require(*known, id))
            }
        }
    }

    /// Whether the object is what `require` gives of a module.
    fn gives_to_require(&self, module: ModuleId, id: ObjectId) -> bool {
        let record = &self.machine.modules[module.0 as usize];
        let exports = self
            .machine
            .heap
            .get(record.object)
            .properties
            .get("exports");
        exports.is_some_and(|exports| exports.value == Value::Object(id))
    }
}
