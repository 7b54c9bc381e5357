//! Variables: looking them up, declaring and assigning them.

use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty,
};
use oxc_syntax::operator::{AssignmentOperator, LogicalOperator};

use crate::machine::pattern::element_at;
use crate::machine::scope::Binding;
use crate::machine::value::{ScopeId, Site, Value};
use crate::machine::{Frame, Machine};

impl<'a> Machine<'a> {
    /// The value of the variable `name`.
    pub(crate) fn lookup(&mut self, name: &str, frame: &Frame, site: Site) -> Value {
        let Some(scope) = self.scopes.find(frame.scope, name) else {
            return if name == "undefined" {
                Value::Undefined
            } else {
                Value::Unknown
            };
        };
        let Some(binding) = self.scopes.binding(scope, name) else {
            return Value::Unknown;
        };
        let assumed = binding.past.assumed || binding.steered;
        if let Some((module, export)) = binding.import.clone() {
            return self.export_of(module, &export, site);
        }
        let value = binding.value.clone();
        if assumed || matches!(value, Value::Unset(_)) {
            self.assume();
        }
        self.observed_variable(scope, name, value)
    }

    /// Declares `name` in `scope`.
    pub(crate) fn declare(&mut self, scope: ScopeId, name: &'a str, value: Value, site: Site) {
        self.name_value(&value, name, site);
        self.scopes.declare(scope, name, Binding::new(value, site));
    }

    /// Assigns to the variable `name`; a name that nobody declares becomes global.
    pub(crate) fn assign(&mut self, name: &'a str, value: Value, frame: &Frame, site: Site) {
        self.name_value(&value, name, site);
        let Some(scope) = self.scopes.find(frame.scope, name) else {
            self.declare(self.global, name, value, site);
            return;
        };
        self.note_variable_write(scope, name, site);
        self.journal_variable(scope, name);
        let is_start = self.trace.is_none();
        let steered = self.is_assuming();
        if let Some(binding) = self.scopes.binding_mut(scope, name) {
            binding.value = value;
            binding.steered |= is_start && (steered || binding.past.assumed);
            binding.past.altered |= is_start;
        }
    }

    pub(crate) fn assignment(
        &mut self,
        assignment: &'a AssignmentExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        if assignment.operator == AssignmentOperator::Assign {
            let place = assignment
                .left
                .as_simple_assignment_target()
                .map(|target| self.target(target, frame));
            let value = self.eval(&assignment.right, frame);
            match place {
                Some(place) => self.write_target(&place, value.clone(), frame),
                None => self.write(&assignment.left, value.clone(), frame),
            }
            return value;
        }
        let Some(target) = assignment.left.as_simple_assignment_target() else {
            return Value::Unknown;
        };
        let place = self.target(target, frame);
        let before = self.read_target(&place, frame);
        let logical = match assignment.operator {
            AssignmentOperator::LogicalOr => Some(LogicalOperator::Or),
            AssignmentOperator::LogicalAnd => Some(LogicalOperator::And),
            AssignmentOperator::LogicalNullish => Some(LogicalOperator::Coalesce),
            _ => None,
        };
        let value = match (logical, assignment.operator.to_binary_operator()) {
            (Some(operator), _) => self.logical(operator, before, &assignment.right, frame),
            (None, Some(operator)) => {
                let right = self.eval(&assignment.right, frame);
                self.binary(operator, &before, &right)
            }
            (None, None) => Value::Unknown,
        };
        self.write_target(&place, value.clone(), frame);
        value
    }

    pub(crate) fn write(
        &mut self,
        target: &'a AssignmentTarget<'a>,
        value: Value,
        frame: &mut Frame,
    ) {
        match target {
            AssignmentTarget::ArrayAssignmentTarget(array) => {
                let elements = self.elements_of(&value);
                let targets = array.elements.iter().enumerate();
                for (index, target) in
                    targets.filter_map(|(at, target)| Some((at, target.as_ref()?)))
                {
                    self.write_maybe_default(target, element_at(elements.as_deref(), index), frame);
                }
            }
            AssignmentTarget::ObjectAssignmentTarget(object) => {
                for property in &object.properties {
                    self.write_property(property, &value, frame);
                }
            }
            _ => {
                if let Some(simple) = target.as_simple_assignment_target() {
                    let place = self.target(simple, frame);
                    self.write_target(&place, value, frame);
                }
            }
        }
    }

    fn write_property(
        &mut self,
        property: &'a AssignmentTargetProperty<'a>,
        value: &Value,
        frame: &mut Frame,
    ) {
        match property {
            AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(short) => {
                let name = short.binding.name.as_str();
                let site = frame.site(&short.binding);
                let mut part = self.get(value, name, site);
                if let (Some(init), true) = (&short.init, part == Value::Undefined) {
                    part = self.eval(init, frame);
                }
                self.assign(name, part, frame, site);
            }
            AssignmentTargetProperty::AssignmentTargetPropertyProperty(long) => {
                let site = frame.site(&**long);
                let part = match self.property_key(&long.name, frame) {
                    Some(key) => self.get(value, &key, site),
                    None => Value::Unknown,
                };
                self.write_maybe_default(&long.binding, part, frame);
            }
        }
    }

    fn write_maybe_default(
        &mut self,
        target: &'a AssignmentTargetMaybeDefault<'a>,
        value: Value,
        frame: &mut Frame,
    ) {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(with_default) => {
                let value = if value == Value::Undefined {
                    self.eval(&with_default.init, frame)
                } else {
                    value
                };
                self.write(&with_default.binding, value, frame);
            }
            _ => {
                if let Some(target) = target.as_assignment_target() {
                    self.write(target, value, frame);
                }
            }
        }
    }
}
