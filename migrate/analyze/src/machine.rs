//! An abstract machine that runs an application's own code as far as it is known.
//!
//! Express routes are registered by running code: loops over tables, factories, classes,
//! directory listings. Instead of a pattern for each way of writing that, the machine evaluates
//! the modules with real values where they are known and [`value::Value::Unknown`] where they
//! are not. Both branches of an unknown condition run, a loop over something unknown runs once,
//! and what a package does is either known to a recognizer or unknown.
//!
//! It has no effects: files are read through the source tree, nothing is opened or started.
//! Fuel, depth and loop limits bound every run.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use isobar_migrate_model::FindingCode;
use oxc_allocator::Allocator;
use oxc_span::GetSpan;

use crate::findings::Findings;
use crate::options::{Progress, ScanOptions};
use crate::recognize::Routing;
use crate::resolve::ModuleResolver;
use crate::serve::Trace;
use crate::source::Source;
use crate::tree::SourceTree;

pub(crate) mod assign;
mod assumption;
pub(crate) mod builtin;
pub(crate) mod call;
pub(crate) mod class;
pub(crate) mod decorator;
pub(crate) mod expression;
pub(crate) mod foreign;
pub(crate) mod function;
pub(crate) mod heap;
pub(crate) mod journal;
pub(crate) mod literal;
pub(crate) mod loops;
pub(crate) mod module;
pub(crate) mod operator;
pub(crate) mod pattern;
pub(crate) mod property;
pub(crate) mod scope;
pub(crate) mod spending;
pub(crate) mod statement;
mod steering;
pub(crate) mod target;
pub(crate) mod typescript;
pub(crate) mod value;

use heap::{Heap, Kind};
use module::ModuleRecord;
use scope::Scopes;
use value::{ModuleId, Name, ObjectId, ScopeId, Site, Truth, Value};

/// Nodes that one scan may evaluate before it stops registering.
const REGISTER_FUEL: u64 = 30_000_000;

/// Calls that may be nested. Recursion in real start-up code is shallow.
pub(crate) const MAX_CALL_DEPTH: u32 = 120;

/// Expressions and statements that may be nested, as in a long chain of `+`.
const MAX_NODE_DEPTH: u32 = 6_000;

/// What one function call can see.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) scope: ScopeId,
    pub(crate) module: ModuleId,
    pub(crate) this: Value,
    /// The object whose prototype `super` starts from.
    pub(crate) home: Option<ObjectId>,
    /// The class whose constructor runs.
    pub(crate) class: Option<ObjectId>,
    pub(crate) arguments: Rc<Vec<Value>>,
    /// What may have been returned under a condition that is not known.
    pub(crate) returns: Vec<Value>,
    /// What a generator has yielded.
    pub(crate) yields: Vec<Value>,
}

impl Frame {
    /// Where `node` begins.
    pub(crate) fn site(&self, node: &impl GetSpan) -> Site {
        Site {
            module: self.module,
            offset: node.span().start,
        }
    }
}

/// How a statement ended.
#[derive(Clone, Debug)]
pub(crate) enum Completion<'a> {
    Normal,
    Return(Value),
    Break(Option<&'a str>),
    Continue(Option<&'a str>),
    Throw(Value),
}

impl Completion<'_> {
    pub(crate) fn is_abrupt(&self) -> bool {
        !matches!(self, Self::Normal)
    }
}

