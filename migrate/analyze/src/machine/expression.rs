//! Evaluates expressions.

use oxc_ast::ast::{ChainElement, Expression};

use crate::machine::heap::Kind;
use crate::machine::value::{Truth, Value};
use crate::machine::{Frame, Machine};

impl<'a> Machine<'a> {
    /// The value of `expression`; unknown when a limit is reached.
    pub(crate) fn eval(&mut self, expression: &'a Expression<'a>, frame: &mut Frame) -> Value {
        if self.enter().is_none() {
            return Value::Unknown;
        }
        let value = self.eval_literal(expression, frame);
        self.leave();
        value
    }

    fn eval_literal(&mut self, expression: &'a Expression<'a>, frame: &mut Frame) -> Value {
        match expression {
            Expression::BooleanLiteral(literal) => Value::Boolean(literal.value),
            Expression::NullLiteral(_) => Value::Null,
            Expression::NumericLiteral(literal) => Value::Number(literal.value),
            Expression::StringLiteral(literal) => Value::text(literal.value.as_str()),
            Expression::BigIntLiteral(_) => Value::Unknown,
            Expression::RegExpLiteral(literal) => {
                let source = literal.regex.pattern.text.as_str().into();
                let flags = literal.regex.flags.to_string().into();
                self.allocate(Kind::RegExp { source, flags }, frame.site(&**literal))
            }
            Expression::TemplateLiteral(literal) => self.template(literal, frame),
            Expression::ArrayExpression(array) => self.array_literal(array, frame),
            Expression::ObjectExpression(object) => self.object_literal(object, frame),
            Expression::ArrowFunctionExpression(arrow) => self.arrow(arrow, frame),
            Expression::FunctionExpression(function) => self.function_expression(function, frame),
            Expression::ClassExpression(class) => self.class(class, frame),
            Expression::TaggedTemplateExpression(tagged) => {
                self.eval(&tagged.tag, frame);
                Value::Unknown
            }
            _ => self.eval_reference(expression, frame),
        }
    }

    fn eval_reference(&mut self, expression: &'a Expression<'a>, frame: &mut Frame) -> Value {
        match expression {
            Expression::Identifier(identifier) => {
                self.lookup(identifier.name.as_str(), frame, frame.site(&**identifier))
            }
            // Outside of strict code, `this` is then the global object.
            Expression::ThisExpression(_) if frame.this == Value::Undefined => {
                self.roughly(Value::Undefined)
            }
            Expression::ThisExpression(_) => frame.this.clone(),
            Expression::StaticMemberExpression(member) => {
                let object = self.eval(&member.object, frame);
                let site = frame.site(&member.property);
                if self.cut(member.optional, &object) {
                    return Value::Undefined;
                }
                if matches!(member.object, Expression::Super(_)) {
                    return self.super_member(member.property.name.as_str(), frame, site);
                }
                self.get(&object, member.property.name.as_str(), site)
            }
            Expression::ComputedMemberExpression(member) => {
                let object = self.eval(&member.object, frame);
                if self.cut(member.optional, &object) {
                    return Value::Undefined;
                }
                let key = self.eval(&member.expression, frame);
                self.get_computed(&object, &key, frame.site(&member.expression))
            }
            Expression::PrivateFieldExpression(member) => {
                let object = self.eval(&member.object, frame);
                let key = private_key(member.field.name.as_str());
                self.get(&object, &key, frame.site(&member.field))
            }
            Expression::ChainExpression(chain) => self.chain(&chain.expression, frame),
            Expression::CallExpression(call) => self.call_expression(call, frame),
            Expression::NewExpression(new) => self.new_expression(new, frame),
            Expression::ImportExpression(import) => self.import_expression(import, frame),
            Expression::ImportMeta(_) => self.import_meta(frame),
            Expression::NewTarget(_) => match frame.class {
                Some(class) => Value::Object(class),
                None => Value::Unknown,
            },
            _ => self.eval_operator(expression, frame),
        }
    }

