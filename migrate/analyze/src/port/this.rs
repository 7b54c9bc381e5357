//! What `this` is in a function.

use oxc_ast::ast;
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;

use super::{Entity, Porter};
use crate::lower::{Named, This};
use crate::machine::function::{Closure, Code};
use crate::machine::value::{ModuleId, Value};
use isobar_migrate_model::code::Expression;

impl<'a> Porter<'_, 'a> {
    /// What a value is as `this`.
    pub(super) fn this_of(&mut self, value: &Value) -> This {
        match value {
            Value::Object(id) => This::Known(self.handle(Entity::Object(*id))),
            Value::Undefined => This::Nobody,
            _ => This::Unknown,
        }
    }

    /// What `this` is in a function that is called on `given`; nobody where the function does not ask.
    pub(super) fn this_in(&mut self, closure: &Closure<'a>, given: This) -> This {
        if !asks_for_this(closure.code) {
            return This::Nobody;
        }
        match (&closure.code, &closure.lexical) {
            (Code::Arrow(_), Some((this, _))) => match this.clone() {
                // An arrow function has no `this` of its own that could be the global object.
                Value::Undefined => This::Unknown,
                this => self.this_of(&this),
            },
            _ => given,
        }
    }

    /// What `this` is in a function that is called without an object: `undefined` in strict code.
    pub(super) fn unbound_this(&self, module: ModuleId, span: Span) -> Named {
        if self.is_strict(module, span) {
            Named::Literal(Expression::Undefined)
        } else {
            Named::Refused("this, which is the global object".into())
        }
    }

    fn is_strict(&self, module: ModuleId, span: Span) -> bool {
        if self.machine.modules[module.0 as usize].is_es_module {
            return true;
        }
        let Some(source) = self.machine.source(module) else {
            return false;
        };
        let mut search = StrictSearch {
            around: span,
            found: is_strict_body(&source.program.directives),
        };
        search.visit_program(source.program);
        search.found
    }
}

fn is_strict_body(directives: &[ast::Directive<'_>]) -> bool {
    directives.iter().any(|it| it.directive == "use strict")
}

/// Looks for strict code around a place.
struct StrictSearch {
    around: Span,
    found: bool,
}

impl StrictSearch {
    fn covers(&self, span: Span) -> bool {
        span.start <= self.around.start && self.around.end <= span.end
    }
}

impl<'a> Visit<'a> for StrictSearch {
    fn visit_class(&mut self, class: &ast::Class<'a>) {
        self.found |= self.covers(class.span);
        walk::walk_class(self, class);
    }

    fn visit_function(&mut self, function: &ast::Function<'a>, flags: ScopeFlags) {
        if self.covers(function.span) {
            let body = function.body.as_ref();
            self.found |= body.is_some_and(|body| is_strict_body(&body.directives));
            walk::walk_function(self, function, flags);
        }
    }
}

/// Whether a function looks at its `this`, itself or in arrow functions.
fn asks_for_this(code: Code<'_>) -> bool {
    let mut search = ThisSearch(false);
    match code {
        Code::Function(function) => {
            search.visit_formal_parameters(&function.params);
            function
                .body
                .iter()
                .for_each(|body| search.visit_function_body(body));
        }
        Code::Arrow(arrow) => search.visit_arrow_function_expression(arrow),
        Code::Class(_) => return true,
    }
    search.0
}

struct ThisSearch(bool);

impl<'a> Visit<'a> for ThisSearch {
    fn visit_this_expression(&mut self, _: &ast::ThisExpression) {
        self.0 = true;
    }

    fn visit_super(&mut self, _: &ast::Super) {
        self.0 = true;
    }

    fn visit_function(&mut self, _: &ast::Function<'a>, _: ScopeFlags) {
        // It has a `this` of its own.
    }
}
