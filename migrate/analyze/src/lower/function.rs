//! A whole function: its parameters and its body.

use std::collections::HashMap;

use isobar_migrate_model::Place;
use isobar_migrate_model::code::{
    Capture, Expression, Function, FunctionRole, LocalId, Parameter, Statement,
};
use oxc_ast::ast;
use oxc_span::{GetSpan, Span};

use super::scope::{Bound, Scopes};
use super::{Handle, Names, Refusal, Role, SourceFile, This, comments};

/// A function as it stands in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionSource<'a> {
    pub(crate) name: &'a str,
    pub(crate) span: Span,
    pub(crate) parameters: &'a ast::FormalParameters<'a>,
    pub(crate) body: Body<'a>,
    pub(crate) is_generator: bool,
}

/// The body of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    Statements(&'a [ast::Statement<'a>]),
    Expression(&'a ast::Expression<'a>),
}

/// What is known while one function is lowered.
pub(super) struct Lowering<'a, 'n> {
    pub(super) file: SourceFile<'a>,
    pub(super) names: &'n mut dyn Names,
    pub(super) scopes: Scopes,
    pub(super) refusals: Vec<Refusal>,
    pub(super) role: FunctionRole,
    captures: Vec<(String, LocalId)>,
    /// The variables that hold an instance of a class, and nothing else.
    pub(super) instances: HashMap<LocalId, Handle>,
    /// The labels of the loops around the code, innermost last.
    pub(super) labels: Vec<String>,
    /// Inside of a `try`: the loops that began in it.
    pub(super) loops_in_try: Option<u32>,
}

/// Lowers a function whose parameters take what `roles` says. All reasons against it are reported, not only the first.
pub(crate) fn lower<'a>(
    file: SourceFile<'a>,
    source: &FunctionSource<'a>,
    role: FunctionRole,
    (this, roles): (This, &[Role]),
    names: &mut dyn Names,
) -> Result<Lowered, Vec<Refusal>> {
    let mut lowering = Lowering::new(file, role, names);
    if source.is_generator {
        lowering
            .refusals
            .push(Refusal::new(&source.span, "a generator function"));
    }
    let function = lowering.function(source, this, roles);
    let captures = std::mem::take(&mut lowering.captures);
    if lowering.refusals.is_empty() {
        let captures = captures.into_iter().map(|(name, _)| name).collect();
        return Ok(Lowered { function, captures });
    }
    Err(lowering.refusals)
}

/// Lowers the value of a constant, which has no variables of its own.
pub(crate) fn lower_constant<'a>(
    file: SourceFile<'a>,
    value: &'a ast::Expression<'a>,
    names: &mut dyn Names,
) -> Result<Expression, Refusal> {
    let mut lowering = Lowering::new(file, FunctionRole::Plain, names);
    lowering.scopes.open();
    let expression = lowering.expression(value)?;
    if !lowering.scopes.locals.is_empty() {
        return Err(Refusal::new(value, "a constant with variables of its own"));
    }
    match lowering.refusals.pop() {
        None => Ok(expression),
        Some(refusal) => Err(refusal),
    }
}

/// A function, and the names of the factory's variables in the order of its captures.
pub(crate) struct Lowered {
    pub(crate) function: Function,
    pub(crate) captures: Vec<String>,
}

impl<'a, 'n> Lowering<'a, 'n> {
    pub(super) fn new(file: SourceFile<'a>, role: FunctionRole, names: &'n mut dyn Names) -> Self {
        Self {
            file,
            names,
            scopes: Scopes::default(),
            refusals: Vec::new(),
            role,
            captures: Vec::new(),
            instances: HashMap::new(),
            labels: Vec::new(),
            loops_in_try: None,
        }
    }
}

