//! Binds values to the names in destructuring patterns and parameters.

use oxc_ast::ast::{
    BindingPattern, VariableDeclaration, VariableDeclarationKind, VariableDeclarator,
};

use crate::machine::heap::Kind;
use crate::machine::scope::Binding;
use crate::machine::value::{ScopeId, Value};
use crate::machine::{Frame, Machine};

impl<'a> Machine<'a> {
    pub(crate) fn declare_variables(
        &mut self,
        declaration: &'a VariableDeclaration<'a>,
        frame: &mut Frame,
    ) {
        if declaration.declare {
            return;
        }
        let is_var = declaration.kind == VariableDeclarationKind::Var;
        let scope = if is_var {
            self.scopes.function_scope(frame.scope)
        } else {
            frame.scope
        };
        for declarator in &declaration.declarations {
            let before = self.assumptions_made();
            let value = match &declarator.init {
                Some(init) => self.eval(init, frame),
                None if is_var && self.is_declared(scope, &declarator.id) => continue,
                None => Value::Undefined,
            };
            self.bind(&declarator.id, value, scope, frame);
            let assumed = self.assumptions_made() != before;
            self.mark(scope, declarator, |binding| {
                binding.constant = declaration.kind.is_const();
                binding.past.assumed = assumed;
            });
        }
    }

    fn mark(
        &mut self,
        scope: ScopeId,
        declarator: &'a VariableDeclarator<'a>,
        change: impl Fn(&mut Binding),
    ) {
        for identifier in declarator.id.get_binding_identifiers() {
            if let Some(binding) = self.scopes.binding_mut(scope, identifier.name.as_str()) {
                change(binding);
            }
        }
    }

    fn is_declared(&self, scope: ScopeId, pattern: &BindingPattern<'a>) -> bool {
        let name = pattern.get_identifier_name();
        name.is_some_and(|name| self.scopes.binding(scope, name.as_str()).is_some())
    }

    /// Declares the names of `pattern` in `scope` with the parts of `value`.
    pub(crate) fn bind(
        &mut self,
        pattern: &'a BindingPattern<'a>,
        value: Value,
        scope: ScopeId,
        frame: &mut Frame,
    ) {
        match pattern {
            BindingPattern::BindingIdentifier(identifier) => {
                let site = frame.site(&**identifier);
                self.bind_name(identifier.name.as_str(), value, scope, site);
            }
            BindingPattern::ObjectPattern(object) => {
                let mut taken = Vec::new();
                for property in &object.properties {
                    let site = frame.site(property);
                    let key = self.property_key(&property.key, frame);
                    let part = match &key {
                        Some(key) => self.get(&value, key, site),
                        None => Value::Unknown,
                    };
                    taken.extend(key);
                    self.bind(&property.value, part, scope, frame);
                }
                if let Some(rest) = &object.rest {
                    let site = frame.site(&**rest);
                    let id = self.plain_object(site);
                    self.copy_properties(id, &value, site);
                    let left = &mut self.heap.get_mut(id).properties;
                    left.retain(|key, _| !taken.contains(key));
                    self.bind(&rest.argument, Value::Object(id), scope, frame);
                }
            }
            BindingPattern::ArrayPattern(array) => {
                let elements = self.elements_of(&value);
                let targets = array.elements.iter().enumerate();
                for (index, target) in
                    targets.filter_map(|(at, target)| Some((at, target.as_ref()?)))
                {
                    self.bind(target, element_at(elements.as_deref(), index), scope, frame);
                }
                if let Some(rest) = &array.rest {
                    let site = frame.site(&**rest);
                    let known = elements
                        .map(|elements| elements.into_iter().skip(array.elements.len()).collect());
                    let left = match known {
                        Some(left) => self.array(left, site),
                        None => self.open(Kind::array(Vec::new()), site),
                    };
                    self.bind(&rest.argument, left, scope, frame);
                }
            }
            BindingPattern::AssignmentPattern(assignment) => {
                let value = self.default_if_absent(value, &assignment.right, frame);
                self.bind(&assignment.left, value, scope, frame);
            }
        }
    }

    /// The default where the value is absent. An unknown value keeps its place, except that a
    /// default which is a text or an object is taken: options are mostly left out.
    pub(crate) fn default_if_absent(
        &mut self,
        value: Value,
        default: &'a oxc_ast::ast::Expression<'a>,
        frame: &mut Frame,
    ) -> Value {
        match value {
            Value::Undefined | Value::Unset(_) => self.eval(default, frame),
            Value::Unknown if self.trace.is_none() => {
                let default = self.uncertainly(|machine| machine.eval(default, frame));
                self.choose(Value::Unknown, default)
            }
            known => known,
        }
    }

    fn bind_name(
        &mut self,
        name: &'a str,
        value: Value,
        scope: ScopeId,
        site: crate::machine::value::Site,
    ) {
        self.name_value(&value, name, site);
        self.journal_variable(scope, name);
        self.scopes.declare(scope, name, Binding::new(value, site));
    }
}

/// The element at `index` of an array; unknown where the array is.
pub(crate) fn element_at(elements: Option<&[Value]>, index: usize) -> Value {
    elements.map_or(Value::Unknown, |elements| {
        elements.get(index).cloned().unwrap_or(Value::Undefined)
    })
}