    fn eval_operator(&mut self, expression: &'a Expression<'a>, frame: &mut Frame) -> Value {
        match expression {
            Expression::AssignmentExpression(assignment) => self.assignment(assignment, frame),
            Expression::AwaitExpression(awaited) => {
                let value = self.eval(&awaited.argument, frame);
                self.settled(value)
            }
            Expression::YieldExpression(yielded) => {
                let value = yielded
                    .argument
                    .as_ref()
                    .map(|argument| self.eval(argument, frame));
                let value = self.settled(value.unwrap_or(Value::Undefined));
                frame.yields.push(value.clone());
                value
            }
            Expression::BinaryExpression(binary) => self.binary_expression(binary, frame),
            Expression::LogicalExpression(logical) => self.logical_expression(logical, frame),
            Expression::UnaryExpression(unary) => self.unary_expression(unary, frame),
            Expression::UpdateExpression(update) => self.update_expression(update, frame),
            Expression::ConditionalExpression(conditional) => {
                match self.condition(&conditional.test, frame) {
                    Truth::Yes => self.eval(&conditional.consequent, frame),
                    Truth::No | Truth::UnlessSet => self.eval(&conditional.alternate, frame),
                    Truth::Maybe => self.uncertainly(|machine| {
                        let first = machine.eval(&conditional.consequent, frame);
                        let second = machine.eval(&conditional.alternate, frame);
                        machine.choose(first, second)
                    }),
                }
            }
            Expression::SequenceExpression(sequence) => {
                let mut last = Value::Undefined;
                for expression in &sequence.expressions {
                    last = self.eval(expression, frame);
                }
                last
            }
            Expression::ParenthesizedExpression(inner) => self.eval(&inner.expression, frame),
            Expression::PrivateInExpression(_) => Value::Unknown,
            _ => self.eval_typescript(expression, frame),
        }
    }

    fn eval_typescript(&mut self, expression: &'a Expression<'a>, frame: &mut Frame) -> Value {
        match expression {
            Expression::TSAsExpression(inner) => self.eval(&inner.expression, frame),
            Expression::TSSatisfiesExpression(inner) => self.eval(&inner.expression, frame),
            Expression::TSTypeAssertion(inner) => self.eval(&inner.expression, frame),
            Expression::TSNonNullExpression(inner) => self.eval(&inner.expression, frame),
            Expression::TSInstantiationExpression(inner) => self.eval(&inner.expression, frame),
            _ => Value::Unknown,
        }
    }

    /// The truth of a condition.
    pub(crate) fn condition(&mut self, test: &'a Expression<'a>, frame: &mut Frame) -> Truth {
        let value = self.eval(test, frame);
        self.truth(&value)
    }

    fn chain(&mut self, element: &'a ChainElement<'a>, frame: &mut Frame) -> Value {
        let outer = std::mem::replace(&mut self.chain_cut, false);
        let value = match element {
            ChainElement::CallExpression(call) => self.call_expression(call, frame),
            ChainElement::TSNonNullExpression(inner) => self.eval(&inner.expression, frame),
            ChainElement::StaticMemberExpression(member) => {
                let object = self.eval(&member.object, frame);
                if self.cut(member.optional, &object) {
                    Value::Undefined
                } else {
                    let site = frame.site(&member.property);
                    self.get(&object, member.property.name.as_str(), site)
                }
            }
            ChainElement::ComputedMemberExpression(member) => {
                let object = self.eval(&member.object, frame);
                if self.cut(member.optional, &object) {
                    Value::Undefined
                } else {
                    let key = self.eval(&member.expression, frame);
                    self.get_computed(&object, &key, frame.site(&member.expression))
                }
            }
            ChainElement::PrivateFieldExpression(member) => {
                let object = self.eval(&member.object, frame);
                let key = private_key(member.field.name.as_str());
                self.get(&object, &key, frame.site(&member.field))
            }
        };
        self.chain_cut = outer;
        value
    }

    /// Whether an optional chain ends here because `object` is `undefined` or `null`.
    pub(crate) fn cut(&mut self, optional: bool, object: &Value) -> bool {
        if optional && object.is_nullish() {
            self.chain_cut = true;
        }
        self.chain_cut
    }

    /// What `await` gives: the value of a promise that is known to be settled.
    pub(crate) fn settled(&self, value: Value) -> Value {
        let mut value = value;
        for _ in 0..16 {
            match self.heap.kind(&value) {
                Some(Kind::Promise(inner)) => value = inner.clone(),
                _ => break,
            }
        }
        value
    }
}

/// The property under which `#name` is kept, apart from every public name.
pub(crate) fn private_key(name: &str) -> String {
    format!("#{name}")
}
