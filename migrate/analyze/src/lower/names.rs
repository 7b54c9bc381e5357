//! What names mean outside the function that is being lowered.

use isobar_migrate_model::code::{Builtin, ClassId, ConstantId, Expression, FunctionId, StateId};

use super::Obstacle;

/// Refers to an object or a function that [`Names`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Handle(pub(crate) u32);

/// What a name, or a path of names, stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Named {
    /// A value that is fixed once the application has started.
    Constant(ConstantId),
    /// A variable of a module that requests change.
    State(StateId),
    /// A function of the application.
    Function(Handle),
    /// A property that a function works out.
    Getter(Handle),
    /// A function of the language, of Node or of a well-known package.
    Builtin(Builtin),
    /// An object whose members have a meaning, but which is no value itself: a module, `JSON`, `process`.
    Namespace(Handle),
    /// `process.env`.
    Environment,
    /// An environment variable.
    Setting(String),
    /// A value that is known while translating.
    Literal(Expression),
    /// A variable of the factory that made the function: each function it makes has its own value.
    Captured,
    /// Something that is not ported, and why.
    Refused(Obstacle),
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Value,
    Request,
    Response,
    Next,
}

/// A function that may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Callable {
    pub(crate) function: FunctionId,
    pub(crate) is_async: bool,
}

/// What `this` is while a function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum This {
    /// It was called without an object.
    Nobody,
    /// An object that was made when the application started.
    Known(Handle),
    /// An instance of a class, which the function takes as its first parameter.
    Instance(Handle),
    /// Something that is not known.
    Unknown,
}

/// A class whose instances requests make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClassInfo {
    pub(crate) class: ClassId,
    /// Whether an instance may be used as any other object; else only its members are used, by name.
    pub(crate) is_value: bool,
}

/// Resolves names for one function.
pub(crate) trait Names {
    /// What a name stands for that the function itself does not declare.
    fn name(&mut self, name: &str) -> Named;

    /// What a member of a namespace stands for.
    fn member(&mut self, namespace: Handle, property: &str) -> Named;

    /// What a member of the class above stands for: `super.property`.
    fn superior(&mut self, property: &str) -> Named;

    /// What `this` is in a function of this one's source that is called without an object.
    fn unbound_this(&self) -> Named;

    /// The function behind `handle`, when it is called on `this` with arguments of these roles.
    fn callable(
        &mut self,
        handle: Handle,
        this: This,
        roles: &[Role],
    ) -> Result<Callable, Obstacle>;

    /// Notes that a function runs together with others, so that neither it nor what it calls may wait.
    fn must_not_wait(&mut self, function: FunctionId);

    /// The class behind `handle`; none for something else.
    fn class(&mut self, handle: Handle) -> Option<Result<ClassInfo, Obstacle>>;

    /// The function that makes an instance of a class; on an instance of a class that extends it, what it does to that.
    fn constructor(
        &mut self,
        class: Handle,
        this: This,
        roles: &[Role],
    ) -> Result<Callable, Obstacle>;

    /// A method or getter of the instances of a class; none for what may be a field.
    fn method_of(&mut self, class: Handle, name: &str) -> Option<Named>;

    /// The members of a namespace that are functions, in order: what `res.format` takes.
    fn members(&mut self, namespace: Handle) -> Vec<(String, Handle)>;
}
