//! Names and patterns on the left of a value.

use isobar_migrate_model::code::{
    Element, Expression, LocalId, RequestMember, ResponseMember, Statement, StatementKind,
};
use oxc_ast::ast;

use super::function::Lowering;
use super::scope::Bound;
use super::statement::Lowered;
use super::{Handle, Named, Refusal, text};

/// What is bound or taken apart.
pub(super) enum Source {
    /// A value, with its text for error messages; none where V8 has none.
    Value {
        value: Expression,
        text: Option<String>,
    },
    /// A closure, and where it begins.
    Closure(Expression, u32),
    /// The request, the response or `next` as a whole.
    Whole(Bound),
    /// Something outside of the function that is no value.
    Named(Named),
}

impl<'a> Lowering<'a, '_> {
    /// Binds a pattern to what it is declared with.
    pub(super) fn bind(
        &mut self,
        pattern: &'a ast::BindingPattern<'a>,
        source: Source,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        match source {
            Source::Value { value, text } => match pattern {
                ast::BindingPattern::BindingIdentifier(identifier) => {
                    let local = self.declare(identifier.name.as_str());
                    self.push(
                        pattern,
                        StatementKind::Let {
                            local,
                            value: Some(value),
                        },
                        out,
                    );
                    Ok(())
                }
                _ => self.destructure(pattern, value, text, out),
            },
            Source::Closure(closure, offset) => {
                let ast::BindingPattern::BindingIdentifier(identifier) = pattern else {
                    return Err(Refusal::new(
                        pattern,
                        "a pattern that takes a function apart",
                    ));
                };
                let local = self.scopes.variable(identifier.name.as_str());
                self.scopes
                    .bind(identifier.name.as_str(), Bound::Closure(local));
                let kind = StatementKind::Let {
                    local,
                    value: Some(closure),
                };
                out.push(Statement {
                    comments: Vec::new(),
                    line: self.file.line(offset),
                    kind,
                });
                Ok(())
            }
            Source::Whole(bound) => self.bind_role(pattern, bound, out),
            Source::Named(named) => self.bind_named(pattern, &named, out),
        }
    }

    /// Binds the request, the response or `next`.
    pub(super) fn bind_role(
        &mut self,
        pattern: &'a ast::BindingPattern<'a>,
        bound: Bound,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let object = match pattern {
            ast::BindingPattern::BindingIdentifier(identifier) => {
                self.scopes.bind(identifier.name.as_str(), bound);
                return Ok(());
            }
            ast::BindingPattern::ObjectPattern(object) if object.rest.is_none() => object,
            _ => {
                return Err(Refusal::new(
                    pattern,
                    "this pattern on the request or response",
                ));
            }
        };
        for property in &object.properties {
            let Some(name) = static_key(&property.key, property.computed) else {
                return Err(Refusal::new(property, "a computed name in a pattern"));
            };
            let value = match &bound {
                Bound::Request => Expression::Request {
                    member: request_member(&name),
                },
                Bound::Response => match ResponseMember::from_name(&name) {
                    Some(member) => Expression::Response { member },
                    None => return Err(Refusal::new(property, format!("res.{name} as a value"))),
                },
                _ => return Err(Refusal::new(property, "a pattern on next")),
            };
            super::member::refuse_request_member(&value, property)?;
            self.destructure(&property.value, value, None, out)?;
        }
        Ok(())
    }

    /// Takes a value apart.
    pub(super) fn destructure(
        &mut self,
        pattern: &'a ast::BindingPattern<'a>,
        value: Expression,
        text: Option<String>,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        match pattern {
            ast::BindingPattern::BindingIdentifier(_) => {
                self.bind(pattern, Source::Value { value, text }, out)
            }
            ast::BindingPattern::AssignmentPattern(assignment) => {
                let text = match &assignment.left {
                    ast::BindingPattern::BindingIdentifier(_) => None,
                    // Where the first property has a default as well, V8 shows neither.
                    ast::BindingPattern::ObjectPattern(object)
                        if matches!(
                            object.properties.first().map(|first| &first.value),
                            Some(ast::BindingPattern::AssignmentPattern(_))
                        ) =>
                    {
                        None
                    }
                    ast::BindingPattern::ObjectPattern(_) => Some(default_text(assignment)?),
                    left => {
                        return Err(Refusal::new(left, "this pattern with a default"));
                    }
                };
                let default = Box::new(self.expression(&assignment.right)?);
                let value = Expression::Default {
                    value: Box::new(value),
                    default,
                };
                self.destructure(&assignment.left, value, text, out)
            }
            ast::BindingPattern::ObjectPattern(object) => {
                if object.properties.is_empty() {
                    return Err(Refusal::new(pattern, "a pattern that names no property"));
                }
                let source = self.kept(value, pattern, out);
                self.object_pattern(object, &source, text.as_deref(), out)
            }
            ast::BindingPattern::ArrayPattern(array) => {
                if let Expression::All { .. } = value {
                    let source = self.kept(value, pattern, out);
                    return self.array_pattern(array, &source, out);
                }
                let text = text.unwrap_or_default();
                let elements = vec![Element::Spread { value, text }];
                let source = self.kept(Expression::Array { elements }, pattern, out);
                self.array_pattern(array, &source, out)
            }
        }
    }

    fn object_pattern(
        &mut self,
        object: &'a ast::ObjectPattern<'a>,
        source: &Expression,
        text: Option<&str>,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let mut names = Vec::new();
        for property in &object.properties {
            let Some(name) = static_key(&property.key, property.computed) else {
                return Err(Refusal::new(property, "a computed name in a pattern"));
            };
            if let ast::BindingPattern::ArrayPattern(inner) = &property.value {
                return Err(Refusal::new(
                    &**inner,
                    "an array pattern inside of an object pattern",
                ));
            }
            let value = Expression::Destructured {
                object: Box::new(source.clone()),
                property: name.clone(),
                text: text_before(property, text, names.is_empty())?,
            };
            self.destructure(&property.value, value, None, out)?;
            names.push(name);
        }
        if let Some(rest) = &object.rest {
            let value = Expression::Rest {
                object: Box::new(source.clone()),
                without: names,
            };
            self.bind(&rest.argument, Source::Value { value, text: None }, out)?;
        }
        Ok(())
    }

    fn array_pattern(
        &mut self,
        array: &'a ast::ArrayPattern<'a>,
        source: &Expression,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        for (position, element) in array.elements.iter().enumerate() {
            if let Some(element) = element {
                let value = Expression::Index {
                    object: Box::new(source.clone()),
                    index: Box::new(number(position)),
                };
                self.destructure(element, value, None, out)?;
            }
        }
        if let Some(rest) = &array.rest {
            let value = slice_from(source.clone(), array.elements.len());
            self.bind(&rest.argument, Source::Value { value, text: None }, out)?;
        }
        Ok(())
    }

    /// `value` in a form that can be read several times.
    fn kept(
        &mut self,
        value: Expression,
        pattern: &ast::BindingPattern<'a>,
        out: &mut Vec<Statement>,
    ) -> Expression {
        if matches!(value, Expression::Local { .. }) {
            return value;
        }
        let local = self.scopes.variable(&name_for(&value));
        self.push(
            pattern,
            StatementKind::Let {
                local,
                value: Some(value),
            },
            out,
        );
        Expression::Local { local }
    }

    fn bind_named(
        &mut self,
        pattern: &'a ast::BindingPattern<'a>,
        named: &Named,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        match pattern {
            ast::BindingPattern::BindingIdentifier(identifier) => {
                if let Some(value) = named_value(named) {
                    return self.bind(pattern, Source::Value { value, text: None }, out);
                }
                if let Named::Refused(message) = named {
                    return Err(Refusal::new(pattern, message.clone()));
                }
                if let Named::Getter(_) = named {
                    return Err(Refusal::new(pattern, "a getter in a pattern"));
                }
                self.scopes
                    .bind(identifier.name.as_str(), Bound::Alias(named.clone()));
                Ok(())
            }
            ast::BindingPattern::ObjectPattern(object) if object.rest.is_none() => {
                let mut properties = object.properties.iter();
                properties.try_for_each(|property| self.bind_member(property, named, out))
            }
            _ => Err(Refusal::new(pattern, "this pattern on a module")),
        }
    }

    fn bind_member(
        &mut self,
        property: &'a ast::BindingProperty<'a>,
        named: &Named,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let Some(name) = static_key(&property.key, property.computed) else {
            return Err(Refusal::new(property, "a computed name in a pattern"));
        };
        let member = self.named_member(named, &name);
        match named_value(&member) {
            Some(value) => self.destructure(&property.value, value, None, out),
            None => self.bind_named(&property.value, &member, out),
        }
    }

    pub(super) fn named_member(&mut self, named: &Named, property: &str) -> Named {
        match named {
            Named::Namespace(handle) => self.member_of(*handle, property),
            Named::Environment => Named::Setting(property.to_owned()),
            Named::Refused(message) => Named::Refused(message.clone()),
            _ => Named::Refused(format!("the property {property} of a function").into()),
        }
    }

    fn member_of(&mut self, handle: Handle, property: &str) -> Named {
        self.names.member(handle, property)
    }
}

