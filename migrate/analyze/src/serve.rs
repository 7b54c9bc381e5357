//! The second phase: handlers run on an unknown request, and what they touch is recorded.
//!
//! Registration leaves a heap of functions, instances and variables. Each route's chain is then
//! called with a request about which nothing is known. Everything that existed before is shared
//! between requests, so reads and writes of it are state; calls into packages are what a port
//! would have to replace; what the response is told is the contract.

use std::collections::{BTreeMap, BTreeSet};

use isobar_migrate_model::{BodyShape, FindingCode};

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::function::Closure;
use crate::machine::heap::Kind;
use crate::machine::value::{Name, ObjectId, ScopeId, Site, Value};
use crate::recognize::library;

mod chain;
mod message;
mod shape;

pub(crate) use chain::{Evidence, Link, serve};
pub(crate) use message::{call as message_call, member};

/// Something that outlives a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum StateKey {
    Variable(ScopeId, Name),
    Object(ObjectId),
}

/// A step outside the application's own code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// A call into a package or a module of Node.js.
    Library {
        package: Name,
        operation: Name,
        site: Site,
    },
    /// A page made by a template engine.
    Render(Site),
    /// A file sent from disk.
    SendFile(Site),
    /// Session, flash or upload data that middleware puts on the request.
    RequestPart { part: Name, site: Site },
    /// A setting of the Express application.
    Settings { name: Name, site: Site },
    /// A call whose target is not known.
    Unresolved { name: Name, site: Site },
    /// Code made from text.
    DynamicCode(Site),
    /// A raw write to the response stream.
    Stream(Site),
    /// The handler took more steps than are analyzed.
    Budget(Site),
}

impl Effect {
    pub(crate) fn library(package: &str, operation: &str, site: Site) -> Self {
        Self::Library {
            package: package.into(),
            operation: operation.into(),
            site,
        }
    }
}

/// The status of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Known(u16),
    Unknown,
}

/// What one route was seen to do.
#[derive(Debug)]
pub(crate) struct Trace {
    /// Objects and scopes below these outlive the request.
    oldest_object: u32,
    oldest_scope: u32,
    pub(crate) effects: BTreeSet<Effect>,
    pub(crate) reads: BTreeMap<StateKey, Site>,
    pub(crate) writes: BTreeMap<StateKey, Site>,
    pub(crate) query: BTreeSet<Name>,
    pub(crate) body: BTreeSet<Name>,
    pub(crate) headers: BTreeSet<Name>,
    pub(crate) responses: Vec<(u16, BodyShape)>,
    /// The status that the next answer will have.
    pub(crate) status: Status,
    /// The application that serves, as `req.app`.
    pub(crate) application: Value,
    pub(crate) request: Value,
    pub(crate) response: Value,
}

impl<'a> Machine<'a> {
    /// Whether `id` is data that existed before the request.
    pub(crate) fn is_shared(&self, id: ObjectId) -> bool {
        let Some(trace) = &self.trace else {
            return false;
        };
        let root = self.heap.root_owner(id);
        root.0 < trace.oldest_object
            && matches!(
                self.heap.get(root).kind,
                Kind::Plain | Kind::Array(_) | Kind::Collection { .. }
            )
    }

    pub(crate) fn note_read(&mut self, id: ObjectId) {
        if self.heap.get(id).past.assumed {
            self.assume();
        }
        if self.is_shared(id) {
            let root = self.heap.root_owner(id);
            let site = self.heap.get(root).site;
            if let Some(trace) = &mut self.trace {
                trace.reads.entry(StateKey::Object(root)).or_insert(site);
            }
        }
    }

    pub(crate) fn note_write(&mut self, id: ObjectId, site: Site) {
        if self.trace.is_none() {
            let assumed = self.is_assuming();
            let object = self.heap.get_mut(id);
            object.past.altered = true;
            object.past.assumed |= assumed;
        }
        if self.is_shared(id) {
            let root = self.heap.root_owner(id);
            if let Some(trace) = &mut self.trace {
                trace.writes.entry(StateKey::Object(root)).or_insert(site);
            }
        }
    }

    /// The value of a property as a request sees it: flags and counters of shared objects may
    /// have changed since the application started.
    pub(crate) fn observed_read(&mut self, id: ObjectId, holder: ObjectId, value: Value) -> Value {
        if self.trace.is_none() && self.heap.get(holder).past.assumed {
            self.assume();
        }
        if self.trace.is_none() || !self.is_shared(holder) {
            return value;
        }
        self.note_read(id);
        match value {
            Value::Boolean(_) | Value::Number(_) | Value::Null | Value::Undefined => Value::Unknown,
            kept => kept,
        }
    }

