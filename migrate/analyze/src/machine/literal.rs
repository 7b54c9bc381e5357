//! Evaluates array, object and template literals.

use oxc_ast::ast::{
    ArrayExpression, ArrayExpressionElement, ObjectExpression, ObjectProperty, ObjectPropertyKind,
    PropertyKey, PropertyKind, TemplateLiteral,
};

use crate::machine::expression::private_key;
use crate::machine::heap::{Form, Kind, Property};
use crate::machine::operator::{MAX_TEXT_BYTES, steps_of_text};
use crate::machine::value::{Name, ObjectId, Site, Value};
use crate::machine::{Frame, Machine};

/// Elements that an array may get from other arrays. Route tables are shorter.
pub(crate) const MAX_ELEMENTS: usize = 50_000;

impl<'a> Machine<'a> {
    pub(crate) fn template(
        &mut self,
        literal: &'a TemplateLiteral<'a>,
        frame: &mut Frame,
    ) -> Value {
        let mut text = String::new();
        let mut known = true;
        for (at, quasi) in literal.quasis.iter().enumerate() {
            match &quasi.value.cooked {
                Some(cooked) => text.push_str(cooked.as_str()),
                None => known = false,
            }
            if let Some(expression) = literal.expressions.get(at) {
                let value = self.eval(expression, frame);
                match self.text_of(&value).filter(|_| !value.is_symbol()) {
                    Some(part) => text.push_str(&part),
                    None => known = false,
                }
            }
        }
        self.spend(steps_of_text(text.len()));
        if known && text.len() <= MAX_TEXT_BYTES {
            Value::from(text)
        } else {
            Value::Unknown
        }
    }

    pub(crate) fn array_literal(
        &mut self,
        array: &'a ArrayExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        let before = self.assumptions_made();
        let mut elements = Vec::with_capacity(array.elements.len());
        let mut open = false;
        let mut form = Form::Ordinary;
        for element in &array.elements {
            match element {
                ArrayExpressionElement::SpreadElement(spread) => {
                    let value = self.eval(&spread.argument, frame);
                    open |= match self.shared_elements(&value) {
                        Some(spread) => !self.append(&mut elements, &spread),
                        None => true,
                    };
                }
                ArrayExpressionElement::Elision(_) => {
                    form = Form::Sparse;
                    elements.push(Value::Undefined);
                }
                _ => {
                    let value = element.as_expression().map(|inner| self.eval(inner, frame));
                    elements.push(value.unwrap_or(Value::Unknown));
                }
            }
        }
        let parts = elements.clone();
        let id = self.heap.allocate(Kind::array(elements), frame.site(array));
        let assumed = self.assumptions_made() != before;
        let object = self.heap.get_mut(id);
        object.open = open;
        object.form = form;
        object.past.assumed = assumed;
        self.adopt(id, &parts);
        Value::Object(id)
    }

    /// Records that new plain parts belong to `container`, so that a change of a part is a change
    /// of the container.
    pub(crate) fn adopt(&mut self, container: ObjectId, parts: &[Value]) {
        for part in parts
            .iter()
            .filter_map(Value::as_object)
            .filter(|part| *part != container)
        {
            let is_data = matches!(
                self.heap.get(part).kind,
                Kind::Plain | Kind::Array(_) | Kind::Collection { .. }
            );
            if is_data
                && self.heap.get(part).owner.is_none()
                && self.heap.root_owner(container) != part
            {
                self.heap.get_mut(part).owner = Some(container);
            }
        }
    }

