//! Values that ported code compares with or looks up: words that mean something to an application.

use std::collections::BTreeSet;

use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_function, walk_statement};
use isobar_migrate_model::code::{
    BinaryOperator, Element, Expression, Key, Program, Property, Statement, StatementKind,
};

/// More would only make a verification long.
const MOST: usize = 24;
const LONGEST: usize = 40;

/// Texts that the code of `program` compares with, branches on, or keeps in lists and as names in tables.
pub fn words_in_code(program: &Program) -> Vec<String> {
    let mut words = Words::default();
    for function in &program.functions {
        walk_function(&mut words, function);
    }
    let kept = program.constants.iter().map(|constant| &constant.value);
    for value in kept.chain(program.states.iter().map(|state| &state.seed)) {
        words.kept(value);
    }
    words.found.truncate(MOST);
    words.found
}

#[derive(Default)]
struct Words {
    found: Vec<String>,
    seen: BTreeSet<String>,
}

impl Words {
    fn text(&mut self, expression: &Expression) {
        if let Expression::Text { value } = expression {
            self.word(value);
        }
    }

    fn word(&mut self, text: &str) {
        let is_plain = |symbol: char| symbol.is_ascii_graphic();
        let fits = !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_plain);
        if fits && self.seen.insert(text.to_owned()) {
            self.found.push(text.to_owned());
        }
    }

    /// What a list holds, and what a table calls its entries.
    fn kept(&mut self, value: &Expression) {
        match value {
            Expression::Array { elements } => {
                for element in elements {
                    let (Element::Value { value } | Element::Spread { value, .. }) = element;
                    self.text(value);
                }
            }
            Expression::Object { properties } => {
                properties
                    .iter()
                    .filter_map(name)
                    .for_each(|name| self.word(name));
            }
            _ => {}
        }
    }
}

fn name(property: &Property) -> Option<&str> {
    match property {
        Property::Named {
            key: Key::Name { name },
            ..
        } => Some(name),
        _ => None,
    }
}

impl Visit for Words {
    fn statement(&mut self, statement: &Statement) {
        if let StatementKind::Switch { cases, .. } = &statement.kind {
            for value in cases.iter().flat_map(|case| &case.values) {
                self.text(value);
            }
        }
        walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &Expression) {
        if let Expression::Binary {
            operator:
                BinaryOperator::Same
                | BinaryOperator::NotSame
                | BinaryOperator::Equal
                | BinaryOperator::NotEqual,
            left,
            right,
        } = expression
        {
            self.text(left);
            self.text(right);
        }
        walk_expression(self, expression);
    }
}
