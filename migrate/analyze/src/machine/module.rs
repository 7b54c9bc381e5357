//! Modules: loading them once, and what they export.

use std::path::{Path, PathBuf};

use indexmap::{IndexMap, IndexSet};
use isobar_migrate_model::FindingCode;
use oxc_ast::ast::{ImportExpression, Statement};

use crate::machine::builtin::Family;
use crate::machine::heap::{Kind, Property};
use crate::machine::scope::{Binding, ScopeKind};
use crate::machine::value::{ModuleId, Name, ObjectId, ScopeId, Site, Value};
use crate::machine::{Frame, Machine};
use crate::packages::Reading;
use crate::recognize;
use crate::resolve::{ImportKind, Resolution};
use crate::source::{Lines, MAX_SOURCE_BYTES, Source, display_path};

mod declaration;

/// JSON files above this size are not read: data, not settings.
const MAX_JSON_BYTES: u64 = 1024 * 1024;

/// Exports that are being looked up.
type Asked = Vec<(ModuleId, Name)>;

/// One module.
#[derive(Debug)]
pub(crate) struct ModuleRecord<'a> {
    pub(crate) path: PathBuf,
    pub(crate) display: String,
    pub(crate) source: Option<Source<'a>>,
    pub(crate) lines: Lines,
    /// The package it belongs to, when it is not the application's own.
    pub(crate) package: Option<Name>,
    pub(crate) scope: ScopeId,
    /// The object `module`, whose property `exports` is what `require` gives.
    pub(crate) object: ObjectId,
    /// Whether it has `import` or `export` declarations.
    pub(crate) is_es_module: bool,
    pub(crate) exports: IndexMap<Name, Export>,
    /// What `export * from` adds.
    pub(crate) stars: Vec<Loaded>,
}

/// What an exported name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Export {
    /// A variable of the module.
    Local(Name),
    Value(Value),
    /// An export of another module; `*` is its namespace.
    From(Loaded, Name),
}

/// What a module name leads to.
#[derive(Clone, Debug)]
pub(crate) enum Loaded {
    Module(ModuleId),
    /// A built-in or foreign module.
    Value(Value),
}

impl<'a> Machine<'a> {
    /// Loads what `specifier` names, as seen from the module of `site`.
    pub(crate) fn import(&mut self, specifier: &str, kind: ImportKind, site: Site) -> Loaded {
        if let Some(value) = recognize::package(self, specifier, site) {
            return Loaded::Value(value);
        }
        let from = self.modules[site.module.0 as usize].path.clone();
        match self.resolver.resolve(&from, specifier, kind) {
            Resolution::Builtin(name) => Loaded::Value(self.foreign_module(&name, None, site)),
            Resolution::File(path) => self.import_file(&path, specifier, site),
            Resolution::Missing => match self.import_unbuilt(specifier, kind, site) {
                Some(path) => self.import_file(&path, specifier, site),
                None => Loaded::Value(self.import_missing(specifier, site)),
            },
        }
    }

    fn import_file(&mut self, path: &Path, specifier: &str, site: Site) -> Loaded {
        let outside = !path.starts_with(&self.root);
        if outside
            && let Some(name) = self
                .packages
                .of(path)
                .and_then(|package| package.name.clone())
            && let Some(value) = recognize::package(self, &name, site)
        {
            return Loaded::Value(value);
        }
        match self.packages.reading(path) {
            Reading::Foreign(name) => {
                if let Some(value) = recognize::package(self, &name, site) {
                    return Loaded::Value(value);
                }
                let shown = if specifier.starts_with(&*name) {
                    specifier
                } else {
                    &name
                };
                Loaded::Value(self.foreign_module(shown, Some(path), site))
            }
            Reading::Own => self.load_or_unknown(path, None, site),
            Reading::Package(name) => self.load_or_unknown(path, Some(name), site),
        }
    }

    fn load_or_unknown(&mut self, path: &Path, package: Option<Name>, site: Site) -> Loaded {
        match self.load(path, package) {
            Some(module) => Loaded::Module(module),
            None => Loaded::Value(self.foreign_module("", None, site)),
        }
    }

