//! Executes import and export declarations.

use oxc_ast::ast::{
    Declaration, ExportDefaultDeclarationKind, ImportDeclaration, ImportDeclarationSpecifier,
    ModuleExportName, Statement, TSModuleReference,
};

use super::{Export, Loaded};
use crate::machine::scope::Binding;
use crate::machine::value::{Name, ScopeId, Site, Value};
use crate::machine::{Completion, Frame, Machine};
use crate::resolve::ImportKind;

impl<'a> Machine<'a> {
    /// Loads what a declaration imports or re-exports, before the module's body runs.
    pub(super) fn link(&mut self, statement: &'a Statement<'a>, frame: &mut Frame) {
        match statement {
            Statement::ImportDeclaration(import) if !import.import_kind.is_type() => {
                self.link_import(import, frame);
            }
            Statement::ExportFromDeclaration(export) if !export.export_kind.is_type() => {
                let site = frame.site(&export.source);
                let from = self.import(export.source.value.as_str(), ImportKind::Import, site);
                let values = export
                    .specifiers
                    .iter()
                    .filter(|specifier| !specifier.export_kind.is_type());
                for specifier in values {
                    let target = Export::From(from.clone(), export_name(&specifier.local));
                    self.export(frame, export_name(&specifier.exported), target);
                }
            }
            Statement::ExportAllDeclaration(export) if !export.export_kind.is_type() => {
                let site = frame.site(&export.source);
                let from = self.import(export.source.value.as_str(), ImportKind::Import, site);
                match &export.exported {
                    Some(name) => {
                        self.export(frame, export_name(name), Export::From(from, "*".into()));
                    }
                    None => self.modules[frame.module.0 as usize].stars.push(from),
                }
            }
            Statement::ExportNamedDeclaration(export) if !export.export_kind.is_type() => {
                for specifier in &export.specifiers {
                    let target = Export::Local(export_name(&specifier.local));
                    self.export(frame, export_name(&specifier.exported), target);
                }
            }
            Statement::ExportDeclaration(export) => {
                self.link_declaration(&export.declaration, frame);
            }
            Statement::ExportDefaultDeclaration(export) => {
                let id = match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                        function.id.as_ref()
                    }
                    ExportDefaultDeclarationKind::ClassDeclaration(class) => class.id.as_ref(),
                    _ => None,
                };
                if let Some(id) = id {
                    self.export(
                        frame,
                        "default".into(),
                        Export::Local(id.name.as_str().into()),
                    );
                }
            }
            _ => {}
        }
    }

    fn link_declaration(&mut self, declaration: &'a Declaration<'a>, frame: &Frame) {
        let names: Vec<Name> = match declaration {
            Declaration::VariableDeclaration(variables) => {
                let patterns = variables
                    .declarations
                    .iter()
                    .map(|declarator| &declarator.id);
                let names = patterns.flat_map(|pattern| pattern.get_binding_identifiers());
                names
                    .map(|identifier| identifier.name.as_str().into())
                    .collect()
            }
            _ => declaration
                .id()
                .map(|id| id.name.as_str().into())
                .into_iter()
                .collect(),
        };
        for name in names {
            self.export(frame, Name::clone(&name), Export::Local(name));
        }
    }

    fn link_import(&mut self, import: &'a ImportDeclaration<'a>, frame: &Frame) {
        let site = frame.site(&import.source);
        let specifiers = import.specifiers.as_ref();
        let all_types = specifiers.is_some_and(|all| {
            !all.is_empty()
                && all.iter().all(|specifier| {
                    matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(named) if named.import_kind.is_type())
                })
        });
        if all_types {
            return;
        }
        let loaded = self.import(import.source.value.as_str(), ImportKind::Import, site);
        for specifier in specifiers.into_iter().flatten() {
            let (local, name): (&'a str, Name) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(named) => {
                    (named.local.name.as_str(), export_name(&named.imported))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => {
                    (default.local.name.as_str(), "default".into())
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(namespace) => {
                    (namespace.local.name.as_str(), "*".into())
                }
            };
            self.bind_import(local, (&loaded, name), frame.scope, site);
        }
    }

    fn bind_import(
        &mut self,
        local: &'a str,
        (loaded, name): (&Loaded, Name),
        scope: ScopeId,
        site: Site,
    ) {
        let mut binding = match loaded {
            Loaded::Module(module) => {
                let mut binding = Binding::new(Value::Unknown, site);
                binding.import = Some((*module, name));
                binding
            }
            Loaded::Value(value) => {
                let value = value.clone();
                Binding::new(self.member_of_exports(&value, &name, site), site)
            }
        };
        binding.constant = true;
        self.scopes.declare(scope, local, binding);
    }

    fn export(&mut self, frame: &Frame, name: Name, export: Export) {
        self.modules[frame.module.0 as usize]
            .exports
            .insert(name, export);
    }

    /// Runs the part of a declaration that has a value.
    pub(crate) fn module_statement(
        &mut self,
        statement: &'a Statement<'a>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        match statement {
            Statement::ExportDeclaration(export) => {
                self.exported_declaration(&export.declaration, frame);
            }
            Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                    if function.id.is_none() {
                        let value = self.function_expression(function, frame);
                        self.export(frame, "default".into(), Export::Value(value));
                    }
                }
                ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                    let value = self.class(class, frame);
                    match &class.id {
                        Some(id) => {
                            let site = frame.site(id);
                            self.declare(frame.scope, id.name.as_str(), value, site);
                        }
                        None => self.export(frame, "default".into(), Export::Value(value)),
                    }
                }
                other => {
                    if let Some(expression) = other.as_expression() {
                        let value = self.eval(expression, frame);
                        self.export(frame, "default".into(), Export::Value(value));
                    }
                }
            },
            Statement::TSExportAssignment(assignment) => {
                let value = self.eval(&assignment.expression, frame);
                let object = self.modules[frame.module.0 as usize].object;
                self.modules[frame.module.0 as usize].is_es_module = false;
                let site = frame.site(&**assignment);
                self.set(object, "exports", value, site);
            }
            Statement::TSImportEqualsDeclaration(import) => self.import_equals(import, frame),
            _ => {}
        }
        Completion::Normal
    }

    fn exported_declaration(&mut self, declaration: &'a Declaration<'a>, frame: &mut Frame) {
        match declaration {
            Declaration::VariableDeclaration(variables) => self.declare_variables(variables, frame),
            Declaration::ClassDeclaration(class) => self.class_declaration(class, frame),
            Declaration::TSEnumDeclaration(enumeration) => self.enumeration(enumeration, frame),
            Declaration::TSNamespaceDeclaration(namespace) => self.namespace(namespace, frame),
            Declaration::TSImportEqualsDeclaration(import) => self.import_equals(import, frame),
            _ => {}
        }
    }

    fn import_equals(
        &mut self,
        import: &'a oxc_ast::ast::TSImportEqualsDeclaration<'a>,
        frame: &mut Frame,
    ) {
        if let TSModuleReference::ExternalModuleReference(external) = &import.module_reference {
            let site = frame.site(&external.expression);
            let loaded = self.import(
                external.expression.value.as_str(),
                ImportKind::Require,
                site,
            );
            let value = self.required(&loaded, site);
            self.declare(frame.scope, import.id.name.as_str(), value, site);
        }
    }
}

fn export_name(name: &ModuleExportName<'_>) -> Name {
    name.name().as_str().into()
}
