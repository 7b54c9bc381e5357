//! Reads and writes properties.

use std::rc::Rc;

use oxc_ast::ast::Expression;

use crate::machine::builtin::{self, Family};
use crate::machine::expression::private_key;
use crate::machine::heap::{Form, Kind, Property};
use crate::machine::operator::steps_of_text;
use crate::machine::value::{Name, ObjectId, SYMBOL, Site, Value, array_index, index_of};
use crate::machine::{Frame, Machine};
use crate::recognize;

/// What listing a property costs, which may be kept in a copy.
const STEPS_OF_PROPERTY: u64 = 8;

/// Whether every object has a property of this name.
fn is_inherited(key: &str) -> bool {
    builtin::object::is_method(key) || key == "constructor" || key.starts_with("__")
}

/// Whether a property is private, of a symbol, or a note of the analysis.
pub(crate) fn is_hidden(key: &str) -> bool {
    key.starts_with('#') || key.starts_with("@@") || key.starts_with(SYMBOL)
}

impl<'a> Machine<'a> {
    /// `object.key`.
    pub(crate) fn get(&mut self, object: &Value, key: &str, site: Site) -> Value {
        match object {
            Value::Object(id) => self.get_of(*id, key, site),
            Value::Text(text) if key == "length" => {
                self.spend(steps_of_text(text.len()));
                Value::from(text.encode_utf16().count())
            }
            Value::Text(_) if object.is_symbol() => Value::Unknown,
            Value::Text(_) => self.builtin(Family::Text, key, site),
            Value::Number(_) => self.builtin(Family::Number, key, site),
            // The application would throw.
            Value::Undefined | Value::Null => self.roughly(Value::Unknown),
            _ => Value::Unknown,
        }
    }

    /// A built-in function. A method of a prototype is one object, however often it is looked up.
    pub(crate) fn builtin(&mut self, family: Family, name: &str, site: Site) -> Value {
        if !family.is_prototype() {
            return self.allocate(Kind::Builtin(family, name.into()), site);
        }
        let known = self.prototype_methods.get(&family);
        if let Some(method) = known.and_then(|methods| methods.get(name)) {
            return method.clone();
        }
        let method = self.allocate(Kind::Builtin(family, name.into()), site);
        let methods = self.prototype_methods.entry(family).or_default();
        methods.insert(name.into(), method.clone());
        method
    }

    fn get_of(&mut self, id: ObjectId, key: &str, site: Site) -> Value {
        if let Some((holder, property)) = self.heap.find(id, key) {
            let (value, getter) = (property.value.clone(), property.getter);
            return match getter {
                Some(getter) => self.call_accessor(getter, Value::Object(id), Vec::new(), site),
                None => self.observed_read(id, holder, value),
            };
        }
        if key == "__proto__" {
            return self
                .heap
                .get(id)
                .prototype
                .map_or(Value::Unknown, Value::Object);
        }
        self.get_special(id, key, site)
    }

    /// What an object offers beyond its recorded properties.
    fn get_special(&mut self, id: ObjectId, key: &str, site: Site) -> Value {
        let open = self.heap.get(id).open;
        match self.heap.get(id).kind.clone() {
            Kind::Array(elements) => self.get_of_array(id, &elements, key, site),
            Kind::Function(_) | Kind::Bound { .. } => self.get_of_function(id, key, site),
            Kind::Builtin(family, name) => builtin::static_member(self, family, &name, key, site),
            Kind::Namespace(family) => builtin::namespace_member(self, family, key, site),
            Kind::Promise(_) => self.builtin(Family::Promise, key, site),
            Kind::Collection { entries, .. } if key == "size" => {
                let known = !open && self.trace.is_none();
                if known {
                    Value::from(entries.len())
                } else {
                    Value::Unknown
                }
            }
            Kind::Collection { family, .. } => self.builtin(family, key, site),
            Kind::RegExp { source, flags } => match key {
                "source" => Value::Text(source),
                "flags" => Value::Text(flags),
                "global" => Value::Boolean(flags.contains('g')),
                _ => self.builtin(Family::RegExp, key, site),
            },
            Kind::Module(module) => self.export_of(module, key, site),
            Kind::Foreign(_) => self.foreign_member(id, key, site),
            Kind::Router(_) | Kind::Route(..) => recognize::member(self, id, key, site),
            Kind::Request | Kind::Response | Kind::Input(_) => {
                crate::serve::member(self, id, key, site)
            }
            Kind::Next => Value::Unknown,
            Kind::Plain => self.get_of_plain(id, key, site),
        }
    }

