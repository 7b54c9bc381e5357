//! Variables, and which of them belong to a module, a function or a block.

use std::cell::Cell;

use rustc_hash::FxHashMap;

use crate::machine::heap::Past;
use crate::machine::value::{ModuleId, Name, ScopeId, Site, Value};

/// One variable.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) value: Value,
    pub(crate) constant: bool,
    /// Whether its first value rests on an assumption, and whether it has had another since.
    pub(crate) past: Past,
    /// Whether it was assigned on an assumption.
    pub(crate) steered: bool,
    pub(crate) site: Site,
    /// For an imported name: the module and the export it stands for.
    pub(crate) import: Option<(ModuleId, Name)>,
}

impl Binding {
    pub(crate) fn new(value: Value, site: Site) -> Self {
        Self {
            value,
            constant: false,
            past: Past::default(),
            steered: false,
            site,
            import: None,
        }
    }
}

/// What opened a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Global,
    Module,
    Function,
    Block,
}

/// One scope.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) kind: ScopeKind,
    pub(crate) parent: Option<ScopeId>,
    pub(crate) names: FxHashMap<&'a str, Binding>,
}

/// All scopes of one scan.
#[derive(Debug, Default)]
pub(crate) struct Scopes<'a> {
    scopes: Vec<Scope<'a>>,
    /// Scopes that were walked through in vain since [`Self::take_walked`].
    walked: Cell<u64>,
}

impl<'a> Scopes<'a> {
    pub(crate) fn open(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        let id = ScopeId(u32::try_from(self.scopes.len()).expect("fuel ends a scan long before"));
        self.scopes.push(Scope {
            kind,
            parent,
            names: FxHashMap::default(),
        });
        id
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.scopes.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, id: ScopeId) -> &Scope<'a> {
        &self.scopes[id.0 as usize]
    }

    pub(crate) fn declare(&mut self, scope: ScopeId, name: &'a str, binding: Binding) {
        self.scopes[scope.0 as usize].names.insert(name, binding);
    }

    /// A scope beside another one, with the same variables.
    pub(crate) fn copied(&mut self, scope: ScopeId) -> ScopeId {
        let original = self.get(scope);
        let (kind, parent, names) = (original.kind, original.parent, original.names.clone());
        let copy = self.open(kind, parent);
        self.scopes[copy.0 as usize].names = names;
        copy
    }

    /// The scope around `scope` that declares `name`.
    pub(crate) fn find(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        let mut current = Some(scope);
        while let Some(id) = current {
            let scope = self.get(id);
            if scope.names.contains_key(name) {
                return Some(id);
            }
            self.walked.set(self.walked.get() + 1);
            current = scope.parent;
        }
        None
    }

    /// How many scopes were walked through, so that deep nesting costs what it takes.
    pub(crate) fn take_walked(&self) -> u64 {
        self.walked.take()
    }

    pub(crate) fn binding(&self, scope: ScopeId, name: &str) -> Option<&Binding> {
        self.get(scope).names.get(name)
    }

    pub(crate) fn binding_mut(&mut self, scope: ScopeId, name: &str) -> Option<&mut Binding> {
        self.scopes[scope.0 as usize].names.get_mut(name)
    }

    /// The nearest scope of a function or module: where `var` declares.
    pub(crate) fn function_scope(&self, scope: ScopeId) -> ScopeId {
        let mut current = scope;
        while self.get(current).kind == ScopeKind::Block {
            match self.get(current).parent {
                Some(parent) => current = parent,
                None => break,
            }
        }
        current
    }
}
