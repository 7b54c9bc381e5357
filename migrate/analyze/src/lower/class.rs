//! Constructors of classes whose instances requests make.

use isobar_migrate_model::Place;
use isobar_migrate_model::code::{
    Argument, AssignOperator, Builtin, Callee, ClassId, Expression, Function, FunctionRole, Key,
    LocalId, Parameter, Statement, StatementKind, Target,
};
use oxc_ast::ast;
use oxc_ast_visit::Visit;
use oxc_span::GetSpan;
use oxc_syntax::scope::ScopeFlags;

use super::control::at_line;
use super::function::{Lowered as LoweredFunction, Lowering};
use super::pattern::static_key;
use super::statement::Lowered;
use super::{Handle, Names, Refusal, Role, SourceFile, This, comments};

/// A class as it stands in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClassSource<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: &'a ast::Class<'a>,
    pub(crate) class: ClassId,
    pub(crate) parent: Parent,
    /// The class of the instance, which may be one that extends this one.
    pub(crate) exact: Handle,
    pub(crate) making: Making,
}

/// What a class extends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    Nothing,
    Class(Handle),
    Error,
}

/// Whether a constructor makes the instance, or is called by that of a class that extends its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Making {
    New,
    Part,
}

/// Lowers the constructor of a class, with the fields that it gives to an instance.
pub(crate) fn lower_constructor<'a>(
    file: SourceFile<'a>,
    source: &ClassSource<'a>,
    roles: &[Role],
    names: &mut dyn Names,
) -> Result<LoweredFunction, Vec<Refusal>> {
    let mut lowering = Lowering::new(file, FunctionRole::Plain, names);
    let function = lowering.constructor(source, roles);
    if lowering.refusals.is_empty() {
        let captures = Vec::new();
        return Ok(LoweredFunction { function, captures });
    }
    Err(lowering.refusals)
}

