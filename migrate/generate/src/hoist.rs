//! Takes what depends on the request's path alone out of callbacks, so that it is worked out once and not for each element.
//!
//! `list.find((it) => it.id === Number(req.params.id))` is how most applications look for one element. JavaScript
//! works the number out for each of them, which nothing can notice: the parameters do not change while an array
//! method runs, and neither reading nor converting them has an effect or fails.

use isobar_migrate_model::code::visit;
use isobar_migrate_model::code::visit_mut::{self, Visit as _};
use isobar_migrate_model::code::{
    Argument, Builtin, Callee, Expression, Local, LocalId, Program, RequestMember, Statement,
    StatementKind, Target,
};

/// The program with such values in variables of their own, before the statement whose callbacks use them.
pub(crate) fn out_of_callbacks(program: &Program) -> Program {
    let mut program = program.clone();
    let parameters = if changes_parameters(&program) {
        Parameters::MayChange
    } else {
        Parameters::Stay
    };
    for function in &mut program.functions {
        let body = std::mem::take(&mut function.body);
        function.body = of_statements(body, &mut function.locals, parameters);
    }
    program
}

/// What the code of an application does with `req.params`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parameters {
    /// It only ever reads single parameters.
    Stay,
    MayChange,
}

/// Whether code may change `req.params`: it assigns to it, or does something else than to read single parameters.
fn changes_parameters(program: &Program) -> bool {
    let mut uses = Uses::default();
    for function in &program.functions {
        visit::walk_function(&mut uses, function);
    }
    uses.change
}

#[derive(Default)]
struct Uses {
    change: bool,
}

impl visit::Visit for Uses {
    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Member { object, .. } | Expression::Destructured { object, .. }
                if is_parameters(object) => {}
            it if is_parameters(it) => self.change = true,
            it => visit::walk_expression(self, it),
        }
    }

    fn target(&mut self, target: &Target) {
        self.change |= matches!(target, Target::Request { name } if name == "params");
        visit::walk_target(self, target);
    }
}

/// Whether a statement does anything that can change an object, blocks within it aside.
fn changes_objects(statement: &Statement) -> bool {
    let mut effects = Effects::default();
    visit::walk_statement(&mut effects, statement);
    effects.change
}

#[derive(Default)]
struct Effects {
    change: bool,
    /// How many callbacks are around what is being looked at.
    depth: u32,
}

impl visit::Visit for Effects {
    fn statement(&mut self, statement: &Statement) {
        if self.depth > 0 {
            visit::walk_statement(self, statement);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        let callback = u32::from(matches!(expression, Expression::Closure { .. }));
        self.change |= match expression {
            Expression::Call { callee, .. } => match callee {
                Callee::Function { .. } | Callee::Local { .. } => true,
                Callee::Builtin { builtin } => *builtin == Builtin::ObjectAssign,
                Callee::Method { .. } | Callee::Request { .. } => false,
            },
            // A function that stands for a value is a callback.
            Expression::Delete { .. } | Expression::Next { .. } | Expression::Function { .. } => {
                true
            }
            _ => false,
        };
        self.depth += callback;
        visit::walk_expression(self, expression);
        self.depth -= callback;
    }

    fn target(&mut self, target: &Target) {
        self.change |= matches!(target, Target::Property { .. } | Target::Request { .. });
        visit::walk_target(self, target);
    }
}

fn of_statements(
    statements: Vec<Statement>,
    locals: &mut Vec<Local>,
    parameters: Parameters,
) -> Vec<Statement> {
    let mut written = Vec::with_capacity(statements.len());
    for mut statement in statements {
        for block in blocks(&mut statement.kind) {
            *block = of_statements(std::mem::take(block), locals, parameters);
        }
        if parameters == Parameters::MayChange && changes_objects(&statement) {
            written.push(statement);
            continue;
        }
        let mut callbacks = Callbacks {
            depth: 0,
            hoisted: Vec::new(),
            locals,
        };
        visit_mut::walk_statement(&mut callbacks, &mut statement);
        let mut comments = std::mem::take(&mut statement.comments);
        for (local, value) in callbacks.hoisted {
            written.push(Statement {
                comments: std::mem::take(&mut comments),
                line: statement.line,
                kind: StatementKind::Let {
                    local,
                    value: Some(value),
                },
            });
        }
        statement.comments.extend(comments);
        written.push(statement);
    }
    written
}

/// The statements within a statement.
fn blocks(statement: &mut StatementKind) -> Vec<&mut Vec<Statement>> {
    match statement {
        StatementKind::If {
            then, otherwise, ..
        } => vec![then, otherwise],
        StatementKind::While { body, .. }
        | StatementKind::ForOf { body, .. }
        | StatementKind::ForIn { body, .. }
        | StatementKind::Block { body } => vec![body],
        StatementKind::Switch { cases, .. } => cases.iter_mut().map(|it| &mut it.body).collect(),
        StatementKind::Try {
            body,
            catch,
            finally,
        } => {
            let catch = catch.as_mut().map(|it| &mut it.body);
            [body, finally].into_iter().chain(catch).collect()
        }
        StatementKind::Format { cases, default } => {
            let cases = cases.iter_mut().map(|it| &mut it.body);
            cases.chain(default).collect()
        }
        _ => Vec::new(),
    }
}

/// The callbacks of array methods in the expressions of one statement.
struct Callbacks<'f> {
    /// How many callbacks are around what is being looked at.
    depth: u32,
    hoisted: Vec<(LocalId, Expression)>,
    locals: &'f mut Vec<Local>,
}

