//! Values of the heap as literals.

use std::collections::HashSet;
use std::rc::Rc;

use isobar_migrate_model::ReasonCode;
use isobar_migrate_model::code::{Element, Expression, Key, Property};

use crate::lower::Obstacle;
use crate::machine::Machine;
use crate::machine::heap::{Form, Kind, Object, in_order, is_special};
use crate::machine::value::{ObjectId, Value};

/// How deep data may nest: what every document store holds (rule R23), less a few levels for the document itself.
const DEEPEST: usize = 16;

/// A value as a literal, or why it is none.
pub(super) fn literal(machine: &Machine<'_>, value: &Value) -> Result<Expression, Obstacle> {
    Literals {
        machine,
        open: HashSet::new(),
    }
    .of(value)
}

/// Whether an object or something in it was changed after it was made.
pub(super) fn is_altered(machine: &Machine<'_>, value: &Value) -> bool {
    any_object(machine, value, |object| object.past.altered)
}

/// Whether an object or something in it can no longer be changed.
pub(super) fn is_frozen(machine: &Machine<'_>, value: &Value) -> bool {
    any_object(machine, value, |object| {
        object.past.frozen || object.properties.values().any(|property| property.readonly)
    })
}

fn any_object(machine: &Machine<'_>, value: &Value, is_such: impl Fn(&Object<'_>) -> bool) -> bool {
    let mut seen = HashSet::new();
    let mut left: Vec<ObjectId> = value.as_object().into_iter().collect();
    while let Some(id) = left.pop() {
        let object = machine.heap.get(id);
        if !seen.insert(id) || !matches!(object.kind, Kind::Plain | Kind::Array(_)) {
            continue;
        }
        if is_such(object) {
            return true;
        }
        let properties = object.properties.values().map(|property| &property.value);
        left.extend(properties.filter_map(Value::as_object));
        if let Kind::Array(elements) = &object.kind {
            left.extend(elements.iter().filter_map(Value::as_object));
        }
    }
    false
}

struct Literals<'m, 'a> {
    machine: &'m Machine<'a>,
    open: HashSet<ObjectId>,
}

impl Literals<'_, '_> {
    fn of(&mut self, value: &Value) -> Result<Expression, Obstacle> {
        Ok(match value {
            Value::Undefined => Expression::Undefined,
            Value::Null => Expression::Null,
            Value::Boolean(value) => Expression::Bool { value: *value },
            Value::Number(value) if value.is_finite() => Expression::Number { value: *value },
            Value::Text(text) => Expression::Text {
                value: text.to_string(),
            },
            Value::Object(id) => return self.object(*id),
            Value::Number(_) => return Err(state("a number that is infinite")),
            Value::Unset(name) => {
                return Err(state(&format!(
                    "a value that depends on the variable {name}"
                )));
            }
            Value::Unknown => {
                return Err(state("a value that is only known when the program runs"));
            }
        })
    }

    fn object(&mut self, id: ObjectId) -> Result<Expression, Obstacle> {
        let object = self.machine.heap.get(id);
        if object.open || object.maybe {
            return Err(state("an object that is only known when the program runs"));
        }
        if object.past.assumed && object.prototype.is_none() {
            return Err(state("an object that is only known when the program runs"));
        }
        if self.open.len() >= DEEPEST || !self.open.insert(id) {
            return Err(state("data that contains itself or is nested too deeply"));
        }
        let literal = match &object.kind {
            Kind::Array(elements)
                if object.properties.is_empty()
                    && object.prototype.is_none()
                    && object.form == Form::Ordinary =>
            {
                let elements = Rc::clone(elements);
                let elements = elements.iter().map(|element| {
                    Ok(Element::Value {
                        value: self.of(element)?,
                    })
                });
                Expression::Array {
                    elements: elements.collect::<Result<_, Obstacle>>()?,
                }
            }
            Kind::Plain if object.prototype.is_none() => self.plain(id)?,
            kind => return Err(state(kind_name(kind))),
        };
        self.open.remove(&id);
        Ok(literal)
    }

    fn plain(&mut self, id: ObjectId) -> Result<Expression, Obstacle> {
        let properties = self.machine.heap.get(id).properties.clone();
        let mut entries = Vec::new();
        for (name, property) in in_order(&properties) {
            if property.getter.is_some() || property.setter.is_some() {
                return Err(state("an object with a getter or setter"));
            }
            if !property.enumerable || is_special(name) {
                return Err(state("an object with hidden or special properties"));
            }
            let key = Key::Name {
                name: name.to_string(),
            };
            entries.push(Property::Named {
                key,
                value: self.of(&property.value)?,
            });
        }
        Ok(Expression::Object {
            properties: entries,
        })
    }
}

/// Why a variable that is set by what the environment says cannot be known.
pub(super) fn depends_on_environment(name: &str) -> Obstacle {
    let message =
        format!("uses {name}, which starts from what is only known when the application runs");
    Obstacle::new(ReasonCode::State, name, message)
}

fn state(what: &str) -> Obstacle {
    Obstacle::new(
        ReasonCode::State,
        what,
        format!("keeps {what} in a variable of a module"),
    )
}

fn kind_name(kind: &Kind<'_>) -> &'static str {
    match kind {
        Kind::Function(_) | Kind::Bound { .. } | Kind::Builtin(..) => "a function",
        Kind::Collection { .. } => "a Map or a Set",
        Kind::RegExp { .. } => "a regular expression",
        Kind::Promise(_) => "a promise",
        Kind::Foreign(_) => "a value of a package",
        Kind::Plain => "an instance of a class",
        _ => "an object that is no plain data",
    }
}
