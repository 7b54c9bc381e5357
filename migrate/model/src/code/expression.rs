//! Expressions.

use serde::{Deserialize, Serialize};

use super::{
    AssignOperator, BinaryOperator, Builtin, ClassId, ConstantId, FunctionId, LocalId,
    LogicalOperator, Method, Parameter, RequestMember, RequestMethod, ResponseMember,
    ResponseMethod, StateId, Statement, UnaryOperator,
};

/// One expression, with every name resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Expression {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool {
        /// Which.
        value: bool,
    },
    /// A number; never `NaN` or infinite.
    Number {
        /// Which.
        value: f64,
    },
    /// Text without lone surrogates.
    Text {
        /// Which.
        value: String,
    },
    /// A template with values in it.
    Template {
        /// Its parts in order.
        parts: Vec<TemplatePart>,
    },
    /// A regular expression.
    Regex {
        /// Its source.
        source: String,
        /// Its flags.
        flags: String,
    },
    /// An array literal.
    Array {
        /// Its elements.
        elements: Vec<Element>,
    },
    /// An object literal.
    Object {
        /// Its properties.
        properties: Vec<Property>,
    },
    /// A variable of the function.
    Local {
        /// Which.
        local: LocalId,
    },
    /// A value that is fixed once the application has started.
    Constant {
        /// Which.
        constant: ConstantId,
    },
    /// A variable of a module that requests change.
    State {
        /// Which.
        state: StateId,
    },
    /// An environment variable: text, or `undefined` where it is not set.
    Setting {
        /// Its name.
        name: String,
    },
    /// A part of the request.
    Request {
        /// Which.
        member: RequestMember,
    },
    /// A part of the response.
    Response {
        /// Which.
        member: ResponseMember,
    },
    /// `object.property`.
    Member {
        /// The object.
        object: Box<Expression>,
        /// The property's name.
        property: String,
    },
    /// `object[index]`.
    Index {
        /// The object.
        object: Box<Expression>,
        /// The property's name or index.
        index: Box<Expression>,
    },
    /// A property in a destructuring pattern: like a member, with an error of its own.
    Destructured {
        /// The object.
        object: Box<Expression>,
        /// The property's name.
        property: String,
        /// The text of the object, for the error where it is `undefined` or `null`: empty for an argument, which V8 names by its
        /// value; none where the error is that of a member.
        text: Option<String>,
    },
    /// A default of a parameter or of a destructuring pattern: it stands in for `undefined` alone.
    Default {
        /// The value.
        value: Box<Expression>,
        /// What stands in for it.
        default: Box<Expression>,
    },
    /// `value instanceof class`, for a built-in class.
    InstanceOf {
        /// The value.
        value: Box<Expression>,
        /// The class.
        class: String,
    },
    /// A new instance of a class, without fields yet.
    Instance {
        /// Which class.
        class: ClassId,
    },
    /// `value instanceof class`, for a class of the source.
    IsInstance {
        /// The value.
        value: Box<Expression>,
        /// The class.
        class: ClassId,
    },
    /// `await Promise.all([…])` of functions that do not wait: all parts are worked out in order, and then the first of them
    /// that has failed fails.
    All {
        /// The parts in order.
        parts: Vec<Part>,
    },
    /// What is left of an object after properties were taken out of it: `{ a, ...rest }`.
    Rest {
        /// The object.
        object: Box<Expression>,
        /// The names that were taken out.
        without: Vec<String>,
    },
    /// An optional chain: `undefined` where `object` is `undefined` or `null`, else `chain`.
    Optional {
        /// What is tested.
        object: Box<Expression>,
        /// The variable that holds it in `chain`.
        local: LocalId,
        /// What the chain gives.
        chain: Box<Expression>,
    },
    /// A call.
    Call {
        /// What is called.
        callee: Callee,
        /// The arguments.
        arguments: Vec<Argument>,
    },
    /// Calls on the response: `res.status(404).json(…)`.
    Respond {
        /// The calls in order.
        steps: Vec<ResponseStep>,
    },
    /// `next()`, in tail position.
    Next {
        /// The argument.
        argument: Option<Box<Expression>>,
    },
    /// An operator with one operand.
    Unary {
        /// Which operator.
        operator: UnaryOperator,
        /// The operand.
        operand: Box<Expression>,
    },
    /// An operator with two operands that are both evaluated.
    Binary {
        /// Which operator.
        operator: BinaryOperator,
        /// The left operand.
        left: Box<Expression>,
        /// The right operand.
        right: Box<Expression>,
    },
    /// An operator whose right operand may not be evaluated.
    Logical {
        /// Which operator.
        operator: LogicalOperator,
        /// The left operand.
        left: Box<Expression>,
        /// The right operand.
        right: Box<Expression>,
    },
    /// `test ? then : otherwise`.
    Conditional {
        /// The condition.
        test: Box<Expression>,
        /// The value where it is truthy.
        then: Box<Expression>,
        /// The value where it is falsy.
        otherwise: Box<Expression>,
    },
    /// An assignment.
    Assign {
        /// What is written.
        target: Target,
        /// How.
        operator: AssignOperator,
        /// With what.
        value: Box<Expression>,
    },
    /// `++` and `--`.
    Update {
        /// What is written.
        target: Target,
        /// What is added: 1 or -1.
        by: i8,
        /// Whether the expression is the new value.
        prefix: bool,
    },
    /// `delete object[key]`.
    Delete {
        /// The object.
        object: Box<Expression>,
        /// The property's name or index.
        key: Key,
    },
    /// A function written where it is used: a callback.
    Closure {
        /// Its parameters.
        parameters: Vec<Parameter>,
        /// What it does.
        body: Vec<Statement>,
    },
    /// A function of the program where it is used as a callback.
    Function {
        /// Which.
        function: FunctionId,
    },
    /// Each expression in order; the value of the last.
    Sequence {
        /// The expressions, at least one.
        expressions: Vec<Expression>,
    },
}