    /// The value of a variable as a request sees it.
    pub(crate) fn observed_variable(&mut self, scope: ScopeId, name: &str, value: Value) -> Value {
        let Some(trace) = &mut self.trace else {
            return value;
        };
        if scope.0 >= trace.oldest_scope || scope == self.global {
            return value;
        }
        let Some(binding) = self.scopes.binding(scope, name) else {
            return value;
        };
        if binding.constant {
            return value;
        }
        let key = StateKey::Variable(scope, name.into());
        trace.reads.entry(key).or_insert(binding.site);
        match value {
            Value::Boolean(_) | Value::Number(_) | Value::Null | Value::Undefined => Value::Unknown,
            kept => kept,
        }
    }

    pub(crate) fn note_variable_write(&mut self, scope: ScopeId, name: &str, site: Site) {
        let Some(trace) = &mut self.trace else { return };
        if scope.0 < trace.oldest_scope && scope != self.global {
            trace
                .writes
                .entry(StateKey::Variable(scope, name.into()))
                .or_insert(site);
        }
    }

    pub(crate) fn note_effect(&mut self, effect: Effect) {
        if let Some(trace) = &mut self.trace {
            trace.effects.insert(effect);
        }
    }

    /// A call into a package that is not read.
    pub(crate) fn note_library_call(&mut self, id: ObjectId, call: &Call) {
        let Some(foreign) = self.foreign(id) else {
            return;
        };
        let (package, path) = (Name::clone(&foreign.package), Name::clone(&foreign.path));
        if package.is_empty() || library::is_transparent(&package) {
            return;
        }
        self.note_package_use(&package, &path, call.site);
        self.note_effect(Effect::Library {
            package,
            operation: path,
            site: call.site,
        });
    }

    /// The first use of a store or service is a finding.
    fn note_package_use(&mut self, package: &str, path: &str, site: Site) {
        if let Some(code) = library::finding(package)
            && self.is_own(site.module)
            && self.packages.note_use(package)
        {
            let call = if path.is_empty() {
                String::new()
            } else {
                format!(".{path}")
            };
            self.find(code, site, format!("`{package}{call}` is used"));
        }
    }

    /// A call of a function that belongs to a package, while a request is served: the package is
    /// what would have to be replaced, whatever it does inside.
    pub(crate) fn library_boundary(&mut self, closure: &Closure<'a>, call: &Call) -> Option<Value> {
        self.trace.as_ref()?;
        let package = self.modules[closure.module.0 as usize].package.clone()?;
        if library::is_transparent(&package) {
            return Some(self.outcome(&package, "()", call));
        }
        let operation = Name::from("");
        self.note_effect(Effect::Library {
            package: Name::clone(&package),
            operation,
            site: call.site,
        });
        self.run_callbacks(call, true);
        Some(self.outcome(&package, "()", call))
    }

    pub(crate) fn note_timer(&mut self, name: &str, call: &Call) {
        if name == "setInterval" && self.is_own(call.site.module) {
            self.find(
                FindingCode::Timer,
                call.site,
                "a timer runs beside the requests",
            );
        }
        if name.starts_with("set") {
            self.note_effect(Effect::library("timers", name, call.site));
        }
    }

    pub(crate) fn note_file_call(&mut self, name: &str, call: &Call) {
        if self.is_own(call.site.module) && library::writes("fs", name) {
            self.find(
                FindingCode::FileWrite,
                call.site,
                format!("`fs.{name}` changes files"),
            );
        }
    }

    pub(crate) fn note_dynamic_code(&mut self, site: Site) {
        if self.is_own(site.module) {
            self.find(FindingCode::DynamicCode, site, "code is made from text");
        }
        self.note_effect(Effect::DynamicCode(site));
    }

    pub(crate) fn note_application_settings(&mut self, method: &str, call: &Call) {
        self.note_effect(Effect::Settings {
            name: method.into(),
            site: call.site,
        });
    }

    /// A call of a value that is not known, under the name it is called by.
    pub(crate) fn note_unresolved(&mut self, name: &str, site: Site) {
        self.note_effect(Effect::Unresolved {
            name: name.into(),
            site,
        });
    }

    pub(crate) fn response_status(&self) -> Option<Status> {
        self.trace.as_ref().map(|trace| trace.status)
    }

    pub(crate) fn restore_status(&mut self, before: Option<Status>) {
        if let (Some(trace), Some(status)) = (&mut self.trace, before) {
            trace.status = status;
        }
    }
}