    /// The source that a module in a build directory is made from, as in `../dist/app`.
    fn import_unbuilt(&mut self, specifier: &str, kind: ImportKind, site: Site) -> Option<PathBuf> {
        let parts: Vec<&str> = specifier.split('/').collect();
        let built = parts
            .iter()
            .position(|part| ["dist", "build", "lib", "out"].contains(part))?;
        let unbuilt: Vec<&str> = parts
            .iter()
            .enumerate()
            .map(|(at, part)| if at == built { "src" } else { part })
            .collect();
        let from = self.modules[site.module.0 as usize].path.clone();
        match self.resolver.resolve(&from, &unbuilt.join("/"), kind) {
            Resolution::File(path) if specifier.starts_with('.') => Some(path),
            _ => None,
        }
    }

    fn import_missing(&mut self, specifier: &str, site: Site) -> Value {
        let is_path = specifier.starts_with(['.', '/']);
        if self
            .tries
            .last()
            .is_some_and(|depth| *depth == self.uncertain)
        {
            self.thrown = Some(Value::Unknown);
            return Value::Unknown;
        }
        if is_path && self.is_own(site.module) {
            let message = format!("the module `{specifier}` is not there");
            self.find(FindingCode::MissingModule, site, message);
            return Value::Unknown;
        }
        self.foreign_module(specifier, None, site)
    }

    /// The module at `path`, loaded and run; `None` when it is no code.
    pub(crate) fn load(&mut self, path: &Path, package: Option<Name>) -> Option<ModuleId> {
        if let Some(known) = self.modules_by_path.get(path) {
            return Some(*known);
        }
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or("");
        let is_json = extension == "json";
        if !is_json
            && !matches!(
                extension,
                "js" | "cjs" | "mjs" | "jsx" | "ts" | "cts" | "mts" | "tsx" | ""
            )
        {
            return None;
        }
        if let Some(name) = &package {
            self.packages.note_read(name);
        }
        let module = self.register(path, package);
        let limit = if is_json {
            MAX_JSON_BYTES
        } else {
            MAX_SOURCE_BYTES
        };
        let site = Site { module, offset: 0 };
        let text = self.read_text(path, limit, site)?;
        let lines = Lines::new(&text);
        self.modules[module.0 as usize].lines = lines;
        if is_json {
            self.run_json(module, &text);
        } else {
            self.run_source(module, path, &text);
        }
        Some(module)
    }

    fn register(&mut self, path: &Path, package: Option<Name>) -> ModuleId {
        let module =
            ModuleId(u32::try_from(self.modules.len()).expect("files are fewer than 2^32"));
        let site = Site { module, offset: 0 };
        let object = self.plain_object(site);
        let exports = Value::Object(self.plain_object(site));
        self.heap
            .get_mut(object)
            .properties
            .insert("exports".into(), Property::plain(exports));
        let scope = self.scopes.open(ScopeKind::Module, Some(self.global));
        let display = display_path(&self.root, path);
        self.progress.file(&display, self.modules.len() + 1);
        self.modules.push(ModuleRecord {
            path: path.to_owned(),
            display,
            source: None,
            lines: Lines::default(),
            package,
            scope,
            object,
            is_es_module: false,
            exports: IndexMap::new(),
            stars: Vec::new(),
        });
        self.modules_by_path.insert(path.to_owned(), module);
        module
    }

