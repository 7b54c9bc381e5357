//! Translates what a scan has found into a program that can be ported.
//!
//! Registration has left every router with its layers, and a heap with every function and value. Here the handlers that
//! those layers refer to are lowered with all they call; what cannot be lowered stays behind as a layer that hands
//! requests to the legacy application, with the reason and its place.

mod aliases;
mod classes;
mod constants;
mod data;
mod endings;
mod functions;
mod globals;
mod holders;
mod holding;
mod instances;
mod late;
mod middleware;
mod names;
mod outcome;
mod overriding;
mod packages;
mod parts;
mod program;
mod reassigned;
mod sharing;
mod stack;
mod this;
mod waiting;
mod wrappers;

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};
use isobar_migrate_model::code::{Expression, Function, FunctionRole, Program};
use isobar_migrate_model::{Place, Reason};

use crate::lower::{Obstacle, Role, This};
use crate::machine::Machine;
use crate::machine::value::{ModuleId, Name, ObjectId, RouterId, ScopeId, Site, Value};

use classes::KnownClass;
use holders::Uses;
pub(crate) use outcome::Outcome;

/// Which routes are to be ported.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Selection {
    /// Methods and whole paths, as in `GET /notes/:id`; empty for all.
    pub routes: Vec<String>,
}

impl Selection {
    /// Only these routes, each a method and a whole path as in `GET /notes/:id`; without any, all of them.
    pub fn of(routes: impl IntoIterator<Item = String>) -> Self {
        Self {
            routes: routes.into_iter().collect(),
        }
    }

    fn includes(&self, key: &str) -> bool {
        self.routes.is_empty() || self.routes.iter().any(|route| route == key)
    }
}

/// What the translation of an application gives.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Port {
    /// The program of everything that is ported.
    pub program: Program,
    /// Things that the port does differently, each with its place.
    pub notes: Vec<(Place, String)>,
}

/// Translates the application whose outermost router is `root`.
pub(crate) fn port(
    machine: &mut Machine<'_>,
    root: RouterId,
    express: u8,
    selection: &Selection,
) -> (Port, Vec<Outcome>) {
    let mut porter = Porter {
        machine,
        functions: IndexMap::new(),
        queue: Vec::new(),
        entities: Vec::new(),
        roots: IndexMap::new(),
        constants: Vec::new(),
        classes: IndexMap::new(),
        together: Vec::new(),
        notes: Vec::new(),
        selection: selection.clone(),
        outcomes: Vec::new(),
        reassigned: HashMap::new(),
        assigned_properties: None,
        late: None,
        uses: HashMap::new(),
    };
    let router = porter.stack(root);
    porter.finish(root, router, express)
}

/// What is known while one application is translated.
struct Porter<'m, 'a> {
    machine: &'m mut Machine<'a>,
    functions: IndexMap<FunctionKey, Slot>,
    /// Functions that were called but not lowered yet.
    queue: Vec<usize>,
    entities: Vec<Entity>,
    /// Variables and objects that outlive requests, by what identifies them.
    roots: IndexMap<RootKey, Root>,
    /// Constants that are no root: values that are worked out from an expression.
    constants: Vec<ConstantSource>,
    /// Classes whose instances requests make; a class stands after its parent.
    classes: IndexMap<ObjectId, KnownClass>,
    /// Functions that run together with others, each after the one that calls them so.
    together: Vec<(usize, usize)>,
    notes: Vec<(Place, String)>,
    selection: Selection,
    outcomes: Vec<Outcome>,
    /// By module: the names that its functions assign.
    reassigned: HashMap<ModuleId, IndexSet<String>>,
    /// The names of the properties that functions assign, other than those that a constructor gives its instance.
    assigned_properties: Option<IndexSet<String>>,
    /// By module: the names that code outside of requests changes.
    late: Option<HashMap<ModuleId, IndexSet<String>>>,
    /// By module: what it does with objects that modules hand to each other.
    uses: HashMap<ModuleId, Rc<Uses>>,
}

/// What makes two uses of a function the same function of the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FunctionKey {
    code: usize,
    scope: ScopeId,
    role: u8,
    roles: Vec<Role>,
    this: This,
}

/// A function of the program, lowered or yet to be.
#[derive(Debug)]
struct Slot {
    object: ObjectId,
    role: FunctionRole,
    roles: Vec<Role>,
    this: This,
    /// Whether it waits for something itself.
    waits: bool,
    lowered: Option<Result<Function, Vec<Reason>>>,
    /// The names of the factory's variables that it captures.
    captures: Vec<String>,
}

/// Something that names refer to by a handle.
#[derive(Clone, Debug, PartialEq)]
enum Entity {
    Object(ObjectId),
    Module(ModuleId),
    /// A global object such as `JSON`, by name.
    Global(String),
}

/// What identifies a piece of data that outlives requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum RootKey {
    /// A variable that functions assign.
    Variable(ScopeId, Name),
    /// A property of a module's exports, or of another object that is no data itself.
    Property(ObjectId, Name),
    /// An object that is reached by whatever name.
    Object(ObjectId),
}

/// A piece of data that outlives requests.
#[derive(Clone, Debug)]
struct Root {
    name: Name,
    site: Site,
    comments: Vec<String>,
    value: Value,
    /// Its value as a literal, when all of it is known.
    literal: Result<Expression, Obstacle>,
}

/// A constant whose value is an expression of the source.
#[derive(Clone, Debug)]
struct ConstantSource {
    key: RootKey,
    name: Name,
    site: Site,
    comments: Vec<String>,
    value: Expression,
}
