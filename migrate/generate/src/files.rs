//! The files of the generated crate.

use std::collections::{BTreeMap, BTreeSet};

use isobar_migrate_model::code::FunctionRole;

use crate::emit::{Context, Emitter, write_function};
use crate::kind::Kind;
use crate::literal;
use crate::{router, state};

/// What one source file of the crate holds.
#[derive(Default)]
struct Module {
    imports: BTreeSet<String>,
    items: Vec<String>,
    /// The places in the old source that it came from.
    sources: BTreeSet<String>,
    children: BTreeSet<String>,
}

/// The source files below `src/`, without `main.rs` and `app.rs`, by path.
pub(crate) fn write(context: Context<'_>) -> BTreeMap<String, String> {
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    let mut state_methods = BTreeSet::new();
    write_classes(context, &mut modules);
    write_constants(context, &mut modules);
    for (id, function) in context.program.functions.iter().enumerate() {
        let written = write_function(context, id);
        let module = modules
            .entry(context.layout.functions[id].module.clone())
            .or_default();
        module.imports.extend(written.imports);
        state_methods.extend(written.state_methods);
        module.items.push(written.text);
        module.sources.insert(function.place.file.clone());
    }
    let (text, imports) = router::write(context);
    let module = modules.entry("router".to_owned()).or_default();
    module.imports = imports;
    module.items.push(text);
    let (text, imports) = state::write(context, &state_methods);
    let module = modules.entry("state".to_owned()).or_default();
    module.imports = imports;
    module.items.push(text);
    add_parents(&mut modules);
    let files = modules.iter().map(|(name, module)| {
        let path = format!("src/{}.rs", name.replace("::", "/"));
        (path, text_of(name, module, context))
    });
    files.collect()
}

/// The modules at the top of the crate.
pub(crate) fn top_level(files: &BTreeMap<String, String>) -> Vec<String> {
    let names = files
        .keys()
        .filter_map(|path| path.strip_prefix("src/")?.strip_suffix(".rs"));
    names
        .filter(|name| !name.contains('/'))
        .map(str::to_owned)
        .collect()
}

fn add_parents(modules: &mut BTreeMap<String, Module>) {
    let names: Vec<String> = modules.keys().cloned().collect();
    for name in names {
        let mut child = name.as_str();
        while let Some((parent, last)) = child.rsplit_once("::") {
            let module = modules.entry(parent.to_owned()).or_default();
            module.children.insert(last.to_owned());
            child = parent;
        }
    }
}

fn text_of(name: &str, module: &Module, context: Context<'_>) -> String {
    let mut text = format!("//! {}\n\n", purpose(name, module, context));
    for child in &module.children {
        text.extend([format!("pub mod {child};\n")]);
    }
    if !module.children.is_empty() {
        text.push('\n');
    }
    text.push_str(&imports(&module.imports, name));
    text.push_str(&module.items.join("\n"));
    text
}

/// One sentence about a module.
fn purpose(name: &str, module: &Module, context: Context<'_>) -> String {
    match name {
        "router" => {
            return "The routes and middleware, in the order in which Express walked them."
                .to_owned();
        }
        "state" => {
            return "What the application kept in variables of its modules, and its settings."
                .to_owned();
        }
        _ => {}
    }
    let sources: Vec<_> = module
        .sources
        .iter()
        .map(|source| comment_text(source))
        .collect();
    let has_routes = context
        .program
        .functions
        .iter()
        .enumerate()
        .any(|(id, function)| {
            context.layout.functions[id].module == name && function.role == FunctionRole::Handler
        });
    let last = name.rsplit("::").next().unwrap_or(name).replace('_', " ");
    match (sources.is_empty(), has_routes) {
        (true, _) => format!("The parts of {last}."),
        (false, true) if name.starts_with("routes::") => {
            format!("The routes of {last}, ported from {}.", sources.join(", "))
        }
        (false, _) => format!("Ported from {}.", sources.join(", ")),
    }
}

