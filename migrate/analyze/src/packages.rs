//! Which packages are read, and which are only known by name.
//!
//! Reading every dependency would cost far more than it tells: a package can only register
//! routes when it has Express, or is handed an application. So a package is read when it needs
//! Express to run, when it belongs to the same scope as one that is read, or when it is one of
//! the small run-time libraries that compiled code calls. A package that is handed an
//! application is read at that moment.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::project::Package;
use crate::recognize::is_known_package;
use crate::tree::SourceTree;

/// Libraries that compilers import helpers from. They are small and pure.
const COMPILER_HELPERS: [&str; 3] = ["tslib", "@babel/runtime", "@swc/helpers"];

/// Packages that need Express but serve no routes of an application, or whose routes only exist
/// while developing. Reading them costs time for nothing.
const NOT_READ: [&str; 12] = [
    "firebase-functions",
    "webpack-dev-server",
    "@nestjs/core",
    "@nestjs/platform-express",
    "next",
    "@google-cloud/functions-framework",
    "apollo-server-express",
    "@apollo/server",
    "probot",
    "jest",
    "@sentry/node",
    "typeorm",
];

/// Modules of one package that are read at most.
const MAX_MODULES: u32 = 600;

/// How a file is treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The application's own code.
    Own,
    /// A package that is read.
    Package(Rc<str>),
    /// A package that is not.
    Foreign(Rc<str>),
}

/// What is known of the packages around one application.
pub(crate) struct Packages {
    tree: Arc<dyn SourceTree>,
    root: PathBuf,
    by_directory: HashMap<PathBuf, Option<Rc<Package>>>,
    read: HashMap<Rc<str>, u32>,
    used: HashSet<String>,
}

impl Packages {
    pub(crate) fn new(tree: Arc<dyn SourceTree>, root: &Path) -> Self {
        Self {
            tree,
            root: root.to_owned(),
            by_directory: HashMap::new(),
            read: HashMap::new(),
            used: HashSet::new(),
        }
    }

    /// Whether `path` belongs to a dependency.
    pub(crate) fn is_dependency(&self, path: &Path) -> bool {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        inside
            .components()
            .any(|part| part.as_os_str() == "node_modules")
    }

    /// The package that holds `path`: the nearest package.json with a name.
    pub(crate) fn of(&mut self, path: &Path) -> Option<Rc<Package>> {
        let directory = path.parent()?;
        if let Some(known) = self.by_directory.get(directory) {
            return known.clone();
        }
        let own = Package::read(self.tree.as_ref(), &directory.join("package.json"));
        let found = match own.filter(|package| package.name.is_some()) {
            Some(package) => Some(Rc::new(package)),
            None if directory
                .file_name()
                .is_some_and(|name| name == "node_modules") =>
            {
                None
            }
            None => self.of(directory),
        };
        self.by_directory
            .insert(directory.to_owned(), found.clone());
        found
    }

    /// How the module at `path` is treated.
    pub(crate) fn reading(&mut self, path: &Path) -> Reading {
        if !self.is_dependency(path) {
            return Reading::Own;
        }
        let Some(package) = self.of(path) else {
            return Reading::Own;
        };
        let name: Rc<str> = package.name.as_deref().unwrap_or_default().into();
        if is_known_package(&name) || NOT_READ.contains(&&*name) {
            return Reading::Foreign(name);
        }
        let reads = self.read.contains_key(&name)
            || package.runs_on("express")
            || COMPILER_HELPERS.contains(&&*name)
            || self.has_read_sibling(&name);
        if reads
            && self
                .read
                .get(&name)
                .is_none_or(|modules| *modules < MAX_MODULES)
        {
            return Reading::Package(name);
        }
        Reading::Foreign(name)
    }

    /// Whether a package of the same scope, as in `@scope/name`, is read already.
    fn has_read_sibling(&self, name: &str) -> bool {
        let Some((scope, _)) = name.split_once('/') else {
            return false;
        };
        if COMPILER_HELPERS
            .iter()
            .any(|helper| helper.starts_with(scope))
        {
            return false;
        }
        let is_sibling = |other: &str| other.split_once('/').is_some_and(|(of, _)| of == scope);
        self.read.keys().any(|other| is_sibling(other))
    }

    /// Decides that a package is read from now on, and counts its modules.
    pub(crate) fn note_read(&mut self, name: &Rc<str>) {
        *self.read.entry(Rc::clone(name)).or_insert(0) += 1;
    }

    /// Whether this is the first use of a package.
    pub(crate) fn note_use(&mut self, name: &str) -> bool {
        self.used.insert(name.to_owned())
    }

    /// Whether reading more of `name` is allowed.
    pub(crate) fn may_read(&self, name: &str) -> bool {
        !NOT_READ.contains(&name)
            && self
                .read
                .get(name)
                .is_none_or(|modules| *modules < MAX_MODULES)
    }
}