impl<'a> Lowering<'a, '_> {
    fn constructor(&mut self, source: &ClassSource<'a>, roles: &[Role]) -> Function {
        self.scopes.open();
        let this = self.bind_this(source.exact);
        let line = self.line(source.source);
        let mut parameters = Vec::new();
        if source.making == Making::Part {
            parameters.push(plain(this));
        }
        let own = constructor_of(source.source);
        let (taken, mut body) = match own {
            Some(own) => self.parameters(&own.params, roles),
            None => (self.forwarded(source, roles), Vec::new()),
        };
        let forwarded = taken.iter().map(|it| it.local).collect();
        parameters.extend(taken);
        if source.making == Making::New {
            let value = Some(Expression::Instance {
                class: source.class,
            });
            body.push(at_line(line, StatementKind::Let { local: this, value }));
        }
        match own {
            Some(own) => self.constructor_body(source, own, this, &mut body),
            None => self.default_constructor(source, this, forwarded, &mut body),
        }
        if source.making == Making::New {
            let value = Some(Expression::Local { local: this });
            body.push(at_line(line, StatementKind::Return { value }));
        }
        let word = match source.making {
            Making::New => "new",
            Making::Part => "init",
        };
        Function {
            name: format!("{word}{}", source.name),
            place: Place::new(self.file.path, line),
            comments: own
                .map(|own| comments::before(&self.file, own.span.start))
                .unwrap_or_default(),
            role: self.role,
            captures: Vec::new(),
            parameters,
            locals: std::mem::take(&mut self.scopes.locals),
            body,
        }
    }

    /// A variable for `this`, an instance of a class.
    pub(super) fn bind_this(&mut self, class: Handle) -> LocalId {
        let this = self.declare("this");
        self.instances.insert(this, class);
        this
    }

    /// The parameters of a class without a constructor of its own: those of the class above.
    fn forwarded(&mut self, source: &ClassSource<'a>, roles: &[Role]) -> Vec<Parameter> {
        if source.parent == Parent::Nothing {
            return Vec::new();
        }
        if roles.iter().any(|role| *role != Role::Value) {
            let refusal = Refusal::new(source.source, "an instance that is made of the request");
            self.refusals.push(refusal);
        }
        let name = match source.parent {
            Parent::Error => "message",
            _ => "argument",
        };
        let locals = roles.iter().map(|_| self.scopes.variable(name));
        locals.map(plain).collect()
    }

    fn default_constructor(
        &mut self,
        source: &ClassSource<'a>,
        this: LocalId,
        forwarded: Vec<LocalId>,
        body: &mut Vec<Statement>,
    ) {
        let given = forwarded.into_iter().map(|local| Argument::Value {
            value: Expression::Local { local },
        });
        let given: Vec<_> = given.collect();
        let roles = vec![Role::Value; given.len()];
        let made = match source.parent {
            Parent::Nothing => Ok(()),
            _ => self
                .super_step(source, (this, given, roles), source.source)
                .map(|step| self.push(source.source, step, body)),
        };
        let fields = made.and_then(|()| self.fields(source, this, body));
        self.refusals.extend(fields.err());
    }

    fn constructor_body(
        &mut self,
        source: &ClassSource<'a>,
        own: &'a ast::Function<'a>,
        this: LocalId,
        body: &mut Vec<Statement>,
    ) {
        let statements = own.body.as_ref().map_or(&[][..], |body| &body.statements);
        let mut returns = ReturnSearch(false);
        own.body
            .iter()
            .for_each(|it| returns.visit_function_body(it));
        if returns.0 {
            self.refusals
                .push(Refusal::new(own, "a constructor that returns"));
        }
        if source.parent == Parent::Nothing {
            let fields = self.fields(source, this, body);
            self.refusals.extend(fields.err());
            body.extend(self.function_body(statements, false));
            return;
        }
        let position = statements.iter().position(|it| super_call(it).is_some());
        let Some(position) = position else {
            let refusal = Refusal::new(own, "super() that is no statement of the constructor");
            self.refusals.push(refusal);
            return;
        };
        body.extend(self.function_body(&statements[..position], false));
        if let Some(call) = super_call(&statements[position]) {
            let made = self.super_statement(source, this, call, body);
            let made = made.and_then(|()| self.fields(source, this, body));
            self.refusals.extend(made.err());
        }
        body.extend(self.function_body(&statements[position + 1..], false));
    }

    fn super_statement(
        &mut self,
        source: &ClassSource<'a>,
        this: LocalId,
        call: &'a ast::CallExpression<'a>,
        body: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let roles: Vec<Role> = call.arguments.iter().map(|it| self.role_of(it)).collect();
        let arguments = self.arguments_of(&call.arguments, &roles)?;
        let step = self.super_step(source, (this, arguments, roles), call)?;
        self.push(call, step, body);
        Ok(())
    }

    /// What `super(…)` does to the instance.
    fn super_step(
        &mut self,
        source: &ClassSource<'a>,
        (this, mut arguments, roles): (LocalId, Vec<Argument>, Vec<Role>),
        node: &impl GetSpan,
    ) -> Lowered<StatementKind> {
        let value = Expression::Local { local: this };
        let callee = if let Parent::Class(parent) = source.parent {
            let this = This::Instance(source.exact);
            let callable = self.names.constructor(parent, this, &roles);
            let callable = callable.map_err(|obstacle| Refusal::new(node, obstacle))?;
            Callee::Function {
                function: callable.function,
            }
        } else {
            if arguments.len() > 1 || matches!(arguments[..], [Argument::Spread { .. }]) {
                return Err(Refusal::new(node, "super() with these arguments"));
            }
            let absent = Expression::Undefined;
            arguments.resize(1, Argument::Value { value: absent });
            Callee::Builtin {
                builtin: Builtin::SuperError,
            }
        };
        arguments.insert(0, Argument::Value { value });
        let expression = Expression::Call { callee, arguments };
        Ok(StatementKind::Expression { expression })
    }

    /// The fields that a class declares.
    fn fields(
        &mut self,
        source: &ClassSource<'a>,
        this: LocalId,
        body: &mut Vec<Statement>,
    ) -> Lowered<()> {
        for element in &source.source.body.body {
            let ast::ClassElement::PropertyDefinition(field) = element else {
                continue;
            };
            if field.r#static || field.declare {
                continue;
            }
            let Some(name) = static_key(&field.key, field.computed) else {
                return Err(Refusal::new(&**field, "a field without a public name"));
            };
            let value = match &field.value {
                Some(value) => self.expression(value)?,
                None => Expression::Undefined,
            };
            let object = Box::new(Expression::Local { local: this });
            let key = Key::Name { name };
            let expression = Expression::Assign {
                target: Target::Property { object, key },
                operator: AssignOperator::Set,
                value: Box::new(value),
            };
            self.push(&**field, StatementKind::Expression { expression }, body);
        }
        Ok(())
    }
}

fn plain(local: LocalId) -> Parameter {
    Parameter {
        local,
        default: None,
        rest: false,
    }
}

/// The constructor that a class has of its own.
pub(crate) fn constructor_of<'a>(class: &'a ast::Class<'a>) -> Option<&'a ast::Function<'a>> {
    class.body.body.iter().find_map(|element| match element {
        ast::ClassElement::MethodDefinition(method)
            if method.kind == ast::MethodDefinitionKind::Constructor =>
        {
            Some(&*method.value)
        }
        _ => None,
    })
}

fn super_call<'a>(statement: &'a ast::Statement<'a>) -> Option<&'a ast::CallExpression<'a>> {
    let ast::Statement::ExpressionStatement(statement) = statement else {
        return None;
    };
    match statement.expression.without_parentheses() {
        ast::Expression::CallExpression(call)
            if matches!(call.callee, ast::Expression::Super(_)) =>
        {
            Some(call)
        }
        _ => None,
    }
}

struct ReturnSearch(bool);

impl<'a> Visit<'a> for ReturnSearch {
    fn visit_return_statement(&mut self, _: &ast::ReturnStatement<'a>) {
        self.0 = true;
    }

    fn visit_function(&mut self, _: &ast::Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ast::ArrowFunctionExpression<'a>) {}
}
