//! Walks over code, once for reading and once for changing.

/// Defines a visitor and its walks over `& Statement` or, with `mut`, over `&mut Statement`.
macro_rules! walks {
    ($($mutable:tt)?) => {
        use super::{
            Argument, Callee, Case, Element, Expression, FormatCase, Function, Key, Parameter,
            Property, Statement, StatementKind, Target, TemplatePart,
        };

        /// Sees each statement, expression and assigned place of some code. A method that does not walk on ends the walk there.
        pub trait Visit {
            /// A statement; walks on by default.
            fn statement(&mut self, statement: &$($mutable)? Statement) {
                walk_statement(self, statement);
            }

            /// An expression; walks on by default.
            fn expression(&mut self, expression: &$($mutable)? Expression) {
                walk_expression(self, expression);
            }

            /// A place that is written; walks on by default.
            fn target(&mut self, target: &$($mutable)? Target) {
                walk_target(self, target);
            }
        }

        /// Shows the parts of a whole function to `visit`.
        pub fn walk_function<V: Visit + ?Sized>(visit: &mut V, function: &$($mutable)? Function) {
            walk_parameters(visit, &$($mutable)? function.parameters);
            walk_statements(visit, &$($mutable)? function.body);
        }

        /// Shows the statements to `visit` in order.
        pub fn walk_statements<V: Visit + ?Sized>(visit: &mut V, statements: &$($mutable)? [Statement]) {
            for statement in statements {
                visit.statement(statement);
            }
        }

        /// Shows the parts of a statement to `visit`.
        pub fn walk_statement<V: Visit + ?Sized>(visit: &mut V, statement: &$($mutable)? Statement) {
            match &$($mutable)? statement.kind {
                StatementKind::Let { value, .. } | StatementKind::Return { value } => {
                    if let Some(value) = value {
                        visit.expression(value);
                    }
                }
                StatementKind::Expression { expression: value } | StatementKind::Throw { value } => {
                    visit.expression(value);
                }
                StatementKind::Break { .. } | StatementKind::Continue { .. } => {}
                block => walk_block(visit, block),
            }
        }

        fn walk_block<V: Visit + ?Sized>(visit: &mut V, block: &$($mutable)? StatementKind) {
            match block {
                StatementKind::If { test, then, otherwise } => {
                    visit.expression(test);
                    walk_statements(visit, then);
                    walk_statements(visit, otherwise);
                }
                StatementKind::DoWhile { test, body, .. } => {
                    walk_statements(visit, body);
                    visit.expression(test);
                }
                StatementKind::While { test, update, body, .. } => {
                    visit.expression(test);
                    walk_statements(visit, body);
                    if let Some(update) = update {
                        visit.expression(update);
                    }
                }
                StatementKind::ForOf { values: value, body, .. }
                | StatementKind::ForIn { object: value, body, .. } => {
                    visit.expression(value);
                    walk_statements(visit, body);
                }
                StatementKind::Switch { value, cases } => {
                    visit.expression(value);
                    for Case { values, body, .. } in cases {
                        for value in values {
                            visit.expression(value);
                        }
                        walk_statements(visit, body);
                    }
                }
                StatementKind::Try { body, catch, finally } => {
                    walk_statements(visit, body);
                    if let Some(catch) = catch {
                        walk_statements(visit, &$($mutable)? catch.body);
                    }
                    walk_statements(visit, finally);
                }
                StatementKind::Format { cases, default } => {
                    for FormatCase { body, .. } in cases {
                        walk_statements(visit, body);
                    }
                    if let Some(body) = default {
                        walk_statements(visit, body);
                    }
                }
                StatementKind::Block { body } => walk_statements(visit, body),
                _ => {}
            }
        }

        /// Shows the parts of an expression to `visit`.
        pub fn walk_expression<V: Visit + ?Sized>(visit: &mut V, expression: &$($mutable)? Expression) {
            match expression {
                Expression::Member { object: value, .. }
                | Expression::Destructured { object: value, .. }
                | Expression::Rest { object: value, .. }
                | Expression::Unary { operand: value, .. }
                | Expression::InstanceOf { value, .. }
                | Expression::IsInstance { value, .. } => visit.expression(value),
                Expression::Index { object: left, index: right }
                | Expression::Default { value: left, default: right }
                | Expression::Optional { object: left, chain: right, .. }
                | Expression::Binary { left, right, .. }
                | Expression::Logical { left, right, .. } => {
                    visit.expression(left);
                    visit.expression(right);
                }
                Expression::Conditional { test, then, otherwise } => {
                    visit.expression(test);
                    visit.expression(then);
                    visit.expression(otherwise);
                }
                Expression::Assign { target, value, .. } => {
                    visit.target(target);
                    visit.expression(value);
                }
                Expression::Update { target, .. } => visit.target(target),
                Expression::Delete { object, key } => {
                    visit.expression(object);
                    walk_key(visit, key);
                }
                Expression::Closure { parameters, body } => {
                    walk_parameters(visit, parameters);
                    walk_statements(visit, body);
                }
                list => walk_list(visit, list),
            }
        }

        fn walk_list<V: Visit + ?Sized>(visit: &mut V, list: &$($mutable)? Expression) {
            match list {
                Expression::Template { parts } => {
                    for part in parts {
                        if let TemplatePart::Value { value } = part {
                            visit.expression(value);
                        }
                    }
                }
                Expression::Array { elements } => {
                    for Element::Value { value } | Element::Spread { value, .. } in elements {
                        visit.expression(value);
                    }
                }
                Expression::Object { properties } => walk_properties(visit, properties),
                Expression::Call { callee, arguments } => walk_call(visit, callee, arguments),
                Expression::Respond { steps } => {
                    for step in steps {
                        for argument in &$($mutable)? step.arguments {
                            visit.expression(argument);
                        }
                    }
                }
                Expression::Next { argument: Some(argument) } => visit.expression(argument),
                Expression::All { parts } => {
                    for part in parts {
                        visit.expression(&$($mutable)? part.value);
                    }
                }
                Expression::Sequence { expressions } => {
                    for expression in expressions {
                        visit.expression(expression);
                    }
                }
                _ => {}
            }
        }

        /// Shows the parts of an assigned place to `visit`.
        pub fn walk_target<V: Visit + ?Sized>(visit: &mut V, target: &$($mutable)? Target) {
            if let Target::Property { object, key } = target {
                visit.expression(object);
                walk_key(visit, key);
            }
        }

        fn walk_parameters<V: Visit + ?Sized>(visit: &mut V, parameters: &$($mutable)? [Parameter]) {
            for Parameter { default, .. } in parameters {
                if let Some(default) = default {
                    visit.expression(default);
                }
            }
        }

        fn walk_key<V: Visit + ?Sized>(visit: &mut V, key: &$($mutable)? Key) {
            if let Key::Computed { value } = key {
                visit.expression(value);
            }
        }

        fn walk_properties<V: Visit + ?Sized>(visit: &mut V, properties: &$($mutable)? [Property]) {
            for property in properties {
                match property {
                    Property::Named { key, value } => {
                        walk_key(visit, key);
                        visit.expression(value);
                    }
                    Property::Spread { value } => visit.expression(value),
                }
            }
        }

        fn walk_call<V: Visit + ?Sized>(
            visit: &mut V,
            callee: &$($mutable)? Callee,
            arguments: &$($mutable)? [Argument],
        ) {
            if let Callee::Method { receiver, .. } = callee {
                visit.expression(receiver);
            }
            for argument in arguments {
                if let Argument::Value { value } | Argument::Spread { value, .. } = argument {
                    visit.expression(value);
                }
            }
        }
    };
}

pub(super) use walks;