    fn get_of_plain(&mut self, id: ObjectId, key: &str, site: Site) -> Value {
        self.note_read(id);
        if builtin::object::is_method(key) {
            return self.builtin(Family::ObjectMethods, key, site);
        }
        if self.heap.get(id).open || self.heap.get(id).maybe {
            return self.part_of(id, site);
        }
        if self.is_shared(id) {
            self.part_of(id, site)
        } else {
            Value::Undefined
        }
    }

    fn get_of_array(&mut self, id: ObjectId, elements: &[Value], key: &str, site: Site) -> Value {
        self.note_read(id);
        if let Ok(index) = key.parse::<usize>() {
            return match elements.get(index) {
                Some(value) => value.clone(),
                None if self.heap.get(id).open || self.is_shared(id) => self.part_of(id, site),
                None => Value::Undefined,
            };
        }
        if key == "length" {
            let known = !self.heap.get(id).open && !self.is_shared(id);
            return if known {
                Value::from(elements.len())
            } else {
                Value::Unknown
            };
        }
        self.builtin(Family::Array, key, site)
    }

    fn get_of_function(&mut self, id: ObjectId, key: &str, site: Site) -> Value {
        match key {
            "prototype" => Value::Object(self.prototype_of(id, site)),
            "name" => self.function_name(id).map_or(Value::Unknown, Value::Text),
            "length" => Value::Unknown,
            "call" | "apply" | "bind" | "toString" => self.builtin(Family::Function, key, site),
            _ if builtin::object::is_method(key) => self.builtin(Family::ObjectMethods, key, site),
            _ if self.heap.get(id).open => Value::Unknown,
            _ => Value::Undefined,
        }
    }

    /// An element that an object may hold under a key that is not known.
    ///
    /// For state that outlives requests it is an object of its own, so that a change of it counts
    /// as a change of the state.
    pub(crate) fn part_of(&mut self, container: ObjectId, site: Site) -> Value {
        if !self.is_shared(container) {
            return Value::Unknown;
        }
        let part = self.heap.allocate(Kind::Plain, site);
        let object = self.heap.get_mut(part);
        object.open = true;
        object.maybe = true;
        object.owner = Some(container);
        Value::Object(part)
    }

    /// `object[key]`.
    pub(crate) fn get_computed(&mut self, object: &Value, key: &Value, site: Site) -> Value {
        if let (Value::Number(number), Some(elements)) = (key, self.heap.array(object)) {
            let id = object.as_object();
            let found = index_of(*number).and_then(|index| elements.get(index).cloned());
            return match (found, id) {
                (Some(value), Some(id)) => {
                    self.note_read(id);
                    value
                }
                (None, Some(id)) if self.heap.get(id).open || self.is_shared(id) => {
                    self.part_of(id, site)
                }
                _ => Value::Undefined,
            };
        }
        if let (Value::Text(text), Value::Number(number)) = (object, key) {
            self.spend(steps_of_text(text.len()));
            let unit = index_of(*number).and_then(|index| text.encode_utf16().nth(index));
            return unit.map_or(Value::Undefined, |unit| builtin::unit::text(&[unit]));
        }
        match self.text_of(key) {
            Some(key) => self.get(object, &key, site),
            None => self.get_under_unknown_key(object, site),
        }
    }

    fn get_under_unknown_key(&mut self, object: &Value, site: Site) -> Value {
        let Value::Object(id) = object else {
            return Value::Unknown;
        };
        self.note_read(*id);
        if self.is_shared(*id) {
            return self.part_of(*id, site);
        }
        Value::Unknown
    }

    /// `object.key = value`.
    pub(crate) fn set_on(&mut self, object: &Value, key: &str, value: Value, site: Site) {
        if let Value::Object(id) = object {
            self.note_write(*id, site);
            self.adopt(*id, std::slice::from_ref(&value));
            self.set(*id, key, value, site);
        }
    }