/// What an assignment writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Target {
    /// A variable of the function.
    Local {
        /// Which.
        local: LocalId,
    },
    /// A variable of a module.
    State {
        /// Which.
        state: StateId,
    },
    /// A property.
    Property {
        /// The object.
        object: Box<Expression>,
        /// The property's name or index.
        key: Key,
    },
    /// A property of the request that middleware sets for those after it.
    Request {
        /// Its name.
        name: String,
    },
    /// A part of the response that can be assigned.
    Response {
        /// Which.
        member: ResponseMember,
    },
}

/// The name of a property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Key {
    /// Written in the source.
    Name {
        /// The name.
        name: String,
    },
    /// Computed.
    Computed {
        /// What gives it.
        value: Box<Expression>,
    },
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum TemplatePart {
    /// Text.
    Text {
        /// Which.
        value: String,
    },
    /// A value that becomes text.
    Value {
        /// Which.
        value: Expression,
    },
}

/// An element of an array literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Element {
    /// One value.
    Value {
        /// Which.
        value: Expression,
    },
    /// All values of another.
    Spread {
        /// Of which.
        value: Expression,
        /// Its text, for the error of a value that cannot be iterated.
        text: String,
    },
}

/// A property of an object literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Property {
    /// One property.
    Named {
        /// Its name.
        key: Key,
        /// Its value.
        value: Expression,
    },
    /// All properties of another object.
    Spread {
        /// Of which.
        value: Expression,
    },
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Argument {
    /// One value.
    Value {
        /// Which.
        value: Expression,
    },
    /// All values of another.
    Spread {
        /// Of which.
        value: Expression,
        /// Its text, for the error of a value that cannot be iterated.
        text: String,
    },
    /// The request itself, for a function that takes it.
    Request,
    /// The response itself, for a function that takes it.
    Response,
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Callee {
    /// A function of the program.
    Function {
        /// Which.
        function: FunctionId,
    },
    /// A variable that holds a closure.
    Local {
        /// Which.
        local: LocalId,
    },
    /// A function of the language or of a well-known package.
    Builtin {
        /// Which.
        builtin: Builtin,
    },
    /// A method of a value.
    Method {
        /// The value.
        receiver: Box<Expression>,
        /// Which method.
        method: Method,
        /// The text of the callee, for the error of a value that lacks the method.
        text: String,
    },
    /// A method of the request.
    Request {
        /// Which.
        method: RequestMethod,
    },
}

/// One call on the response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseStep {
    /// Which method.
    pub method: ResponseMethod,
    /// The arguments.
    pub arguments: Vec<Expression>,
}

/// One of the values that `Promise.all` waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The value.
    pub value: Expression,
    /// Whether what it throws is kept until all parts are there: a call of an `async` function.
    pub settles: bool,
}