fn comment_text(text: &str) -> String {
    let line = literal::comment(&[text.to_owned()]);
    line.trim_start_matches("// ").trim_end().to_owned()
}

/// `use` lines, in groups: the standard library, other crates, this one.
fn imports(imports: &BTreeSet<String>, module: &str) -> String {
    let mut lines = String::new();
    let groups: [&dyn Fn(&str) -> bool; 3] = [
        &|path| path.starts_with("std::"),
        &|path| !path.starts_with("std::") && !path.starts_with("crate::"),
        &|path| path.starts_with("crate::"),
    ];
    for belongs in groups {
        let mut by_parent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in imports.iter().filter(|path| belongs(path)) {
            if let Some((parent, name)) = path.rsplit_once("::")
                && *path != format!("crate::{module}")
            {
                by_parent.entry(parent).or_default().push(name);
            }
        }
        for (parent, names) in &by_parent {
            match names.as_slice() {
                [name] => lines.extend([format!("use {parent}::{name};\n")]),
                names => lines.extend([format!("use {parent}::{{{}}};\n", names.join(", "))]),
            }
        }
        if !by_parent.is_empty() {
            lines.push('\n');
        }
    }
    lines
}

fn write_classes(context: Context<'_>, modules: &mut BTreeMap<String, Module>) {
    for (id, class) in context.program.classes.iter().enumerate() {
        let placed = &context.layout.classes[id];
        let mut emitter = Emitter::new(context, &placed.module);
        let mut comments = class.comments.clone();
        comments.push(class.place.to_string());
        let comments = literal::comment(&comments);
        let (name, title) = (&placed.name, literal::text(&class.name));
        emitter.import("JsClass");
        let mut value = format!("JsClass::new({title})");
        if let Some(error) = &class.error {
            let errors = emitter.import("ErrorClass");
            value.extend([format!(".of_errors({errors}::{error})")]);
        }
        if let Some(parent) = class.parent {
            value.extend([format!(".extending(&{})", emitter.class_path(parent))]);
        }
        if !class.methods.is_empty() {
            let methods = class.methods.iter().map(|method| literal::text(method));
            let methods = methods.collect::<Vec<_>>().join(", ");
            value.extend([format!(".with_methods(&[{methods}])")]);
        }
        let module = modules.entry(placed.module.clone()).or_default();
        module.imports.extend(emitter.imports);
        module
            .items
            .push(format!("{comments}pub static {name}: JsClass = {value};\n"));
        module.sources.insert(class.place.file.clone());
    }
}

fn write_constants(context: Context<'_>, modules: &mut BTreeMap<String, Module>) {
    for (id, constant) in context.program.constants.iter().enumerate() {
        let placed = &context.layout.constants[id];
        if placed.at_start {
            continue;
        }
        let kind = context.kinds.constant(id);
        let mut emitter = Emitter::new(context, &placed.module);
        let mut comments = constant.comments.clone();
        comments.push(constant.place.to_string());
        let comments = literal::comment(&comments);
        let name = &placed.name;
        let item = match kind {
            Kind::Text | Kind::Number | Kind::Bool => {
                let value = emitter.expression(&constant.value).text;
                let kind = if kind == Kind::Text {
                    "&str"
                } else {
                    kind.owned()
                };
                format!("{comments}pub const {name}: {kind} = {value};\n")
            }
            _ => {
                let value = emitter.owned_as(kind, &constant.value);
                emitter.import(kind.owned());
                emitter.imports.insert("std::sync::LazyLock".to_owned());
                let kind = kind.owned();
                format!(
                    "{comments}pub static {name}: LazyLock<{kind}> = LazyLock::new(|| {value});\n"
                )
            }
        };
        let module = modules.entry(placed.module.clone()).or_default();
        module.imports.extend(emitter.imports);
        module.items.push(item);
        module.sources.insert(constant.place.file.clone());
    }
}