impl visit_mut::Visit for Callbacks<'_> {
    fn statement(&mut self, statement: &mut Statement) {
        if self.depth > 0 {
            visit_mut::walk_statement(self, statement);
        }
    }

    fn expression(&mut self, expression: &mut Expression) {
        if self.depth > 0 && is_of_parameters(expression) {
            let value = std::mem::replace(expression, Expression::Undefined);
            *expression = Expression::Local {
                local: self.hoist(value),
            };
            return;
        }
        let is_call = matches!(
            expression,
            Expression::Call {
                callee: Callee::Method { .. },
                ..
            }
        );
        // A callback that is kept and called later may be called when the parameters are others.
        let runs_later = self.depth == 0 && matches!(expression, Expression::Closure { .. });
        if runs_later {
            return;
        }
        if !is_call {
            return visit_mut::walk_expression(self, expression);
        }
        let Expression::Call { callee, arguments } = expression else {
            return;
        };
        if let Callee::Method { receiver, .. } = callee {
            self.expression(receiver);
        }
        for argument in arguments {
            self.argument(argument);
        }
    }
}

impl Callbacks<'_> {
    fn argument(&mut self, argument: &mut Argument) {
        match argument {
            Argument::Value {
                value: callback @ Expression::Closure { .. },
            } => {
                self.depth += 1;
                visit_mut::walk_expression(self, callback);
                self.depth -= 1;
            }
            Argument::Value { value } | Argument::Spread { value, .. } => self.expression(value),
            Argument::Request | Argument::Response => {}
        }
    }

    /// The variable for `value`.
    fn hoist(&mut self, value: Expression) -> LocalId {
        if let Some((local, _)) = self.hoisted.iter().find(|(_, known)| *known == value) {
            return *local;
        }
        let local = LocalId(self.locals.len());
        self.locals.push(Local {
            name: parameter(&value).unwrap_or("parameter").to_owned(),
            assigned: false,
        });
        self.hoisted.push((local, value));
        local
    }
}

/// A parameter of the path, or a conversion of one that has no effect and cannot fail.
fn is_of_parameters(expression: &Expression) -> bool {
    parameter(expression).is_some()
}

/// The name of the parameter in such an expression.
fn parameter(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Member { object, property } if is_parameters(object) => Some(property),
        Expression::Call {
            callee: Callee::Builtin { builtin },
            arguments,
        } if is_conversion(*builtin) => {
            let (Argument::Value { value }, rest) = arguments.split_first()? else {
                return None;
            };
            let is_literal = |it: &Argument| {
                matches!(
                    it,
                    Argument::Value {
                        value: Expression::Number { .. }
                    }
                )
            };
            rest.iter()
                .all(is_literal)
                .then(|| parameter(value))
                .flatten()
        }
        _ => None,
    }
}

fn is_conversion(builtin: Builtin) -> bool {
    matches!(
        builtin,
        Builtin::Number | Builtin::String | Builtin::ParseInt | Builtin::ParseFloat
    )
}

fn is_parameters(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::Request {
            member: RequestMember::Params
        }
    )
}
