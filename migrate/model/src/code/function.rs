//! Functions, their parameters and their local variables.

use serde::{Deserialize, Serialize};

use super::{Expression, Statement};
use crate::Place;

/// Refers to one of [`Program::functions`](super::Program::functions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FunctionId(pub usize);

/// Refers to one of the [`Function::locals`] of the function that an expression belongs to.
///
/// A closure has no locals of its own: its parameters and variables are among those of the function it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalId(pub usize);

/// A function of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Its name in the source; empty where it has none.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// Comments before it, one entry a line.
    pub comments: Vec<String>,
    /// What it is called as.
    pub role: FunctionRole,
    /// What the call of its factory gave it, for a function that a factory made.
    pub captures: Vec<Capture>,
    /// Its parameters in order.
    pub parameters: Vec<Parameter>,
    /// All variables of the function and of the closures in it, parameters included.
    pub locals: Vec<Local>,
    /// What it does.
    pub body: Vec<Statement>,
}

/// What a function is called as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FunctionRole {
    /// A route handler or middleware: its result is ignored.
    Handler,
    /// Error middleware with four arguments, of which the first is a parameter.
    ErrorHandler,
    /// A param hook: the value is a parameter, and so is the name.
    ParamHook,
    /// An ordinary function: called by others.
    Plain,
}

/// A variable of a factory that its function uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capture {
    /// The variable it is inside the function.
    pub local: LocalId,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// The variable that it is inside the function.
    pub local: LocalId,
    /// What it is where the argument is `undefined`.
    pub default: Option<Expression>,
    /// Whether it takes all arguments that are left.
    pub rest: bool,
}

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Local {
    /// Its name in the source, or a fitting one for a variable that translation added.
    pub name: String,
    /// Whether anything but its declaration writes it.
    pub assigned: bool,
}