/// What V8 says in the place of an object that a pattern with a default takes apart: the text of the default.
fn default_text(assignment: &ast::AssignmentPattern<'_>) -> Lowered<String> {
    match assignment.right.without_parentheses() {
        ast::Expression::ObjectExpression(object) if object.properties.is_empty() => {
            Ok("{}".to_owned())
        }
        default @ (ast::Expression::Identifier(_) | ast::Expression::StaticMemberExpression(_)) => {
            Ok(text::of(default))
        }
        default => Err(Refusal::new(default, "this default of a pattern")),
    }
}

/// The text of an object before one of its properties is taken. Where the first one is taken apart in turn and has a
/// default, V8 shows that in the place of the object.
fn text_before(
    property: &ast::BindingProperty<'_>,
    text: Option<&str>,
    is_first: bool,
) -> Lowered<Option<String>> {
    match &property.value {
        ast::BindingPattern::AssignmentPattern(assignment)
            if is_first && matches!(assignment.left, ast::BindingPattern::ObjectPattern(_)) =>
        {
            match text {
                Some(_) => default_text(assignment).map(Some),
                None => Err(Refusal::new(
                    property,
                    "a pattern with a default at this depth",
                )),
            }
        }
        _ => Ok(text.map(str::to_owned)),
    }
}

