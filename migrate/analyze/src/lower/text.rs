//! Expressions as V8 writes them in error messages.

use oxc_ast::ast::Expression;

/// What stands for everything that V8 does not write out.
pub(super) const VALUE: &str = "(intermediate value)";

/// The text of an expression, after `CallPrinter` of V8 (`src/ast/prettyprinter.cc`).
pub(super) fn of(expression: &Expression<'_>) -> String {
    match expression {
        Expression::Identifier(identifier) => identifier.name.to_string(),
        Expression::ThisExpression(_) => "this".to_owned(),
        Expression::StringLiteral(text) => format!("\"{}\"", text.value),
        Expression::NullLiteral(_) => "null".to_owned(),
        Expression::BooleanLiteral(literal) => literal.value.to_string(),
        Expression::NumericLiteral(literal) => literal.raw_str().into_owned(),
        Expression::StaticMemberExpression(member) => {
            let dot = if member.optional { "?." } else { "." };
            format!("{}{dot}{}", of(&member.object), member.property.name)
        }
        Expression::ComputedMemberExpression(member) => match &member.expression {
            Expression::StringLiteral(name) => format!("{}.{}", of(&member.object), name.value),
            index => format!("{}[{}]", of(&member.object), of(index)),
        },
        Expression::CallExpression(call) => format!("{}(...)", of(&call.callee)),
        Expression::ParenthesizedExpression(inner) => of(&inner.expression),
        Expression::LogicalExpression(logical) => {
            let operator = logical.operator.as_str();
            format!("({} {operator} {})", of(&logical.left), of(&logical.right))
        }
        Expression::BinaryExpression(binary) => {
            let operator = binary.operator.as_str();
            format!("({} {operator} {})", of(&binary.left), of(&binary.right))
        }
        Expression::ConditionalExpression(_) => VALUE.repeat(3),
        Expression::ArrayExpression(array) => {
            let elements = array.elements.iter();
            let elements = elements.map(|it| it.as_expression().map_or(VALUE.to_owned(), of));
            format!("[{}]", elements.collect::<Vec<_>>().join(","))
        }
        _ => VALUE.to_owned(),
    }
}
