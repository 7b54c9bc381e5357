//! Loops.

use isobar_migrate_model::code::{Callee, Expression, Method, Statement, StatementKind};
use oxc_ast::ast;

use super::function::Lowering;
use super::pattern::{loop_variable, simple_name};
use super::statement::Lowered;
use super::{Refusal, text};

impl<'a> Lowering<'a, '_> {
    pub(super) fn for_of(&mut self, it: &'a ast::ForOfStatement<'a>) -> Lowered<StatementKind> {
        if it.r#await {
            return Err(Refusal::new(it, "for await"));
        }
        let values = self.iterable(&it.right)?;
        let text = match it.right.without_parentheses() {
            ast::Expression::CallExpression(call) => {
                format!(
                    "{} is not a function or its return value",
                    text::of(&call.callee)
                )
            }
            right => text::of(right),
        };
        self.scopes.open();
        let pattern = loop_pattern(&it.left)?;
        let local = loop_variable(self, simple_name(pattern));
        let mut body = Vec::new();
        if simple_name(pattern).is_none() {
            let text = Some(".for".to_owned());
            self.destructure(pattern, Expression::Local { local }, text, &mut body)?;
        }
        body.extend(self.branch(&it.body, false));
        self.scopes.close();
        Ok(StatementKind::ForOf {
            local,
            values,
            text,
            body,
            label: None,
        })
    }

    /// What a loop or a spread goes through: also the iterators of an array.
    pub(super) fn iterable(&mut self, values: &'a ast::Expression<'a>) -> Lowered<Expression> {
        let ast::Expression::CallExpression(call) = values.without_parentheses() else {
            return self.expression(values);
        };
        let ast::Expression::StaticMemberExpression(member) = call.callee.without_parentheses()
        else {
            return self.expression(values);
        };
        let method = match member.property.name.as_str() {
            "entries" => Method::Entries,
            "keys" => Method::Keys,
            "values" => Method::Values,
            _ => return self.expression(values),
        };
        if !call.arguments.is_empty() || call.optional || self.path(&call.callee).is_some() {
            return self.expression(values);
        }
        let receiver = Box::new(self.expression(&member.object)?);
        let text = text::of(&call.callee);
        Ok(Expression::Call {
            callee: Callee::Method {
                receiver,
                method,
                text,
            },
            arguments: Vec::new(),
        })
    }

    pub(super) fn for_in(&mut self, it: &'a ast::ForInStatement<'a>) -> Lowered<StatementKind> {
        let object = self.expression(&it.right)?;
        self.scopes.open();
        let pattern = loop_pattern(&it.left)?;
        if simple_name(pattern).is_none() {
            return Err(Refusal::new(pattern, "a pattern in for…in"));
        }
        let local = loop_variable(self, simple_name(pattern));
        let body = self.branch(&it.body, false);
        self.scopes.close();
        Ok(StatementKind::ForIn {
            local,
            object,
            body,
            label: None,
        })
    }

    pub(super) fn while_loop(&mut self, it: &'a ast::WhileStatement<'a>) -> Lowered<StatementKind> {
        let test = self.expression(&it.test)?;
        Ok(StatementKind::While {
            test,
            update: None,
            body: self.branch(&it.body, false),
            label: None,
        })
    }

    pub(super) fn do_while(&mut self, it: &'a ast::DoWhileStatement<'a>) -> Lowered<StatementKind> {
        let body = self.branch(&it.body, false);
        Ok(StatementKind::DoWhile {
            body,
            test: self.expression(&it.test)?,
            label: None,
        })
    }

    pub(super) fn for_loop(&mut self, it: &'a ast::ForStatement<'a>) -> Lowered<StatementKind> {
        self.scopes.open();
        let mut block = Vec::new();
        match &it.init {
            None => {}
            Some(ast::ForStatementInit::VariableDeclaration(declaration)) => {
                for declarator in &declaration.declarations {
                    self.loop_start(declarator, &mut block)?;
                }
            }
            Some(other) => return Err(Refusal::new(other, "this start of a for loop")),
        }
        let test = match &it.test {
            Some(test) => self.expression(test)?,
            None => Expression::Bool { value: true },
        };
        let update = it
            .update
            .as_ref()
            .map(|update| self.expression(update))
            .transpose()?;
        let body = self.branch(&it.body, false);
        self.scopes.close();
        let line = self.line(it);
        let kind = StatementKind::While {
            test,
            update,
            body,
            label: None,
        };
        block.push(Statement {
            comments: Vec::new(),
            line,
            kind,
        });
        Ok(StatementKind::Block { body: block })
    }

    fn loop_start(
        &mut self,
        declarator: &'a ast::VariableDeclarator<'a>,
        block: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let Some(name) = simple_name(&declarator.id) else {
            return Err(Refusal::new(declarator, "a pattern in a for loop"));
        };
        let value = declarator
            .init
            .as_ref()
            .map(|init| self.expression(init))
            .transpose()?;
        let local = self.declare(name);
        self.push(declarator, StatementKind::Let { local, value }, block);
        Ok(())
    }
}

fn loop_pattern<'a>(left: &'a ast::ForStatementLeft<'a>) -> Lowered<&'a ast::BindingPattern<'a>> {
    match left {
        ast::ForStatementLeft::VariableDeclaration(declaration) => {
            match declaration.declarations.first() {
                Some(declarator) => Ok(&declarator.id),
                None => Err(Refusal::new(left, "a loop without a variable")),
            }
        }
        _ => Err(Refusal::new(
            left,
            "a loop that assigns a variable declared outside of it",
        )),
    }
}
