//! Runs a scan: entry points first, then the chains of the routes that they register.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use isobar_migrate_model::{Application, FindingCode, Place};
use oxc_allocator::Allocator;

use crate::compose::{Composed, compose, forgotten};
use crate::error::{Error, ErrorKind};
use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::module::Loaded;
use crate::machine::value::{ModuleId, Name, RouterId, Site, Value};
use crate::options::{Progress, ScanOptions};
use crate::packages::Reading;
use crate::port::{Outcome, Port, Selection};
use crate::project::{EntryPoints, Package, express_version, own_files};
use crate::report;
use crate::source::display_path;
use crate::tree::{EntryKind, SourceTree};

/// Stack for parsing and running deeply nested code. It is reserved, not used up.
const STACK_BYTES: usize = 1024 * 1024 * 1024;

/// Scans the application in `directory`.
///
/// Parse errors, missing modules and unreadable files are findings of the result. An error means
/// that the directory itself cannot be read.
pub fn scan(
    tree: &Arc<dyn SourceTree>,
    directory: &Path,
    options: &ScanOptions,
    progress: &(dyn Progress + Sync),
) -> Result<Application, Error> {
    run(tree, directory, options, progress, None).map(|(application, _)| application)
}

/// Scans the application in `directory` and translates the routes of `selection`.
///
/// The verdicts and reasons of the application's routes are those of the translation.
pub fn port(
    tree: &Arc<dyn SourceTree>,
    directory: &Path,
    options: &ScanOptions,
    selection: &Selection,
    progress: &(dyn Progress + Sync),
) -> Result<(Application, Port), Error> {
    let (application, port) = run(tree, directory, options, progress, Some(selection))?;
    Ok((application, port.unwrap_or_default()))
}