    pub(crate) fn object_literal(
        &mut self,
        literal: &'a ObjectExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        let before = self.assumptions_made();
        let id = self.plain_object(frame.site(literal));
        for property in &literal.properties {
            match property {
                ObjectPropertyKind::ObjectProperty(property) => self.define(id, property, frame),
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let value = self.eval(&spread.argument, frame);
                    self.copy_properties(id, &value, frame.site(&**spread));
                }
            }
        }
        self.heap.get_mut(id).past.assumed |= self.assumptions_made() != before;
        Value::Object(id)
    }

    fn define(&mut self, id: ObjectId, property: &'a ObjectProperty<'a>, frame: &mut Frame) {
        let Some(key) = self.property_key(&property.key, frame) else {
            self.eval(&property.value, frame);
            self.heap.get_mut(id).open = true;
            return;
        };
        let outer = frame.home.replace(id);
        let value = self.eval(&property.value, frame);
        frame.home = outer;
        let site = frame.site(property);
        self.name_value(&value, &key, site);
        self.adopt(id, std::slice::from_ref(&value));
        match property.kind {
            PropertyKind::Init
                if &*key == "__proto__" && !property.computed && !property.shorthand =>
            {
                self.set_prototype(id, &value);
            }
            PropertyKind::Init => {
                self.heap
                    .get_mut(id)
                    .properties
                    .insert(key, Property::plain(value));
            }
            PropertyKind::Get => self.define_accessor(id, key, value.as_object(), None),
            PropertyKind::Set => self.define_accessor(id, key, None, value.as_object()),
        }
    }

    pub(crate) fn define_accessor(
        &mut self,
        id: ObjectId,
        key: Name,
        getter: Option<ObjectId>,
        setter: Option<ObjectId>,
    ) {
        let properties = &mut self.heap.get_mut(id).properties;
        let property = properties
            .entry(key)
            .or_insert_with(|| Property::plain(Value::Undefined));
        property.getter = getter.or_else(|| property.getter.take());
        property.setter = setter.or_else(|| property.setter.take());
    }

    /// The name of a property; `None` when it is computed from something unknown.
    pub(crate) fn property_key(
        &mut self,
        key: &'a PropertyKey<'a>,
        frame: &mut Frame,
    ) -> Option<Name> {
        match key {
            PropertyKey::StaticIdentifier(identifier) => Some(identifier.name.as_str().into()),
            PropertyKey::PrivateIdentifier(identifier) => {
                Some(private_key(identifier.name.as_str()).into())
            }
            _ => {
                let value = self.eval(key.as_expression()?, frame);
                self.text_of(&value)
            }
        }
    }

    /// Copies what is enumerable in `from`; what is not known leaves `to` open.
    pub(crate) fn copy_properties(&mut self, to: ObjectId, from: &Value, site: Site) {
        match from {
            Value::Object(source) => {
                for (key, value) in self.entries_of(*source, site) {
                    self.set(to, &key, value, site);
                }
                let source = self.heap.get(*source);
                let known = matches!(
                    source.kind,
                    Kind::Plain | Kind::Array(_) | Kind::Module(_) | Kind::Function(_)
                );
                if source.open || !known {
                    self.heap.get_mut(to).open = true;
                }
            }
            Value::Text(text) if text.is_ascii() && !from.is_symbol() => {
                for (index, character) in text.chars().enumerate() {
                    let value = Value::from(character.to_string());
                    self.set(to, &index.to_string(), value, site);
                }
            }
            Value::Unknown | Value::Text(_) => self.heap.get_mut(to).open = true,
            _ => {}
        }
    }

    /// Gives an object its prototype. Without one it lacks what all objects have.
    pub(crate) fn set_prototype(&mut self, id: ObjectId, prototype: &Value) {
        match prototype {
            Value::Object(prototype) => self.heap.get_mut(id).prototype = Some(*prototype),
            Value::Null | Value::Unknown => self.heap.get_mut(id).past.assumed = true,
            _ => {}
        }
    }

    /// Puts more values at the end of a list, as far as there is room; gives whether there was.
    pub(crate) fn append(&mut self, list: &mut Vec<Value>, more: &[Value]) -> bool {
        let room = MAX_ELEMENTS.saturating_sub(list.len());
        let taken = more.len().min(room);
        self.spend(taken as u64);
        list.extend_from_slice(&more[..taken]);
        taken == more.len()
    }

    /// Gives an object its first name, by which reports call it.
    pub(crate) fn name_value(&mut self, value: &Value, name: &str, site: Site) {
        if let Value::Object(id) = value {
            let object = self.heap.get_mut(*id);
            if object.label.is_none() {
                object.label = Some((name.into(), site));
            }
        }
    }
}
