//! Applies decorators, and keeps those of packages for the recognizers to read.

use oxc_ast::ast::{Class, ClassElement, Decorator, FormalParameters, PropertyKey};

use crate::machine::heap::Property;
use crate::machine::value::{Name, ObjectId, Site, Value};
use crate::machine::{Frame, Machine};

/// The metadata name under which the decorators of a class or member are kept.
pub(crate) const DECORATORS: &str = "@@decorators";

/// The metadata name under which the names of the decorated members of a class are kept.
pub(crate) const MEMBERS: &str = "@@members";

impl<'a> Machine<'a> {
    /// Applies all decorators of a class; the value is the class, or what a decorator made of it.
    pub(crate) fn decorate(
        &mut self,
        class: &'a Class<'a>,
        constructor: ObjectId,
        prototype: ObjectId,
        frame: &mut Frame,
    ) -> Value {
        for element in &class.body.body {
            let (decorators, key, is_static): (&'a [Decorator<'a>], &'a PropertyKey<'a>, bool) =
                match element {
                    ClassElement::MethodDefinition(method) => {
                        self.parameter_decorators(&method.value.params, prototype, frame);
                        (&method.decorators, &method.key, method.r#static)
                    }
                    ClassElement::PropertyDefinition(property) => {
                        (&property.decorators, &property.key, property.r#static)
                    }
                    _ => continue,
                };
            if decorators.is_empty() {
                continue;
            }
            let target = if is_static { constructor } else { prototype };
            let Some(key) = self.property_key(key, frame) else {
                continue;
            };
            self.decorate_member(decorators, (constructor, target), &key, frame);
        }
        let mut value = Value::Object(constructor);
        let decorators = self.evaluate(&class.decorators, frame);
        self.keep_decorators(constructor, "", &decorators);
        for (decorator, site) in decorators.into_iter().rev() {
            let made = self.call_simply(&decorator, Value::Undefined, vec![value.clone()], site);
            if self.is_callable(&made) {
                value = made;
            }
        }
        value
    }

    fn decorate_member(
        &mut self,
        decorators: &'a [Decorator<'a>],
        (constructor, target): (ObjectId, ObjectId),
        key: &Name,
        frame: &mut Frame,
    ) {
        let decorators = self.evaluate(decorators, frame);
        self.keep_decorators(constructor, key, &decorators);
        for (decorator, site) in decorators.into_iter().rev() {
            let method = self.heap.get(target).properties.get(key).cloned();
            let descriptor = self.plain_object(site);
            let value = method.map_or(Value::Undefined, |method| method.value);
            self.heap
                .get_mut(descriptor)
                .properties
                .insert("value".into(), Property::plain(value.clone()));
            let arguments = vec![
                Value::Object(target),
                Value::Text(Name::clone(key)),
                Value::Object(descriptor),
            ];
            self.call_simply(&decorator, Value::Undefined, arguments, site);
            let replaced = self
                .heap
                .get(descriptor)
                .properties
                .get("value")
                .map(|new| new.value.clone());
            if let Some(new) = replaced.filter(|new| *new != value) {
                self.heap
                    .get_mut(target)
                    .properties
                    .insert(Name::clone(key), Property::hidden(new));
            }
        }
    }

    fn parameter_decorators(
        &mut self,
        parameters: &'a FormalParameters<'a>,
        prototype: ObjectId,
        frame: &mut Frame,
    ) {
        for (index, parameter) in parameters.items.iter().enumerate() {
            for (decorator, site) in self.evaluate(&parameter.decorators, frame) {
                let arguments = vec![
                    Value::Object(prototype),
                    Value::Undefined,
                    Value::from(index),
                ];
                self.call_simply(&decorator, Value::Undefined, arguments, site);
            }
        }
    }

    fn evaluate(
        &mut self,
        decorators: &'a [Decorator<'a>],
        frame: &mut Frame,
    ) -> Vec<(Value, Site)> {
        let mut values = Vec::with_capacity(decorators.len());
        for decorator in decorators {
            let site = frame.site(decorator);
            values.push((self.eval(&decorator.expression, frame), site));
        }
        values
    }

    fn keep_decorators(&mut self, constructor: ObjectId, key: &str, decorators: &[(Value, Site)]) {
        let Some((_, site)) = decorators.first() else {
            return;
        };
        let values = decorators.iter().map(|(value, _)| value.clone()).collect();
        let list = self.array(values, *site);
        self.metadata
            .insert((constructor, key.into(), DECORATORS.into()), list);
        let member_keys = self
            .metadata
            .entry((constructor, "".into(), MEMBERS.into()));
        let members = member_keys.or_insert(Value::Undefined).clone();
        let members = match members {
            Value::Object(_) => members,
            _ => self.array(Vec::new(), *site),
        };
        if let (Value::Object(id), false) = (&members, key.is_empty())
            && let Some(keys) = self.heap.array_mut(*id)
        {
            keys.push(Value::from(key));
        }
        self.metadata
            .insert((constructor, "".into(), MEMBERS.into()), members);
    }
}
