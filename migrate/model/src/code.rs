//! Code that can be ported: functions, statements and expressions of the supported subset.
//!
//! The analyzer writes it, the generator reads it, and neither knows the other. Every name is resolved, what a construct
//! means no longer depends on where it stood in the source, and nothing here is a guess: what the subset lacks never
//! gets this far.

mod class;
mod expression;
mod function;
mod operation;
mod statement;
pub mod visit;
pub mod visit_mut;
mod walk;

pub use class::{Class, ClassId};
pub use expression::{
    Argument, Callee, Element, Expression, Key, Part, Property, ResponseStep, Target, TemplatePart,
};
pub use function::{Capture, Function, FunctionId, FunctionRole, Local, LocalId, Parameter};
pub use operation::{
    AssignOperator, BinaryOperator, Builtin, LogicalOperator, Method, RequestMember, RequestMethod,
    ResponseMember, ResponseMethod, UnaryOperator,
};
pub use statement::{Case, Catch, FormatCase, Statement, StatementKind};

use serde::{Deserialize, Serialize};

use crate::Place;

/// Everything that is ported of one application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Program {
    /// The application's name in package.json.
    pub name: String,
    /// Major version of Express, 4 or 5.
    pub express: u8,
    /// Functions, referred to by [`FunctionId`].
    pub functions: Vec<Function>,
    /// Classes whose instances requests make, referred to by [`ClassId`]; a class stands after its parent.
    pub classes: Vec<Class>,
    /// Values that are fixed once the application has started, referred to by [`ConstantId`].
    pub constants: Vec<Constant>,
    /// Variables of modules that requests change, referred to by [`StateId`].
    pub states: Vec<State>,
    /// Environment variables that the ported code reads.
    pub settings: Vec<Setting>,
    /// `app.set(name, value)` with literal values, in order.
    pub options: Vec<(String, Expression)>,
    /// The application's stack, in the order in which Express walks it.
    pub router: Router,
}

/// Refers to one of [`Program::constants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConstantId(pub usize);

/// Refers to one of [`Program::states`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateId(pub usize);

/// A value that is fixed once the application has started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Constant {
    /// The variable's name in the source.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Comments before its declaration, one entry a line.
    pub comments: Vec<String>,
    /// What it is.
    pub value: Expression,
}

/// A variable of a module that requests change: kept as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The variable's name in the source.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Comments before its declaration, one entry a line.
    pub comments: Vec<String>,
    /// What it is when the application starts for the first time: literals only.
    pub seed: Expression,
}

/// An environment variable that ported code reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// Name of the variable.
    pub name: String,
    /// Whether the name suggests a value that must not be printed.
    pub secret: bool,
}

/// A router with its ordered stack; the application itself is the outermost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Router {
    /// Whether `/Foo` and `/foo` differ.
    pub case_sensitive: bool,
    /// Whether `/foo` and `/foo/` differ.
    pub strict: bool,
    /// Whether the parameters of the parent are visible.
    pub merge_params: bool,
    /// The layers in the order of their registration.
    pub layers: Vec<Layer>,
}

/// One entry of a router's stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Layer {
    /// `use(path, …)` with functions.
    Use {
        /// Path patterns; more than one for an array of paths.
        paths: Vec<Pattern>,
        /// What runs, in order.
        handlers: Vec<Handler>,
        /// The position of the call.
        place: Place,
    },
    /// `use(path, router)`.
    Mount {
        /// Path patterns; more than one for an array of paths.
        paths: Vec<Pattern>,
        /// What is mounted.
        router: Router,
        /// The position of the call.
        place: Place,
    },
    /// `get(path, …)`, `route(path).get(…).post(…)` and their like.
    Route {
        /// Path patterns; more than one for an array of paths.
        paths: Vec<Pattern>,
        /// What runs by method, in capitals; `ALL` for `all`.
        methods: Vec<(String, Vec<Handler>)>,
        /// The position of the call.
        place: Place,
    },
    /// `param(name, function)`.
    Param {
        /// Name of the path parameter.
        name: String,
        /// What runs when a path has it.
        handler: FunctionId,
        /// The position of the call.
        place: Place,
    },
}

/// A path as it was given to Express.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Pattern {
    /// Text in Express's own grammar.
    Path {
        /// The text.
        text: String,
    },
    /// A regular expression.
    Regex {
        /// Its source.
        source: String,
        /// Its flags.
        flags: String,
    },
}

/// Something that Express calls with a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Handler {
    /// A ported function, with the values that its factory was called with.
    Function {
        /// The function.
        function: FunctionId,
        /// What it captures from the call of its factory, in the order of its captures.
        captures: Vec<Expression>,
        /// Whether it is an `async` function, whose rejection Express 4 does not catch.
        is_async: bool,
    },
    /// Something that is not ported: requests that reach it stay with the legacy application.
    Legacy {
        /// Why, in one lower-case phrase.
        reason: String,
        /// Where.
        place: Place,
        /// Whether it stands in the place of an error handler.
        for_errors: bool,
    },
    /// Middleware that `isobar-express` has built in.
    Builtin {
        /// Which.
        builtin: BuiltinMiddleware,
    },
}

/// Middleware of Express and of well-known packages that `isobar-express` has built in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "name")]
pub enum BuiltinMiddleware {
    /// `express.json()` or `bodyParser.json()`.
    Json {
        /// The options, literals only.
        options: Option<Expression>,
    },
    /// `express.urlencoded()` or `bodyParser.urlencoded()`.
    Urlencoded {
        /// The options, literals only.
        options: Option<Expression>,
    },
    /// `express.text()` or `bodyParser.text()`.
    Text {
        /// The options, literals only.
        options: Option<Expression>,
    },
    /// `cors()`.
    Cors {
        /// The options, literals only.
        options: Option<Expression>,
    },
    /// `cookieParser()`.
    CookieParser {
        /// The secret, where it was given.
        secret: Option<Expression>,
    },
    /// `express.static(directory)`: requests for these files stay with the legacy application.
    Files {
        /// The paths of the files below the mount, as they stand in a URL.
        paths: Vec<String>,
    },
    /// `helmet()` with its defaults.
    Helmet,
    /// `compression()` with its defaults.
    Compression,
}