fn run(
    tree: &Arc<dyn SourceTree>,
    directory: &Path,
    options: &ScanOptions,
    progress: &(dyn Progress + Sync),
    selection: Option<&Selection>,
) -> Result<(Application, Option<Port>), Error> {
    let root = tree
        .canonical(directory)
        .map_err(|error| Error::new(ErrorKind::NotADirectory, directory, Some(error)))?;
    if !tree
        .metadata(&root)
        .is_ok_and(|metadata| metadata.kind == EntryKind::Directory)
    {
        return Err(Error::new(ErrorKind::NotADirectory, directory, None));
    }
    if let Err(error) = tree.list(&root) {
        return Err(Error::new(ErrorKind::Unreadable, directory, Some(error)));
    }
    std::thread::scope(|threads| {
        let work = || scan_root(tree, &root, options, progress, selection);
        let thread = std::thread::Builder::new()
            .name("scan".into())
            .stack_size(STACK_BYTES);
        let running = thread
            .spawn_scoped(threads, work)
            .map_err(|error| Error::new(ErrorKind::Thread, directory, Some(error)))?;
        Ok(running
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn scan_root(
    tree: &Arc<dyn SourceTree>,
    root: &Path,
    options: &ScanOptions,
    progress: &dyn Progress,
    selection: Option<&Selection>,
) -> (Application, Option<Port>) {
    let manifest = root.join("package.json");
    let mut package = Package::read(tree.as_ref(), &manifest).unwrap_or_default();
    root.clone_into(&mut package.directory);
    let own = own_files(tree.as_ref(), root);
    let entries = EntryPoints::of(tree.as_ref(), &package, &own);
    let allocator = Allocator::default();
    let mut machine = Machine::new(&allocator, Arc::clone(tree), root, options, progress);
    for unreadable in &own.unreadable {
        let place = Place::new(display_path(root, unreadable), 0);
        machine.findings.add(
            FindingCode::Unreadable,
            place,
            "the directory could not be listed",
        );
    }
    let (exported, composed) = register(&mut machine, &entries);
    note_gaps(&mut machine, &exported, &composed);
    let (express, version) = express_version(tree.as_ref(), root, &package);
    let express = express.or_else(|| guess_version(&composed));
    // The second phase of the scan changes what the application has set up, so the translation comes first.
    let ported =
        selection.and_then(|selection| translate(&mut machine, &exported, express, selection));
    let mut application = report::application(&mut machine, &composed);
    application.express = express;
    application.express_version = version;
    let directory_name = root
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    application.name = package.name.or(directory_name).unwrap_or_default();
    application.findings = std::mem::take(&mut machine.findings).into_vec();
    let port = ported.map(|(mut port, outcomes)| {
        port.program.name.clone_from(&application.name);
        settle(&mut application, &outcomes);
        port
    });
    (application, port)
}

/// Translates the first application or exported router that has routes.
fn translate(
    machine: &mut Machine<'_>,
    exported: &[RouterId],
    express: Option<u8>,
    selection: &Selection,
) -> Option<(Port, Vec<Outcome>)> {
    let root = crate::compose::roots(machine, exported)
        .into_iter()
        .next()?;
    Some(crate::port::port(
        machine,
        root,
        express.unwrap_or(4),
        selection,
    ))
}

/// Replaces the scan's estimates by what the translation found.
fn settle(application: &mut Application, outcomes: &[Outcome]) {
    let mut used = vec![false; outcomes.len()];
    for route in &mut application.routes {
        let found = outcomes.iter().enumerate().find(|(position, outcome)| {
            !used[*position]
                && outcome.method == route.method
                && outcome.path == route.path
                && outcome.place.line == route.line
                && outcome.place.file == route.file
        });
        if let Some((position, outcome)) = found {
            used[position] = true;
            route.set_reasons(outcome.reasons.clone());
            continue;
        }
        let message = "belongs to another application than the one that was translated";
        route.set_reasons(vec![isobar_migrate_model::Reason {
            code: isobar_migrate_model::ReasonCode::Unresolved,
            subject: "application".to_owned(),
            message: message.to_owned(),
            place: route.place(),
        }]);
    }
}

/// Runs entry points, stage by stage, until there are routes.
fn register(machine: &mut Machine<'_>, entries: &EntryPoints) -> (Vec<RouterId>, Vec<Composed>) {
    let mut loaded: Vec<ModuleId> = Vec::new();
    for stage in &entries.stages {
        for entry in stage {
            let module = load_entry(machine, entry);
            loaded.extend(module.filter(|module| !loaded.contains(module)));
        }
        machine.run_deferred();
        let found = compose_exported(machine, &loaded);
        if found.1.iter().any(|route| !route.is_partial()) {
            return found;
        }
    }
    for module in &loaded {
        call_exports(machine, *module);
    }
    machine.run_deferred();
    let (exported, mut composed) = compose_exported(machine, &loaded);
    // Two exports that lead to the same call are the same route.
    let mut seen = HashSet::new();
    composed
        .retain(|route| seen.insert((Name::clone(&route.method), route.path.clone(), route.site)));
    (exported, composed)
}

fn load_entry(machine: &mut Machine<'_>, entry: &Path) -> Option<ModuleId> {
    let path = machine
        .tree
        .canonical(entry)
        .unwrap_or_else(|_| entry.to_owned());
    let package = match machine.packages.reading(&path) {
        Reading::Own => None,
        Reading::Package(name) | Reading::Foreign(name) => Some(name),
    };
    machine.load(&path, package)
}

fn compose_exported(
    machine: &mut Machine<'_>,
    loaded: &[ModuleId],
) -> (Vec<RouterId>, Vec<Composed>) {
    let mut exported = Vec::new();
    for module in loaded {
        for value in exports(machine, *module) {
            if let Some(Kind::Router(router)) = machine.heap.kind(&value) {
                exported.push(*router);
            }
        }
    }
    let composed = compose(machine, &exported);
    (exported, composed)
}

/// What a module exports: the whole, and its parts.
fn exports(machine: &mut Machine<'_>, module: ModuleId) -> Vec<Value> {
    let site = Site { module, offset: 0 };
    let whole = machine.required(&Loaded::Module(module), site);
    let mut values = vec![whole.clone()];
    if let Value::Object(id) = whole {
        values.extend(
            machine
                .entries_of(id, site)
                .into_iter()
                .map(|(_, value)| value),
        );
    }
    values
}

/// Calls what a library exports with unknown arguments, since nothing here calls it.
fn call_exports(machine: &mut Machine<'_>, module: ModuleId) {
    let site = Site { module, offset: 0 };
    for value in exports(machine, module) {
        let Some(Kind::Function(closure)) = machine.heap.kind(&value).cloned() else {
            continue;
        };
        let names = closure.code.parameter_names();
        if crate::recognize::looks_like_handler(&names) {
            continue;
        }
        let construct = matches!(closure.code, crate::machine::function::Code::Class(_));
        let arguments = vec![Value::Unknown; names.len()];
        machine.call(
            &value,
            Call {
                this: Value::Undefined,
                arguments,
                site,
                construct,
            },
        );
    }
}

fn note_gaps(machine: &mut Machine<'_>, exported: &[RouterId], composed: &[Composed]) {
    for site in forgotten(machine, exported) {
        if machine.is_own(site.module) {
            machine.find(
                FindingCode::UnmountedRouter,
                site,
                "nothing mounts this router",
            );
        }
    }
    for route in composed.iter().filter(|route| route.is_partial()) {
        let message = format!(
            "the path of {} {} is known only in part",
            route.method, route.path
        );
        machine.find(FindingCode::UnresolvedPath, route.site, message);
    }
    if machine.fuel == 0 {
        let place = Place::new("", 0);
        let message = "the program does more while starting than is analyzed";
        machine
            .findings
            .add(FindingCode::BudgetExhausted, place, message);
    }
    if composed.is_empty() {
        let place = Place::new("package.json", 0);
        machine.findings.add(
            FindingCode::NoApplication,
            place,
            "no Express application with routes was found",
        );
    }
}

/// The version that the paths are written for, when package.json does not tell.
fn guess_version(composed: &[Composed]) -> Option<u8> {
    if composed.is_empty() {
        return None;
    }
    let is_five = |path: &str| {
        path.contains('{')
            || path
                .split('/')
                .any(|part| part.len() > 1 && part.starts_with('*'))
    };
    Some(if composed.iter().any(|route| is_five(&route.path)) {
        5
    } else {
        4
    })
}
