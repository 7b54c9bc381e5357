//! Assignments that take a value apart: `[a, b] = [b, a]` and `({ a, b: c.d } = value)`, as statements.

use isobar_migrate_model::code::{
    AssignOperator, Element, Expression, LocalId, Statement, StatementKind, Target,
};
use oxc_ast::ast;
use oxc_span::GetSpan;

use super::function::Lowering;
use super::pattern::{iterable_text, number, slice_from, static_key};
use super::statement::Lowered;
use super::{Refusal, text};

impl<'a> Lowering<'a, '_> {
    /// Lowers an assignment to a pattern whose value nobody uses; false for another expression.
    pub(super) fn unpacked(
        &mut self,
        expression: &'a ast::Expression<'a>,
        out: &mut Vec<Statement>,
    ) -> Lowered<bool> {
        let ast::Expression::AssignmentExpression(it) = expression else {
            return Ok(false);
        };
        match &it.left {
            ast::AssignmentTarget::ArrayAssignmentTarget(array) => {
                self.unpack_array(array, &it.right, out)?;
            }
            ast::AssignmentTarget::ObjectAssignmentTarget(object) => {
                self.unpack_object(object, &it.right, out)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn unpack_array(
        &mut self,
        array: &'a ast::ArrayAssignmentTarget<'a>,
        right: &'a ast::Expression<'a>,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let parts = self.parts_of(array, right, out)?;
        for (position, target) in array.elements.iter().enumerate() {
            if let Some(target) = target {
                self.unpack_into(target, parts.at(position), out)?;
            }
        }
        if let Some(rest) = &array.rest {
            let Parts::Of(source) = parts else {
                return Err(Refusal::new(&**rest, "the rest of an array literal"));
            };
            let source = Expression::Local { local: source };
            let value = slice_from(source, array.elements.len());
            let target = rest.target.as_simple_assignment_target();
            let target = target.ok_or_else(|| Refusal::new(&**rest, "a pattern as rest"))?;
            self.put(target, value, out)?;
        }
        Ok(())
    }

    /// The values that an array pattern takes: those of an array literal are not put into an array first.
    fn parts_of(
        &mut self,
        array: &'a ast::ArrayAssignmentTarget<'a>,
        right: &'a ast::Expression<'a>,
        out: &mut Vec<Statement>,
    ) -> Lowered<Parts> {
        if let ast::Expression::ArrayExpression(literal) = right
            && array.rest.is_none()
            && literal
                .elements
                .iter()
                .all(|it| it.as_expression().is_some())
        {
            let mut kept = Vec::new();
            for element in literal.elements.iter().filter_map(|it| it.as_expression()) {
                let value = self.expression(element)?;
                kept.push(self.keep("kept", value, right, out));
            }
            return Ok(Parts::Each(kept));
        }
        let value = self.expression(right)?;
        let text = iterable_text(right);
        let elements = vec![Element::Spread { value, text }];
        let value = Expression::Array { elements };
        Ok(Parts::Of(self.keep("values", value, right, out)))
    }

    fn unpack_object(
        &mut self,
        object: &'a ast::ObjectAssignmentTarget<'a>,
        right: &'a ast::Expression<'a>,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        if object.properties.is_empty() || object.rest.is_some() {
            return Err(Refusal::new(
                object,
                "this pattern on the left of an assignment",
            ));
        }
        let value = self.expression(right)?;
        let source = self.keep("source", value, right, out);
        let text = text::of(right);
        for property in &object.properties {
            self.unpack_property(property, source, &text, out)?;
        }
        Ok(())
    }

    fn unpack_property(
        &mut self,
        property: &'a ast::AssignmentTargetProperty<'a>,
        source: LocalId,
        text: &str,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let part = |property: String| Expression::Destructured {
            object: Box::new(Expression::Local { local: source }),
            property,
            text: Some(text.to_owned()),
        };
        match property {
            ast::AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(it) => {
                let name = it.binding.name.as_str();
                let mut value = part(name.to_owned());
                if let Some(default) = &it.init {
                    value = self.with_default(value, default)?;
                }
                let target = self.variable_target(name, &**it)?;
                self.assign_to(target, value, &**it, out);
                Ok(())
            }
            ast::AssignmentTargetProperty::AssignmentTargetPropertyProperty(it) => {
                let name = static_key(&it.name, it.computed);
                let name =
                    name.ok_or_else(|| Refusal::new(&**it, "a computed name in a pattern"))?;
                self.unpack_into(&it.binding, part(name), out)
            }
        }
    }

    fn unpack_into(
        &mut self,
        target: &'a ast::AssignmentTargetMaybeDefault<'a>,
        value: Expression,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let (binding, value) = match target {
            ast::AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(it) => {
                (Some(&it.binding), self.with_default(value, &it.init)?)
            }
            other => (other.as_assignment_target(), value),
        };
        let simple = binding.and_then(ast::AssignmentTarget::as_simple_assignment_target);
        let Some(simple) = simple else {
            return Err(Refusal::new(
                target,
                "a pattern inside of a pattern that is assigned",
            ));
        };
        self.put(simple, value, out)
    }

    fn put(
        &mut self,
        target: &'a ast::SimpleAssignmentTarget<'a>,
        value: Expression,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let lowered = self.target(target)?;
        self.assign_to(lowered, value, target, out);
        Ok(())
    }

    fn with_default(
        &mut self,
        value: Expression,
        default: &'a ast::Expression<'a>,
    ) -> Lowered<Expression> {
        Ok(Expression::Default {
            value: Box::new(value),
            default: Box::new(self.expression(default)?),
        })
    }

    fn assign_to(
        &mut self,
        target: Target,
        value: Expression,
        node: &impl GetSpan,
        out: &mut Vec<Statement>,
    ) {
        let expression = Expression::Assign {
            target,
            operator: AssignOperator::Set,
            value: Box::new(value),
        };
        self.push(node, StatementKind::Expression { expression }, out);
    }

    /// A new variable for a value.
    fn keep(
        &mut self,
        name: &str,
        value: Expression,
        node: &impl GetSpan,
        out: &mut Vec<Statement>,
    ) -> LocalId {
        let local = self.scopes.variable(name);
        let value = Some(value);
        self.push(node, StatementKind::Let { local, value }, out);
        local
    }
}

/// Where the parts of a value are.
enum Parts {
    /// In a variable each.
    Each(Vec<LocalId>),
    /// In the array that a variable holds.
    Of(LocalId),
}

impl Parts {
    fn at(&self, position: usize) -> Expression {
        match self {
            Self::Each(locals) => {
                locals
                    .get(position)
                    .map_or(Expression::Undefined, |local| Expression::Local {
                        local: *local,
                    })
            }
            Self::Of(local) => Expression::Index {
                object: Box::new(Expression::Local { local: *local }),
                index: Box::new(number(position)),
            },
        }
    }
}