impl<'a> Lowering<'a, '_> {
    fn function(&mut self, source: &FunctionSource<'a>, this: This, roles: &[Role]) -> Function {
        self.scopes.open();
        let mut parameters = Vec::new();
        if let This::Instance(class) = this {
            let local = self.bind_this(class);
            parameters.push(Parameter {
                local,
                default: None,
                rest: false,
            });
        }
        let (taken, mut body) = self.parameters(source.parameters, roles);
        parameters.extend(taken);
        body.extend(self.body(source.body));
        self.check_captures();
        Function {
            name: source.name.to_owned(),
            place: Place::new(self.file.path, self.file.line(source.span.start)),
            comments: comments::before(&self.file, source.span.start),
            role: self.role,
            captures: self
                .captures
                .iter()
                .map(|(_, local)| Capture { local: *local })
                .collect(),
            parameters,
            locals: std::mem::take(&mut self.scopes.locals),
            body,
        }
    }

    /// A variable for what the factory's variable `name` holds.
    pub(super) fn capture(&mut self, name: &str) {
        let local = self.scopes.variable(name);
        self.scopes.bind_outermost(name, Bound::Local(local));
        self.captures.push((name.to_owned(), local));
    }

    /// The parameters, and what takes apart those that are patterns.
    pub(super) fn parameters(
        &mut self,
        parameters: &'a ast::FormalParameters<'a>,
        roles: &[Role],
    ) -> (Vec<Parameter>, Vec<Statement>) {
        let (mut lowered, mut body) = (Vec::new(), Vec::new());
        for (position, parameter) in parameters.items.iter().enumerate() {
            let role = roles.get(position).copied().unwrap_or(Role::Value);
            match self.parameter(parameter, role, &mut body) {
                Ok(parameter) => lowered.extend(parameter),
                Err(refusal) => self.refusals.push(refusal),
            }
        }
        if let Some(rest) = &parameters.rest {
            match &rest.rest.argument {
                ast::BindingPattern::BindingIdentifier(identifier) => {
                    let local = self.declare(identifier.name.as_str());
                    lowered.push(Parameter {
                        local,
                        default: None,
                        rest: true,
                    });
                }
                pattern => {
                    self.refusals
                        .push(Refusal::new(pattern, "a pattern as rest parameter"));
                }
            }
        }
        (lowered, body)
    }

    fn parameter(
        &mut self,
        parameter: &'a ast::FormalParameter<'a>,
        role: Role,
        body: &mut Vec<Statement>,
    ) -> Result<Option<Parameter>, Refusal> {
        let bound = match role {
            Role::Value => None,
            Role::Request => Some(Bound::Request),
            Role::Response => Some(Bound::Response),
            Role::Next => Some(Bound::Next),
        };
        if let Some(bound) = bound {
            self.bind_role(&parameter.pattern, bound, body)?;
            return Ok(None);
        }
        let default = match &parameter.initializer {
            Some(initializer) => Some(self.expression(initializer)?),
            None => None,
        };
        if let ast::BindingPattern::BindingIdentifier(identifier) = &parameter.pattern {
            let local = self.declare(identifier.name.as_str());
            return Ok(Some(Parameter {
                local,
                default,
                rest: false,
            }));
        }
        let local = self.scopes.variable("argument");
        let value = Expression::Local { local };
        let text = match (&parameter.pattern, &parameter.initializer) {
            (ast::BindingPattern::ArrayPattern(_), None) if !body.is_empty() => {
                let what = "an array pattern after another pattern";
                return Err(Refusal::new(&parameter.pattern, what));
            }
            (_, None) => String::new(),
            (ast::BindingPattern::ObjectPattern(_), Some(_)) => super::text::VALUE.repeat(3),
            (pattern, Some(_)) => {
                return Err(Refusal::new(pattern, "an array pattern with a default"));
            }
        };
        self.destructure(&parameter.pattern, value, Some(text), body)?;
        Ok(Some(Parameter {
            local,
            default,
            rest: false,
        }))
    }

    fn body(&mut self, body: Body<'a>) -> Vec<Statement> {
        match body {
            Body::Statements(statements) => self.function_body(statements, true),
            Body::Expression(expression) => self.arrow_body(expression).unwrap_or_else(|refusal| {
                self.refusals.push(refusal);
                Vec::new()
            }),
        }
    }

    /// A variable with a name of the source, in the innermost scope.
    pub(super) fn declare(&mut self, name: &str) -> LocalId {
        let local = self.scopes.variable(name);
        self.scopes.bind(name, Bound::Local(local));
        local
    }

    pub(super) fn line(&self, node: &impl GetSpan) -> u32 {
        self.file.line(node.span().start)
    }

    fn check_captures(&mut self) {
        let changing = self.scopes.changing_captures().map(|(offset, name)| {
            let message = format!("a function that uses the variable {name}, which changes");
            Refusal {
                obstacle: message.into(),
                offset,
            }
        });
        let changing: Vec<_> = changing.collect();
        self.refusals.extend(changing);
    }
}