    pub(crate) fn set(&mut self, id: ObjectId, key: &str, value: Value, site: Site) {
        if let Some((_, property)) = self.heap.find(id, key)
            && let Some(setter) = property.setter
        {
            self.call_accessor(setter, Value::Object(id), vec![value], site);
            return;
        }
        if !self.may_set(id, key) {
            self.heap.get_mut(id).past.assumed = true;
            self.assume();
            return;
        }
        if key == "__proto__" {
            self.set_prototype(id, &value);
            return;
        }
        self.name_value(&value, key, site);
        if recognize::assigned(self, id, key, &value) {
            return;
        }
        if let Ok(index) = key.parse::<usize>()
            && let Some(elements) = self.heap.array_mut(id)
        {
            if index < elements.len() {
                elements[index] = value;
            } else if index < elements.len() + 64 {
                let form = Form::with_holes(index > elements.len());
                elements.resize(index, Value::Undefined);
                elements.push(value);
                let object = self.heap.get_mut(id);
                object.form = object.form.max(form);
            } else {
                self.heap.get_mut(id).open = true;
            }
            return;
        }
        self.journal_property(id, key);
        let properties = &mut self.heap.get_mut(id).properties;
        match properties.get_mut(key) {
            Some(property) => {
                property.value = value;
                property.getter = None;
                property.altered = true;
            }
            None => {
                properties.insert(key.into(), Property::plain(value));
            }
        }
    }

    /// Whether a property can be assigned. Where not, the assignment is ignored, or throws.
    fn may_set(&self, id: ObjectId, key: &str) -> bool {
        let object = self.heap.get(id);
        let readonly = object
            .properties
            .get(key)
            .is_some_and(|property| property.readonly);
        self.trace.is_some() || !(object.past.frozen || readonly)
    }

    /// `object[key] = value`.
    pub(crate) fn set_computed(&mut self, object: &Value, key: &Value, value: Value, site: Site) {
        match (self.text_of(key), object) {
            (Some(key), _) => self.set_on(object, &key, value, site),
            (None, Value::Object(id)) => {
                self.note_write(*id, site);
                self.adopt(*id, std::slice::from_ref(&value));
                self.heap.get_mut(*id).open = true;
            }
            _ => {}
        }
    }

    pub(crate) fn delete(&mut self, target: &'a Expression<'a>, frame: &mut Frame) -> Value {
        let (object, key, site) = match target {
            Expression::StaticMemberExpression(member) => {
                let object = self.eval(&member.object, frame);
                (
                    object,
                    Value::text(member.property.name.as_str()),
                    frame.site(&**member),
                )
            }
            Expression::ComputedMemberExpression(member) => {
                let object = self.eval(&member.object, frame);
                let key = self.eval(&member.expression, frame);
                (object, key, frame.site(&**member))
            }
            Expression::PrivateFieldExpression(member) => {
                let object = self.eval(&member.object, frame);
                let key = Value::from(private_key(member.field.name.as_str()));
                (object, key, frame.site(&**member))
            }
            _ => return Value::Boolean(true),
        };
        if let Value::Object(id) = object {
            self.note_write(id, site);
            match self.text_of(&key) {
                Some(key) if self.uncertain == 0 && self.trace.is_none() => {
                    self.delete_property(id, &key);
                }
                _ => {}
            }
        }
        Value::Boolean(true)
    }

    fn delete_property(&mut self, id: ObjectId, key: &str) {
        if !self.may_set(id, key) {
            self.heap.get_mut(id).past.assumed = true;
            self.assume();
            return;
        }
        let index = array_index(key).map(|index| index as usize);
        if let Some(element) = index.and_then(|at| self.heap.array_mut(id)?.get_mut(at)) {
            *element = Value::Undefined;
            self.heap.get_mut(id).form = Form::Sparse;
        }
        self.heap.get_mut(id).properties.shift_remove(key);
    }

    /// `key in object`.
    pub(crate) fn has_property(&self, object: &Value, key: &Value) -> Option<bool> {
        let id = object.as_object()?;
        let key = self.text_of(key)?;
        if self.heap.find(id, &key).is_some() {
            return Some(true);
        }
        let object = self.heap.get(id);
        let closed = !object.open && !self.is_shared(id);
        match &object.kind {
            Kind::Array(_) if object.form != Form::Ordinary || array_index(&key).is_none() => None,
            Kind::Array(elements) if closed => Some(
                key.parse::<usize>()
                    .is_ok_and(|index| index < elements.len()),
            ),
            Kind::Plain if closed && !is_inherited(&key) => Some(false),
            _ => None,
        }
    }

