//! Expressions.

use std::collections::HashSet;

use isobar_migrate_model::code::{
    BinaryOperator, Element, Expression, Key, LocalId, LogicalOperator, Property, StatementKind,
    TemplatePart, UnaryOperator,
};
use oxc_ast::ast;
use oxc_span::GetSpan;

use super::function::{FunctionSource, Lowering};
use super::pattern::static_key;
use super::scope::Bound;
use super::statement::Lowered;
use super::{Body, Named, Refusal, text};

impl<'a> Lowering<'a, '_> {
    pub(super) fn expression(
        &mut self,
        expression: &'a ast::Expression<'a>,
    ) -> Lowered<Expression> {
        let expression = expression.without_parentheses();
        match expression {
            ast::Expression::NullLiteral(_) => Ok(Expression::Null),
            ast::Expression::BooleanLiteral(it) => Ok(Expression::Bool { value: it.value }),
            ast::Expression::NumericLiteral(it) if it.value.is_finite() => {
                Ok(Expression::Number { value: it.value })
            }
            ast::Expression::StringLiteral(it) if !it.lone_surrogates => Ok(Expression::Text {
                value: it.value.to_string(),
            }),
            ast::Expression::TemplateLiteral(it) => self.template(it),
            ast::Expression::RegExpLiteral(it) => Ok(Expression::Regex {
                source: it.regex.pattern.text.to_string(),
                flags: it.regex.flags.to_string(),
            }),
            ast::Expression::ArrayExpression(it) => self.array(it),
            ast::Expression::ObjectExpression(it) => self.object(it),
            _ => self.operation(expression),
        }
    }

    fn operation(&mut self, expression: &'a ast::Expression<'a>) -> Lowered<Expression> {
        match expression {
            ast::Expression::Identifier(_)
            | ast::Expression::ThisExpression(_)
            | ast::Expression::PrivateFieldExpression(_)
            | ast::Expression::StaticMemberExpression(_)
            | ast::Expression::ComputedMemberExpression(_) => self.reference(expression),
            ast::Expression::CallExpression(call) => self.call(call),
            ast::Expression::NewExpression(it) => self.new_expression(it),
            ast::Expression::ChainExpression(it) => self.chain(it),
            ast::Expression::AwaitExpression(it) => self.awaited(&it.argument),
            ast::Expression::UnaryExpression(it) => self.unary(it),
            ast::Expression::BinaryExpression(it) => self.binary(it),
            ast::Expression::LogicalExpression(it) => self.logical(it),
            ast::Expression::ConditionalExpression(it) => Ok(Expression::Conditional {
                test: Box::new(self.expression(&it.test)?),
                then: Box::new(self.expression(&it.consequent)?),
                otherwise: Box::new(self.expression(&it.alternate)?),
            }),
            ast::Expression::AssignmentExpression(it) => self.assignment(it),
            ast::Expression::UpdateExpression(it) => self.update(it),
            ast::Expression::SequenceExpression(it) => {
                let expressions = it.expressions.iter().map(|it| self.expression(it));
                Ok(Expression::Sequence {
                    expressions: expressions.collect::<Lowered<_>>()?,
                })
            }
            ast::Expression::TSAsExpression(it) => self.expression(&it.expression),
            ast::Expression::TSSatisfiesExpression(it) => self.expression(&it.expression),
            ast::Expression::TSTypeAssertion(it) => self.expression(&it.expression),
            ast::Expression::TSNonNullExpression(it) => self.expression(&it.expression),
            _ => Err(unsupported(expression)),
        }
    }

    fn template(&mut self, it: &'a ast::TemplateLiteral<'a>) -> Lowered<Expression> {
        let mut parts = Vec::new();
        let mut values = it.expressions.iter();
        for quasi in &it.quasis {
            let Some(cooked) = quasi.value.cooked.filter(|_| !quasi.lone_surrogates) else {
                return Err(Refusal::new(it, "text with half a surrogate pair"));
            };
            if !cooked.is_empty() {
                parts.push(TemplatePart::Text {
                    value: cooked.to_string(),
                });
            }
            if let Some(value) = values.next() {
                parts.push(TemplatePart::Value {
                    value: self.expression(value)?,
                });
            }
        }
        Ok(match parts.as_slice() {
            [] => Expression::Text {
                value: String::new(),
            },
            [TemplatePart::Text { value }] => Expression::Text {
                value: value.clone(),
            },
            _ => Expression::Template { parts },
        })
    }

    fn array(&mut self, it: &'a ast::ArrayExpression<'a>) -> Lowered<Expression> {
        let mut elements = Vec::new();
        for element in &it.elements {
            elements.push(match element {
                ast::ArrayExpressionElement::SpreadElement(spread) => Element::Spread {
                    value: self.iterable(&spread.argument)?,
                    text: text::of(&spread.argument),
                },
                ast::ArrayExpressionElement::Elision(hole) => {
                    return Err(Refusal::new(&**hole, "an array literal with a hole"));
                }
                element => match element.as_expression() {
                    Some(value) => Element::Value {
                        value: self.expression(value)?,
                    },
                    None => return Err(Refusal::new(element, "this array element")),
                },
            });
        }
        Ok(Expression::Array { elements })
    }

    fn object(&mut self, it: &'a ast::ObjectExpression<'a>) -> Lowered<Expression> {
        let mut properties = Vec::new();
        for property in &it.properties {
            properties.push(match property {
                ast::ObjectPropertyKind::SpreadProperty(spread) => Property::Spread {
                    value: self.expression(&spread.argument)?,
                },
                ast::ObjectPropertyKind::ObjectProperty(property) => self.property(property)?,
            });
        }
        Ok(Expression::Object { properties })
    }

    fn property(&mut self, property: &'a ast::ObjectProperty<'a>) -> Lowered<Property> {
        if property.kind != ast::PropertyKind::Init || property.method {
            return Err(Refusal::new(
                property,
                "a method, getter or setter in an object literal",
            ));
        }
        let key = match static_key(&property.key, property.computed) {
            Some(name) if name == "__proto__" && !property.computed => {
                return Err(Refusal::new(property, "a prototype in an object literal"));
            }
            Some(name) => Key::Name { name },
            None => match property.key.as_expression() {
                Some(key) => Key::Computed {
                    value: Box::new(self.expression(key)?),
                },
                None => return Err(Refusal::new(property, "this property name")),
            },
        };
        Ok(Property::Named {
            key,
            value: self.expression(&property.value)?,
        })
    }

    fn unary(&mut self, it: &'a ast::UnaryExpression<'a>) -> Lowered<Expression> {
        if it.operator == ast::UnaryOperator::Delete {
            return self.delete(&it.argument);
        }
        if it.operator == ast::UnaryOperator::Typeof
            && let ast::Expression::Identifier(identifier) = it.argument.without_parentheses()
            && self.is_callable(identifier.name.as_str())
        {
            return Ok(Expression::Text {
                value: "function".to_owned(),
            });
        }
        let Some(operator) = UnaryOperator::from_name(it.operator.as_str()) else {
            return Err(Refusal::new(
                it,
                format!("the operator {}", it.operator.as_str()),
            ));
        };
        let operand = self.expression(&it.argument)?;
        if let (UnaryOperator::Minus, Expression::Number { value }) = (operator, &operand) {
            return Ok(Expression::Number { value: -value });
        }
        Ok(Expression::Unary {
            operator,
            operand: Box::new(operand),
        })
    }

    /// Whether a name is bound to something that `typeof` calls a function.
    fn is_callable(&mut self, name: &str) -> bool {
        matches!(
            self.scopes.resolve(name),
            Some(Bound::Closure(_) | Bound::Next)
        )
    }

    fn binary(&mut self, it: &'a ast::BinaryExpression<'a>) -> Lowered<Expression> {
        if it.operator == ast::BinaryOperator::Instanceof {
            return self.instance_of(it);
        }
        let Some(operator) = BinaryOperator::from_name(it.operator.as_str()) else {
            return Err(Refusal::new(
                it,
                format!("the operator {}", it.operator.as_str()),
            ));
        };
        let left = Box::new(self.expression(&it.left)?);
        let right = Box::new(self.expression(&it.right)?);
        Ok(Expression::Binary {
            operator,
            left,
            right,
        })
    }

    fn instance_of(&mut self, it: &'a ast::BinaryExpression<'a>) -> Lowered<Expression> {
        const ERRORS: [&str; 4] = ["Error", "TypeError", "RangeError", "SyntaxError"];
        if let Some(Named::Namespace(handle)) = self.path(&it.right)
            && let Some(info) = self.names.class(handle)
        {
            let info = info.map_err(|obstacle| Refusal::new(it, obstacle))?;
            let value = Box::new(self.expression(&it.left)?);
            let class = info.class;
            return Ok(Expression::IsInstance { value, class });
        }
        let class = match it.right.without_parentheses() {
            ast::Expression::Identifier(identifier) => identifier.name.as_str(),
            _ => "",
        };
        let known = ERRORS.contains(&class) || class == "Array" || class == "Date";
        if !known || self.scopes.resolve(class).is_some() {
            return Err(Refusal::new(
                it,
                "instanceof with a class that is not built in",
            ));
        }
        let value = Box::new(self.expression(&it.left)?);
        Ok(Expression::InstanceOf {
            value,
            class: class.to_owned(),
        })
    }

    fn logical(&mut self, it: &'a ast::LogicalExpression<'a>) -> Lowered<Expression> {
        let Some(operator) = LogicalOperator::from_name(it.operator.as_str()) else {
            return Err(Refusal::new(it, "this operator"));
        };
        let left = Box::new(self.expression(&it.left)?);
        let right = Box::new(self.expression(&it.right)?);
        Ok(Expression::Logical {
            operator,
            left,
            right,
        })
    }

    /// A function written where a callback is expected.
    pub(super) fn closure(&mut self, function: &'a ast::Expression<'a>) -> Lowered<Expression> {
        Ok(self.closure_with_captures(function)?.0)
    }

    /// A function that is bound to a name: what it uses of the function around it must not change.
    pub(super) fn kept_callback(
        &mut self,
        function: &'a ast::Expression<'a>,
    ) -> Lowered<Expression> {
        let (closure, captured) = self.closure_with_captures(function)?;
        self.scopes.pin(function.span().start, captured);
        Ok(closure)
    }

    /// A function declaration inside of a function.
    pub(super) fn kept_closure(&mut self, it: &'a ast::Function<'a>) -> Lowered<Expression> {
        let (closure, captured) = self.function_closure(it)?;
        self.scopes.pin(it.span.start, captured);
        Ok(closure)
    }

    fn closure_with_captures(
        &mut self,
        function: &'a ast::Expression<'a>,
    ) -> Lowered<(Expression, HashSet<LocalId>)> {
        match function.without_parentheses() {
            ast::Expression::ArrowFunctionExpression(arrow) => {
                let body = match &arrow.body {
                    ast::ArrowFunctionBody::FunctionBody(body) => {
                        Body::Statements(&body.statements)
                    }
                    body => match body.as_expression() {
                        Some(expression) => Body::Expression(expression),
                        None => return Err(Refusal::new(function, "this function body")),
                    },
                };
                self.closure_of(&arrow.params, body, arrow.r#async, function)
            }
            ast::Expression::FunctionExpression(it) => self.function_closure(it),
            other => Err(Refusal::new(
                other,
                "a callback that is no function literal",
            )),
        }
    }

    fn function_closure(
        &mut self,
        it: &'a ast::Function<'a>,
    ) -> Lowered<(Expression, HashSet<LocalId>)> {
        let Some(body) = it.body.as_ref().filter(|_| !it.generator) else {
            return Err(Refusal::new(it, "a generator function"));
        };
        self.scopes.open();
        let this = self.names.unbound_this();
        self.scopes.bind("this", Bound::Alias(this));
        let body = Body::Statements(&body.statements);
        let closure = self.closure_of(&it.params, body, it.r#async, it);
        self.scopes.close();
        closure
    }

    fn closure_of(
        &mut self,
        parameters: &'a ast::FormalParameters<'a>,
        body: Body<'a>,
        is_async: bool,
        node: &impl GetSpan,
    ) -> Lowered<(Expression, HashSet<LocalId>)> {
        if is_async {
            return Err(Refusal::new(node, "an async callback"));
        }
        self.scopes.open_closure();
        let loops = self.loops_in_try.take();
        let (parameters, mut lowered) = self.parameters(parameters, &[]);
        match body {
            Body::Statements(statements) => lowered.extend(self.function_body(statements, false)),
            Body::Expression(expression) => match self.expression(expression) {
                Ok(value) => {
                    let line = self.line(expression);
                    let kind = StatementKind::Return { value: Some(value) };
                    lowered.push(super::control::at_line(line, kind));
                }
                Err(refusal) => self.refusals.push(refusal),
            },
        }
        self.loops_in_try = loops;
        let captured = self.scopes.close_closure();
        Ok((
            Expression::Closure {
                parameters,
                body: lowered,
            },
            captured,
        ))
    }

    /// The source of a function that stands in an expression.
    pub(crate) fn function_source(
        expression: &'a ast::Expression<'a>,
    ) -> Option<(FunctionSource<'a>, bool)> {
        match expression.without_parentheses() {
            ast::Expression::ArrowFunctionExpression(arrow) => {
                let body = match &arrow.body {
                    ast::ArrowFunctionBody::FunctionBody(body) => {
                        Body::Statements(&body.statements)
                    }
                    body => Body::Expression(body.as_expression()?),
                };
                let source = FunctionSource {
                    name: "",
                    span: arrow.span,
                    parameters: &arrow.params,
                    body,
                    is_generator: false,
                };
                Some((source, arrow.r#async))
            }
            ast::Expression::FunctionExpression(it) => {
                let source = FunctionSource {
                    name: it.id.as_ref().map_or("", |id| id.name.as_str()),
                    span: it.span,
                    parameters: &it.params,
                    body: Body::Statements(&it.body.as_ref()?.statements),
                    is_generator: it.generator,
                };
                Some((source, it.r#async))
            }
            _ => None,
        }
    }
}

fn unsupported(expression: &ast::Expression<'_>) -> Refusal {
    let what = match expression {
        ast::Expression::ArrowFunctionExpression(_) | ast::Expression::FunctionExpression(_) => {
            "a function as a value"
        }
        ast::Expression::ClassExpression(_) => "a class as a value",
        ast::Expression::BigIntLiteral(_) => "a BigInt",
        ast::Expression::TaggedTemplateExpression(_) => "a tagged template",
        ast::Expression::YieldExpression(_) => "yield",
        ast::Expression::ImportExpression(_) => "import() at run time",
        ast::Expression::ImportMeta(_) => "import.meta",
        ast::Expression::StringLiteral(_) => "text with half a surrogate pair",
        ast::Expression::NumericLiteral(_) => "a number that is infinite",
        _ => "this kind of expression",
    };
    Refusal::new(expression, what)
}