/// The state of one scan.
pub(crate) struct Machine<'a> {
    pub(crate) allocator: &'a Allocator,
    pub(crate) tree: Arc<dyn SourceTree>,
    pub(crate) resolver: ModuleResolver,
    pub(crate) progress: &'a dyn Progress,
    /// The scanned directory, with links resolved.
    pub(crate) root: PathBuf,
    pub(crate) modules: Vec<ModuleRecord<'a>>,
    pub(crate) modules_by_path: HashMap<PathBuf, ModuleId>,
    pub(crate) packages: crate::packages::Packages,
    pub(crate) heap: Heap<'a>,
    pub(crate) scopes: Scopes<'a>,
    pub(crate) global: ScopeId,
    pub(crate) environment: IndexMap<Name, Value>,
    /// What was taken for granted, and what follows from it.
    pub(crate) assumptions: assumption::Assumptions,
    /// How often an absent variable was read.
    pub(crate) absent_reads: u64,
    pub(crate) routing: Routing,
    pub(crate) findings: Findings,
    pub(crate) settings: crate::environment_settings::Settings,
    pub(crate) fuel: u64,
    pub(crate) call_depth: u32,
    node_depth: u32,
    /// How many unknown conditions the current code is under.
    pub(crate) uncertain: u32,
    /// What code under unknown conditions has overwritten.
    journal: Vec<journal::Overwritten<'a>>,
    /// The depths of uncertainty at which enclosing `try` blocks began.
    pub(crate) tries: Vec<u32>,
    pub(crate) thrown: Option<Value>,
    /// Set when an optional chain met `undefined`.
    pub(crate) chain_cut: bool,
    /// Callbacks that run when the current turn has ended.
    pub(crate) deferred: VecDeque<(Value, Vec<Value>)>,
    pub(crate) spending: spending::Spending,
    /// Code on the call stack, to end recursion over unknown data.
    pub(crate) running: Vec<usize>,
    /// Methods of prototypes that were looked up.
    prototype_methods: HashMap<builtin::Family, HashMap<Name, Value>>,
    /// Metadata that decorators attach, by target object, key and name.
    pub(crate) metadata: HashMap<(ObjectId, Name, Name), Value>,
    /// Settings files of the package `config`, by the directories they are looked for in.
    pub(crate) configuration_files: HashMap<Vec<PathBuf>, Rc<Vec<PathBuf>>>,
    /// The settings of the package `nconf`.
    pub(crate) nconf_store: Option<ObjectId>,
    /// The record of a request that is being served, in the second phase.
    pub(crate) trace: Option<Trace>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(
        allocator: &'a Allocator,
        tree: Arc<dyn SourceTree>,
        root: &Path,
        options: &ScanOptions,
        progress: &'a dyn Progress,
    ) -> Self {
        let mut scopes = Scopes::default();
        let global = scopes.open(scope::ScopeKind::Global, None);
        let environment = options
            .environment
            .iter()
            .map(|(name, value)| (Name::from(name.as_str()), Value::from(value.as_str())));
        let mut machine = Self {
            allocator,
            resolver: ModuleResolver::new(Arc::clone(&tree)),
            packages: crate::packages::Packages::new(Arc::clone(&tree), root),
            tree,
            progress,
            root: root.to_owned(),
            modules: Vec::new(),
            modules_by_path: HashMap::new(),
            heap: Heap::default(),
            scopes,
            global,
            environment: environment.collect(),
            assumptions: assumption::Assumptions::default(),
            absent_reads: 0,
            routing: Routing::default(),
            findings: Findings::default(),
            settings: crate::environment_settings::Settings::default(),
            fuel: REGISTER_FUEL,
            call_depth: 0,
            node_depth: 0,
            uncertain: 0,
            journal: Vec::new(),
            tries: Vec::new(),
            thrown: None,
            chain_cut: false,
            deferred: VecDeque::new(),
            spending: spending::Spending::default(),
            running: Vec::new(),
            prototype_methods: HashMap::new(),
            metadata: HashMap::new(),
            configuration_files: HashMap::new(),
            nconf_store: None,
            trace: None,
        };
        builtin::define_globals(&mut machine);
        machine
    }

    /// Takes one step's fuel and goes one node deeper; `None` when either limit is reached.
    pub(crate) fn enter(&mut self) -> Option<()> {
        if self.fuel == 0 || self.node_depth >= MAX_NODE_DEPTH {
            return None;
        }
        self.spend(1 + self.scopes.take_walked() / 16);
        if self.fuel.trailing_zeros() >= 16 && self.progress.is_cancelled() {
            self.fuel = 0;
        }
        self.node_depth += 1;
        Some(())
    }

    /// Takes the fuel of several steps at once.
    pub(crate) fn spend(&mut self, steps: u64) {
        self.fuel = self.fuel.saturating_sub(steps);
    }

    pub(crate) fn leave(&mut self) {
        self.node_depth -= 1;
    }

    pub(crate) fn allocate(&mut self, kind: Kind<'a>, site: Site) -> Value {
        Value::Object(self.heap.allocate(kind, site))
    }

    pub(crate) fn array(&mut self, elements: Vec<Value>, site: Site) -> Value {
        self.allocate(Kind::array(elements), site)
    }

    pub(crate) fn plain_object(&mut self, site: Site) -> ObjectId {
        self.heap.allocate(Kind::Plain, site)
    }

    /// An array or object of which nothing but its existence is known.
    pub(crate) fn open(&mut self, kind: Kind<'a>, site: Site) -> Value {
        let id = self.heap.allocate(kind, site);
        self.heap.get_mut(id).open = true;
        Value::Object(id)
    }

    pub(crate) fn source(&self, module: ModuleId) -> Option<Source<'a>> {
        self.modules.get(module.0 as usize)?.source
    }

    /// Where `site` is, as reports show it.
    pub(crate) fn place(&self, site: Site) -> isobar_migrate_model::Place {
        let record = &self.modules[site.module.0 as usize];
        isobar_migrate_model::Place::new(record.display.clone(), record.lines.line(site.offset))
    }

    /// Whether `module` is the application's own code and not a package's.
    pub(crate) fn is_own(&self, module: ModuleId) -> bool {
        self.modules[module.0 as usize].package.is_none()
    }

    pub(crate) fn find(&mut self, code: FindingCode, site: Site, message: impl Into<String>) {
        let place = self.place(site);
        self.findings.add(code, place, message);
    }

    /// Whether `value` counts as true.
    pub(crate) fn truth(&self, value: &Value) -> Truth {
        match value {
            Value::Unknown => Truth::Maybe,
            Value::Unset(_) => Truth::UnlessSet,
            Value::Undefined | Value::Null => Truth::No,
            Value::Boolean(known) => {
                if *known {
                    Truth::Yes
                } else {
                    Truth::No
                }
            }
            Value::Number(number) => {
                if *number == 0.0 || number.is_nan() {
                    Truth::No
                } else {
                    Truth::Yes
                }
            }
            Value::Text(text) => {
                if text.is_empty() {
                    Truth::No
                } else {
                    Truth::Yes
                }
            }
            Value::Object(id) => {
                let object = self.heap.get(*id);
                match &object.kind {
                    // What code asks a package for by name is taken to be there.
                    Kind::Foreign(foreign) if foreign.path.contains('(') => Truth::Maybe,
                    Kind::Input(_) => Truth::Maybe,
                    _ if object.maybe => Truth::Maybe,
                    _ => Truth::Yes,
                }
            }
        }
    }

    /// Of two values that an unknown condition chooses between, the one that tells more.
    pub(crate) fn choose(&self, first: Value, second: Value) -> Value {
        let rank = |value: &Value| match self.heap.kind(value) {
            Some(Kind::Foreign(_)) => 1,
            Some(Kind::Router(_) | Kind::Function(_)) => 7,
            Some(Kind::Array(elements)) if elements.is_empty() => 4,
            _ => value.information(),
        };
        if rank(&first) > rank(&second) {
            first
        } else {
            second
        }
    }
}