/// What V8 says of a value that an array pattern cannot take apart; empty where it names the value.
pub(super) fn iterable_text(init: &ast::Expression<'_>) -> String {
    match init {
        ast::Expression::Identifier(name) => name.name.to_string(),
        ast::Expression::CallExpression(call) => {
            let callee = text::of(&call.callee);
            format!("{callee} is not a function or its return value")
        }
        _ => String::new(),
    }
}

/// The expression for a name that stands for a value.
pub(super) fn named_value(named: &Named) -> Option<Expression> {
    Some(match named {
        Named::Constant(constant) => Expression::Constant {
            constant: *constant,
        },
        Named::State(state) => Expression::State { state: *state },
        Named::Setting(name) => Expression::Setting { name: name.clone() },
        Named::Literal(value) => value.clone(),
        _ => return None,
    })
}

/// A member of the request, known to Express or set by middleware.
pub(super) fn request_member(name: &str) -> RequestMember {
    match name {
        "params" => RequestMember::Params,
        "query" => RequestMember::Query,
        "body" => RequestMember::Body,
        "headers" => RequestMember::Headers,
        "cookies" => RequestMember::Cookies,
        "signedCookies" => RequestMember::SignedCookies,
        "method" => RequestMember::Method,
        "path" => RequestMember::Path,
        "url" => RequestMember::Url,
        "originalUrl" => RequestMember::OriginalUrl,
        "baseUrl" => RequestMember::BaseUrl,
        "hostname" => RequestMember::Hostname,
        "protocol" => RequestMember::Protocol,
        "secure" => RequestMember::Secure,
        "ip" => RequestMember::Ip,
        "xhr" => RequestMember::Xhr,
        other => RequestMember::Property(other.to_owned()),
    }
}

pub(super) fn static_key(key: &ast::PropertyKey<'_>, computed: bool) -> Option<String> {
    match key {
        ast::PropertyKey::StaticIdentifier(name) if !computed => Some(name.name.to_string()),
        ast::PropertyKey::StringLiteral(name) if !name.lone_surrogates => {
            Some(name.value.to_string())
        }
        ast::PropertyKey::NumericLiteral(number) if number.value.fract() == 0.0 => {
            let small = number.value.abs() < 1e15;
            small.then(|| format!("{}", number.value))
        }
        _ => None,
    }
}

/// A fitting name for a variable that holds `value`.
fn name_for(value: &Expression) -> String {
    match value {
        Expression::Request { member } => match member {
            RequestMember::Property(name) => name.clone(),
            RequestMember::Params => "params".to_owned(),
            RequestMember::Query => "query".to_owned(),
            RequestMember::Body => "body".to_owned(),
            RequestMember::Headers => "headers".to_owned(),
            _ => "part".to_owned(),
        },
        Expression::Member { property, .. } | Expression::Destructured { property, .. } => {
            property.clone()
        }
        Expression::Default { value, .. } => name_for(value),
        Expression::Array { .. } => "values".to_owned(),
        _ => "source".to_owned(),
    }
}

pub(super) fn number(position: usize) -> Expression {
    let position = u32::try_from(position).unwrap_or(u32::MAX);
    Expression::Number {
        value: f64::from(position),
    }
}

/// `source.slice(start)`, where `source` is an array that was just made.
pub(super) fn slice_from(source: Expression, start: usize) -> Expression {
    use isobar_migrate_model::code::{Argument, Callee, Method};
    Expression::Call {
        callee: Callee::Method {
            receiver: Box::new(source),
            method: Method::Slice,
            text: "slice".to_owned(),
        },
        arguments: vec![Argument::Value {
            value: number(start),
        }],
    }
}

/// Used where a pattern binds a single variable.
pub(super) fn simple_name<'a>(pattern: &'a ast::BindingPattern<'a>) -> Option<&'a str> {
    match pattern {
        ast::BindingPattern::BindingIdentifier(identifier) => Some(identifier.name.as_str()),
        _ => None,
    }
}

/// The variable of a loop or a `catch`, before its pattern is taken apart.
pub(super) fn loop_variable(lowering: &mut Lowering<'_, '_>, name: Option<&str>) -> LocalId {
    match name {
        Some(name) => lowering.declare(name),
        None => lowering.scopes.variable("item"),
    }
}