    fn read_text(&mut self, path: &Path, limit: u64, site: Site) -> Option<String> {
        let own = self.is_own(site.module);
        match self.tree.metadata(path) {
            Ok(metadata) if metadata.len > limit => {
                if own {
                    let megabytes = metadata.len / 1_000_000;
                    self.find(
                        FindingCode::TooLarge,
                        site,
                        format!("the file has {megabytes} MB and was left out"),
                    );
                }
                return None;
            }
            _ => {}
        }
        match self.tree.read(path) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                self.find(
                    FindingCode::Unreadable,
                    site,
                    format!("the file could not be read: {error}"),
                );
                None
            }
        }
    }

    fn run_json(&mut self, module: ModuleId, text: &str) {
        let site = Site { module, offset: 0 };
        match serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}')) {
            Ok(json) => {
                let value = self.value_of_json(&json, site);
                let object = self.modules[module.0 as usize].object;
                self.heap
                    .get_mut(object)
                    .properties
                    .insert("exports".into(), Property::plain(value));
            }
            Err(error) if self.is_own(module) => {
                self.find(
                    FindingCode::ParseError,
                    site,
                    format!("the file is not JSON: {error}"),
                );
            }
            Err(_) => {}
        }
    }

    fn run_source(&mut self, module: ModuleId, path: &Path, text: &str) {
        let (source, error) = crate::source::parse(self.allocator, path, text);
        if let Some(error) = error
            && self.is_own(module)
        {
            let site = Site {
                module,
                offset: error.offset,
            };
            self.find(
                FindingCode::ParseError,
                site,
                format!("the file does not parse: {}", error.message),
            );
        }
        let Some(source) = source else { return };
        self.modules[module.0 as usize].source = Some(source);
        let body: &'a [Statement<'a>] = &source.program.body;
        let is_es_module = body.iter().any(|statement| {
            statement.is_module_declaration()
                && !matches!(statement, Statement::TSExportAssignment(_))
        });
        self.modules[module.0 as usize].is_es_module = is_es_module;
        let mut frame = self.module_frame(module);
        for statement in body {
            self.link(statement, &mut frame);
        }
        // An uncertain caller does not make the module's own code uncertain, and a `try` around
        // the import does not catch for statements after a throw.
        let uncertain = std::mem::replace(&mut self.uncertain, 0);
        let tries = std::mem::take(&mut self.tries);
        self.as_module(|machine| {
            machine.hoist(body, &mut frame);
            for statement in body {
                machine.execute(statement, &mut frame);
            }
        });
        self.uncertain = uncertain;
        self.tries = tries;
        self.thrown = None;
    }

    fn module_frame(&mut self, module: ModuleId) -> Frame {
        let site = Site { module, offset: 0 };
        let record = &self.modules[module.0 as usize];
        let (scope, object, path) = (record.scope, record.object, record.path.clone());
        let exports = self
            .heap
            .get(object)
            .properties
            .get("exports")
            .map(|exports| exports.value.clone());
        let exports = exports.unwrap_or(Value::Unknown);
        let require = self.builtin(Family::Require, "require", site);
        let filename = path.to_string_lossy().into_owned();
        let dirname = path
            .parent()
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        let hidden = Property::plain(Value::from(filename.as_str()));
        self.heap
            .get_mut(object)
            .properties
            .insert("filename".into(), hidden);
        let names = [
            ("module", Value::Object(object)),
            ("exports", exports.clone()),
            ("require", require),
            ("__filename", Value::from(filename)),
            ("__dirname", Value::from(dirname)),
        ];
        for (name, value) in names {
            self.scopes.declare(scope, name, Binding::new(value, site));
        }
        Frame {
            scope,
            module,
            this: exports,
            home: None,
            class: None,
            arguments: std::rc::Rc::new(Vec::new()),
            returns: Vec::new(),
            yields: Vec::new(),
        }
    }

    /// What `require` gives for something loaded.
    pub(crate) fn required(&mut self, loaded: &Loaded, site: Site) -> Value {
        match loaded {
            Loaded::Value(value) => value.clone(),
            Loaded::Module(module) => {
                let record = &self.modules[module.0 as usize];
                if record.is_es_module {
                    return self.allocate(Kind::Module(*module), site);
                }
                let exports = self.heap.get(record.object).properties.get("exports");
                exports.map_or(Value::Unknown, |exports| exports.value.clone())
            }
        }
    }

    /// The export `name` of `module`: `default`, `*` for the namespace, or a name.
    pub(crate) fn export_of(&mut self, module: ModuleId, name: &str, site: Site) -> Value {
        self.export_within(module, name, site, &mut Vec::new())
    }

    /// The same, unless it was asked for on the way here: modules may hand on each other's exports.
    fn export_within(
        &mut self,
        module: ModuleId,
        name: &str,
        site: Site,
        asked: &mut Asked,
    ) -> Value {
        let record = &self.modules[module.0 as usize];
        let question = (module, Name::from(name));
        if asked.contains(&question) {
            return Value::Undefined;
        }
        asked.push(question);
        if !record.is_es_module {
            let exports = self.required(&Loaded::Module(module), site);
            return self.member_of_exports(&exports, name, site);
        }
        let scope = record.scope;
        match record.exports.get(name).cloned() {
            Some(Export::Value(value)) => value,
            Some(Export::Local(local)) => self.local_export(scope, &local, site, asked),
            Some(Export::From(from, inner)) => self.reexport(&from, &inner, site, asked),
            None => match name {
                "*" => self.allocate(Kind::Module(module), site),
                "__esModule" => Value::Boolean(true),
                "default" => Value::Undefined,
                _ => self.star_export(module, name, site, asked),
            },
        }
    }

    fn star_export(
        &mut self,
        module: ModuleId,
        name: &str,
        site: Site,
        asked: &mut Asked,
    ) -> Value {
        let stars = self.modules[module.0 as usize].stars.clone();
        for star in stars {
            let value = self.reexport(&star, name, site, asked);
            if value != Value::Undefined {
                return value;
            }
        }
        Value::Undefined
    }

    fn local_export(
        &mut self,
        scope: ScopeId,
        local: &str,
        site: Site,
        asked: &mut Asked,
    ) -> Value {
        let Some(binding) = self.scopes.binding(scope, local) else {
            return Value::Undefined;
        };
        if let Some((module, name)) = binding.import.clone() {
            return self.export_within(module, &name, site, asked);
        }
        let value = binding.value.clone();
        self.observed_variable(scope, local, value)
    }

    fn reexport(&mut self, from: &Loaded, name: &str, site: Site, asked: &mut Asked) -> Value {
        match from {
            Loaded::Module(module) => self.export_within(*module, name, site, asked),
            Loaded::Value(value) => {
                let value = value.clone();
                self.member_of_exports(&value, name, site)
            }
        }
    }

    /// An import from a CommonJS or foreign module, by the rules that compilers follow.
    pub(crate) fn member_of_exports(&mut self, exports: &Value, name: &str, site: Site) -> Value {
        match name {
            "*" => exports.clone(),
            "default" => {
                let marked = exports
                    .as_object()
                    .is_some_and(|id| self.heap.find(id, "__esModule").is_some());
                if marked {
                    self.get(exports, "default", site)
                } else {
                    exports.clone()
                }
            }
            _ => self.get(exports, name, site),
        }
    }

    /// The variable that an ES module exports under a name, when it exports a variable.
    pub(crate) fn local_name_of_export(&self, module: ModuleId, name: &str) -> Option<Name> {
        match self.modules[module.0 as usize].exports.get(name)? {
            Export::Local(local) => Some(Name::clone(local)),
            Export::Value(_) | Export::From(..) => None,
        }
    }

    /// Everything that a module exports, except `default`.
    pub(crate) fn exports_of(&mut self, module: ModuleId, site: Site) -> Vec<(Name, Value)> {
        let mut modules = vec![module];
        let mut names = IndexSet::new();
        let mut next = 0;
        while let Some(module) = modules.get(next) {
            let record = &self.modules[module.0 as usize];
            let own = record.exports.keys().cloned();
            names.extend(own.filter(|name| next == 0 || &**name != "default"));
            let stars = record.stars.iter().filter_map(|star| match star {
                Loaded::Module(inner) => Some(*inner),
                Loaded::Value(_) => None,
            });
            let new: Vec<ModuleId> = stars.filter(|inner| !modules.contains(inner)).collect();
            modules.extend(new);
            next += 1;
        }
        names
            .into_iter()
            .map(|name| {
                let value = self.export_of(module, &name, site);
                (name, value)
            })
            .collect()
    }

    pub(crate) fn import_expression(
        &mut self,
        import: &'a ImportExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        let source = self.eval(&import.source, frame);
        let site = frame.site(import);
        let Some(specifier) = source.as_text() else {
            self.note_dynamic_module(site);
            return self.promise(Value::Unknown, site);
        };
        let specifier = specifier.trim_start_matches("file://").to_owned();
        let loaded = self.import(&specifier, ImportKind::Import, site);
        let namespace = match &loaded {
            Loaded::Module(module) => self.allocate(Kind::Module(*module), site),
            Loaded::Value(value) => value.clone(),
        };
        self.promise(namespace, site)
    }

    pub(crate) fn note_dynamic_module(&mut self, site: Site) {
        if self.is_own(site.module) && self.trace.is_none() {
            self.find(
                FindingCode::DynamicModule,
                site,
                "the name of the module is computed",
            );
        }
    }

    pub(crate) fn import_meta(&mut self, frame: &Frame) -> Value {
        let site = Site {
            module: frame.module,
            offset: 0,
        };
        let path = self.modules[frame.module.0 as usize].path.clone();
        let dirname = path
            .parent()
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        let filename = path.to_string_lossy().into_owned();
        let id = self.plain_object(site);
        let properties = &mut self.heap.get_mut(id).properties;
        properties.insert(
            "url".into(),
            Property::plain(Value::from(format!("file://{filename}"))),
        );
        properties.insert("filename".into(), Property::plain(Value::from(filename)));
        properties.insert("dirname".into(), Property::plain(Value::from(dirname)));
        Value::Object(id)
    }
}
