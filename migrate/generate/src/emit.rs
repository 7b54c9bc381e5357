//! Writes functions as Rust.

mod assign;
mod attempt;
mod builtin;
mod call;
mod closure;
pub(crate) mod code;
mod expression;
mod function;
mod loops;
mod method;
mod operator;
mod response;
mod statement;

use std::collections::BTreeSet;

use isobar_migrate_model::code::{LocalId, Program, StateId};

use crate::inference::Kinds;
use crate::kind::Kind;
use crate::layout::Layout;
use crate::uses::{Needs, Reads};

pub(crate) use closure::ClosureResult;
pub(crate) use function::write_function;

/// What is known of the whole program while its functions are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'p> {
    pub(crate) program: &'p Program,
    pub(crate) kinds: &'p Kinds,
    pub(crate) needs: &'p [Needs],
    pub(crate) layout: &'p Layout,
    /// By function: whether its Rust function returns a `Result`.
    pub(crate) fallible: &'p [bool],
}

/// What is known while one function is written.
pub(crate) struct Emitter<'p> {
    pub(crate) context: Context<'p>,
    /// The function; none for code outside of functions.
    pub(crate) function: Option<usize>,
    /// By variable of the function.
    pub(crate) locals: Vec<Variable>,
    pub(crate) reads: Reads,
    /// What the code refers to by its short name.
    pub(crate) imports: BTreeSet<String>,
    /// The methods of `State` that the code calls for module variables.
    pub(crate) state_methods: BTreeSet<String>,
    /// Whether code that can fail was written.
    pub(crate) fails: bool,
    /// Whether request, response and state are owned, as in a handler, or borrowed.
    pub(crate) owns_arguments: bool,
    /// The Rust module that the code stands in.
    pub(crate) module: String,
    /// What `return` means where code is being written, innermost last.
    exits: Vec<Exit>,
    /// What `continue` does before it goes on, by loop around the code being written, innermost last, with its label.
    updates: Vec<(Option<String>, String)>,
}

/// A variable in Rust.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Whether the variable itself is a reference.
    pub(crate) is_reference: bool,
}

/// What `return` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Ends a function that Express calls: `Handled`.
    Handler,
    /// Ends an ordinary function with a value of this kind, wrapped in `Ok` where it is fallible.
    Function { kind: Kind, fallible: bool },
    /// Ends a callback.
    Closure(ClosureResult),
    /// Leaves a `try` that stands in the middle of a function.
    Attempt,
}

impl<'p> Emitter<'p> {
    pub(crate) fn new(context: Context<'p>, module: &str) -> Self {
        Self {
            context,
            function: None,
            locals: Vec::new(),
            reads: Reads::default(),
            imports: BTreeSet::new(),
            state_methods: BTreeSet::new(),
            fails: false,
            owns_arguments: false,
            module: module.to_owned(),
            exits: Vec::new(),
            updates: Vec::new(),
        }
    }

    fn variable(&self, local: LocalId) -> &Variable {
        &self.locals[local.0]
    }

    /// Notes that the code refers to something of `isobar_express`.
    pub(crate) fn import(&mut self, name: &str) -> String {
        self.imports.insert(format!("isobar_express::{name}"));
        name.to_owned()
    }

    /// A name for something that the generated code keeps for a moment, which is no variable of the source.
    fn fresh(&self, name: &str) -> String {
        let is_taken = |name: &str| self.locals.iter().any(|local| local.name == name);
        if !is_taken(name) {
            return name.to_owned();
        }
        let mut numbered = (2..).map(|number| format!("{name}_{number}"));
        numbered
            .find(|name| !is_taken(name))
            .expect("there are more numbers than variables")
    }

    /// Calls a method of `State` for a module variable, as `state.set_next_id`: `prefix` goes before the variable's name.
    fn state_method(&mut self, prefix: &str, state: StateId) -> String {
        let method = format!("{prefix}{}", self.context.layout.states[state.0].accessor);
        let call = format!("state.{method}");
        self.state_methods.insert(method);
        call
    }

    /// How a function passes on what it was given.
    fn handed_on(&self, name: &str) -> String {
        if self.owns_arguments {
            format!("&{name}")
        } else {
            name.to_owned()
        }
    }

    fn exit(&self) -> Exit {
        self.exits.last().copied().unwrap_or(Exit::Handler)
    }

    fn within<T>(&mut self, exit: Exit, write: impl FnOnce(&mut Self) -> T) -> T {
        self.exits.push(exit);
        let written = write(self);
        self.exits.pop();
        written
    }
}
