//! Statements.

use serde::{Deserialize, Serialize};

use super::{Expression, LocalId};

/// One statement with its comments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// Comments before it, one entry a line.
    pub comments: Vec<String>,
    /// Line in the source, from 1.
    pub line: u32,
    /// What it does.
    pub kind: StatementKind,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum StatementKind {
    /// Declares a variable.
    Let {
        /// The variable.
        local: LocalId,
        /// Its first value; `undefined` without one.
        value: Option<Expression>,
    },
    /// Evaluates an expression for its effect.
    Expression {
        /// The expression.
        expression: Expression,
    },
    /// `if`.
    If {
        /// The condition.
        test: Expression,
        /// What runs where it is truthy.
        then: Vec<Statement>,
        /// What runs where it is falsy.
        otherwise: Vec<Statement>,
    },
    /// `while`, and `for(;;)` after its parts were taken apart.
    While {
        /// The condition.
        test: Expression,
        /// What runs after the body and after `continue`.
        update: Option<Expression>,
        /// What runs each time.
        body: Vec<Statement>,
        /// The name that jumps in it may use.
        label: Option<String>,
    },
    /// `do … while`.
    DoWhile {
        /// What runs each time.
        body: Vec<Statement>,
        /// The condition, tested after the body and after `continue`.
        test: Expression,
        /// The name that jumps in it may use.
        label: Option<String>,
    },
    /// `for (const x of values)`.
    ForOf {
        /// The variable, new each time.
        local: LocalId,
        /// What is visited.
        values: Expression,
        /// The text of `values`, for the error of a value that cannot be iterated.
        text: String,
        /// What runs each time.
        body: Vec<Statement>,
        /// The name that jumps in it may use.
        label: Option<String>,
    },
    /// `for (const name in object)`, on an object whose names are all its own.
    ForIn {
        /// The variable, new each time.
        local: LocalId,
        /// Whose names are visited.
        object: Expression,
        /// What runs each time.
        body: Vec<Statement>,
        /// The name that jumps in it may use.
        label: Option<String>,
    },
    /// `switch`, in which no case falls through to another with a body.
    Switch {
        /// What is compared.
        value: Expression,
        /// The cases in order.
        cases: Vec<Case>,
    },
    /// `return`.
    Return {
        /// What is returned; `undefined` without one.
        value: Option<Expression>,
    },
    /// `throw`.
    Throw {
        /// What is thrown.
        value: Expression,
    },
    /// `try`.
    Try {
        /// What is tried.
        body: Vec<Statement>,
        /// What takes a thrown value.
        catch: Option<Catch>,
        /// What runs in any case.
        finally: Vec<Statement>,
    },
    /// `res.format({…})`, in tail position: the first type that the client accepts.
    Format {
        /// What answers by type, in the order of preference.
        cases: Vec<FormatCase>,
        /// What answers where the client accepts none; without it the answer is 406.
        default: Option<Vec<Statement>>,
    },
    /// `break` out of a loop: the innermost one, or that of the label.
    Break {
        /// The label.
        label: Option<String>,
    },
    /// `continue` of a loop: the innermost one, or that of the label.
    Continue {
        /// The label.
        label: Option<String>,
    },
    /// A block of its own.
    Block {
        /// The statements in it.
        body: Vec<Statement>,
    },
}

/// One case of a `switch`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The values that lead here; empty for `default`.
    pub values: Vec<Expression>,
    /// Whether `default` leads here.
    pub default: bool,
    /// What runs.
    pub body: Vec<Statement>,
}

/// The `catch` of a `try`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Catch {
    /// The variable that holds the thrown value, where the source names it.
    pub local: Option<LocalId>,
    /// What runs.
    pub body: Vec<Statement>,
}

/// One type that `res.format` offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormatCase {
    /// A MIME type or an extension.
    pub media_type: String,
    /// What runs.
    pub body: Vec<Statement>,
}