    /// The enumerable entries of an object, as far as they are recorded.
    pub(crate) fn entries_of(&mut self, id: ObjectId, site: Site) -> Vec<(Name, Value)> {
        self.note_read(id);
        if let Kind::Module(module) = self.heap.get(id).kind {
            return self.exports_of(module, site);
        }
        self.spend(STEPS_OF_PROPERTY * self.heap.get(id).properties.len() as u64);
        let object = self.heap.get(id);
        let mut entries = Vec::new();
        if let Kind::Array(elements) = &object.kind {
            let numbered = elements.iter().enumerate();
            entries
                .extend(numbered.map(|(index, value)| (index.to_string().into(), value.clone())));
        }
        let named: Vec<(Name, Property)> = object
            .properties
            .iter()
            .filter(|(key, property)| property.enumerable && !is_hidden(key))
            .map(|(key, property)| (Name::clone(key), property.clone()))
            .collect();
        let (mut numeric, textual): (Vec<_>, Vec<_>) = named
            .into_iter()
            .partition(|(key, _)| array_index(key).is_some());
        numeric.sort_by_key(|(key, _)| array_index(key));
        for (key, property) in numeric.into_iter().chain(textual) {
            let value = match property.getter {
                Some(getter) => self.call_accessor(getter, Value::Object(id), Vec::new(), site),
                None => property.value,
            };
            entries.push((key, value));
        }
        entries
    }

    /// Whether the entries of `value` are all recorded.
    pub(crate) fn is_closed(&self, value: &Value) -> bool {
        match value {
            Value::Object(id) => {
                let object = self.heap.get(*id);
                let recorded = !matches!(
                    object.kind,
                    Kind::Foreign(_) | Kind::Input(_) | Kind::Request | Kind::Response
                );
                recorded && !object.open && !object.maybe && !self.is_shared(*id)
            }
            Value::Unknown => false,
            _ => true,
        }
    }

    /// What iterating over `value` gives, when it is known.
    pub(crate) fn elements_of(&mut self, value: &Value) -> Option<Vec<Value>> {
        self.shared_elements(value)
            .map(|elements| elements.to_vec())
    }

    /// The same, without a copy of an array.
    pub(crate) fn shared_elements(&mut self, value: &Value) -> Option<Rc<Vec<Value>>> {
        match value {
            Value::Text(text) => {
                let characters = text.chars().map(|c| Value::from(c.to_string()));
                Some(Rc::new(characters.collect()))
            }
            Value::Object(id) => {
                let (kind, site) = (self.heap.get(*id).kind.clone(), self.heap.get(*id).site);
                match kind {
                    Kind::Array(elements) => {
                        self.note_read(*id);
                        Some(elements)
                    }
                    Kind::Collection { family, entries } => {
                        self.note_read(*id);
                        let values = entries
                            .iter()
                            .map(|entry| self.entry_value(family, entry, site));
                        Some(Rc::new(values.collect()))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn entry_value(&mut self, family: Family, entry: &(Value, Value), site: Site) -> Value {
        let (key, value) = entry.clone();
        if family == Family::Set {
            key
        } else {
            self.array(vec![key, value], site)
        }
    }

    fn call_accessor(
        &mut self,
        accessor: ObjectId,
        this: Value,
        arguments: Vec<Value>,
        site: Site,
    ) -> Value {
        self.call_simply(&Value::Object(accessor), this, arguments, site)
    }

    pub(crate) fn super_member(&mut self, key: &str, frame: &Frame, site: Site) -> Value {
        let above = frame.home.and_then(|home| self.heap.get(home).prototype);
        match above.and_then(|above| self.heap.find(above, key).map(|(_, found)| found.clone())) {
            Some(Property {
                getter: Some(getter),
                ..
            }) => self.call_accessor(getter, frame.this.clone(), Vec::new(), site),
            Some(property) => property.value,
            None => Value::Unknown,
        }
    }
}
