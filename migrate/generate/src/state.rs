//! Writes `state.rs`: module variables, settings and what depends on them.

use std::collections::BTreeSet;

use crate::emit::{Context, Emitter};
use crate::kind::Kind;
use crate::literal;

/// The text of the module, and what it refers to; `called` are the methods of `State` that functions call for module
/// variables.
pub(crate) fn write(context: Context<'_>, called: &BTreeSet<String>) -> (String, BTreeSet<String>) {
    let mut emitter = Emitter::new(context, "state");
    emitter.owns_arguments = true;
    emitter.imports.insert("isobar::Environment".to_owned());
    let mut text = variables(context, &mut emitter);
    text.push_str(&settings(context, &mut emitter));
    text.push_str(&constants(context, &mut emitter));
    text.push_str(&state(context, called, &mut emitter));
    (text, emitter.imports)
}

/// The declarations of the variables that requests change.
fn variables(context: Context<'_>, emitter: &mut Emitter<'_>) -> String {
    let mut text = String::new();
    for (id, state) in context.program.states.iter().enumerate() {
        let placed = &context.layout.states[id];
        let mut comments = state.comments.clone();
        comments.push(format!("`{}` in {}.", state.name, state.place));
        text.push_str(&doc_comment(&comments));
        emitter
            .imports
            .insert("isobar_express::state::Variable".to_owned());
        let seed = emitter.value(&state.seed);
        let name = literal::text(&stored_name(&context.program.states, id));
        let constant = &placed.constant;
        text.extend([format!(
            "pub static {constant}: Variable = Variable::new({name}, || {seed});\n\n"
        )]);
    }
    text
}

/// What a variable is stored under. Fields of several instances may be named alike, and each is a variable of its own.
fn stored_name(states: &[isobar_migrate_model::code::State], id: usize) -> String {
    let state = &states[id];
    let is_namesake = |it: &&isobar_migrate_model::code::State| {
        it.name == state.name && it.place.file == state.place.file
    };
    let name = format!("{} {}", state.place.file, state.name);
    match states[..id].iter().filter(is_namesake).count() {
        0 => name,
        earlier => format!("{name} {}", earlier + 1),
    }
}

fn settings(context: Context<'_>, emitter: &mut Emitter<'_>) -> String {
    let settings = &context.program.settings;
    if settings.is_empty() {
        return String::new();
    }
    emitter
        .imports
        .insert("isobar::function::SettingSpec".to_owned());
    let names = settings.iter().map(|setting| {
        format!(
            "SettingSpec::new({}).optional(),\n",
            literal::text(&setting.name)
        )
    });
    let names: String = names.collect();
    format!(
        "/// The environment variables that the application reads.\n\
         pub const SETTINGS: [SettingSpec; {}] = [\n{names}];\n\n",
        settings.len()
    )
}

/// The values that are worked out when the application starts.
fn constants(context: Context<'_>, emitter: &mut Emitter<'_>) -> String {
    let mut fields = String::new();
    let mut steps = String::new();
    for (id, constant) in context.program.constants.iter().enumerate() {
        let placed = &context.layout.constants[id];
        if !placed.at_start {
            continue;
        }
        let kind = context.kinds.constant(id);
        let mut comments = constant.comments.clone();
        comments.push(format!("`{}` in {}.", constant.name, constant.place));
        let name = &placed.name;
        let owned = kind.owned();
        import_kind(emitter, kind);
        fields.extend([format!("{}pub {name}: {owned},\n", doc_comment(&comments))]);
        let value = emitter.owned_as(kind, &constant.value);
        steps.extend([format!(
            "let {name} = {value};\nArc::make_mut(&mut state.constants).{name} = {name};\n"
        )]);
    }
    if fields.is_empty() {
        return String::new();
    }
    emitter.imports.insert("std::sync::Arc".to_owned());
    emitter.import("Thrown");
    format!(
        "/// Values that are fixed once the application has started.\n\
         #[derive(Debug, Clone, Default)]\npub struct Constants {{\n{fields}}}\n\n\
         /// Works the constants out in the order of the source.\n\
         fn start(state: &mut State) -> Result<(), Thrown> {{\n{steps}Ok(())\n}}\n\n"
    )
}

fn state(context: Context<'_>, called: &BTreeSet<String>, emitter: &mut Emitter<'_>) -> String {
    let has_settings = !context.program.settings.is_empty();
    let has_constants = context.layout.constants.iter().any(|it| it.at_start);
    let has_variables = !context.program.states.is_empty();
    let mut fields = String::new();
    let mut values = String::new();
    let mut methods = String::new();
    let mut prepare = String::new();
    if has_settings {
        emitter
            .imports
            .insert("isobar_express::state::Settings".to_owned());
        emitter.import("JsValue");
        fields.push_str("settings: Settings,\n");
        values.push_str("settings: Settings::read(environment, &SETTINGS)?,\n");
        methods.push_str(
            "/// An environment variable, `undefined` where it is not set.\n\
             pub fn setting(&self, name: &str) -> JsValue {\nself.settings.get(name)\n}\n\n",
        );
    }
    if has_constants {
        fields.push_str("constants: Arc<Constants>,\n");
        values.push_str("constants: Arc::default(),\n");
        prepare.push_str("start(&mut state)?;\n");
        methods.push_str(
            "/// The values that are fixed once the application has started.\n\
             pub fn constants(&self) -> &Constants {\n&self.constants\n}\n\n",
        );
    }
    if has_variables {
        emitter
            .imports
            .insert("isobar_express::state::Variables".to_owned());
        emitter.import("Thrown");
        fields.push_str("variables: Variables,\n");
        values.push_str("variables: Variables::default(),\n");
        methods.push_str(&variable_methods(context, called, emitter));
    }
    let environment = if has_settings {
        "environment"
    } else {
        "_environment"
    };
    let mutable = if has_constants { "mut " } else { "" };
    let for_request = for_request(emitter, has_variables);
    format!(
        "/// What handlers share: settings, constants, and the variables of one request.\n\
         #[derive(Debug, Clone)]\npub struct State {{\n{fields}}}\n\n\
         impl State {{\n\
         /// Reads the settings and works out what depends on them.\n\
         pub fn new({environment}: &Environment) -> isobar::Result<Self> {{\n\
         let {mutable}state = Self {{\n{values}}};\n{prepare}Ok(state)\n}}\n\n{methods}}}\n\n{for_request}"
    )
}

fn for_request(emitter: &mut Emitter<'_>, has_variables: bool) -> String {
    emitter
        .imports
        .insert("isobar_express::state::ForRequest".to_owned());
    emitter
        .imports
        .insert("isobar_express::state::Variables".to_owned());
    let (parameter, value) = if has_variables {
        ("variables", "Self { variables, ..self.clone() }")
    } else {
        ("_", "self.clone()")
    };
    format!(
        "impl ForRequest for State {{\n\
         fn for_request(&self, {parameter}: Variables) -> Self {{\n{value}\n}}\n}}\n"
    )
}

fn variable_methods(
    context: Context<'_>,
    called: &BTreeSet<String>,
    emitter: &mut Emitter<'_>,
) -> String {
    let mut methods = String::from(
        "/// Reads variables for this request; what it changes is stored when the request ends.\n\
         pub async fn load(&self, variables: &[&'static Variable]) -> Result<(), Thrown> {\n\
         self.variables.load(variables).await\n}\n\n",
    );
    for (id, state) in context.program.states.iter().enumerate() {
        let placed = &context.layout.states[id];
        let (name, constant) = (&placed.accessor, &placed.constant);
        let kind = context.kinds.state(id);
        let (owned, get) = (kind.owned(), getter(kind));
        let source = literal::comment(&[format!("`{}`.", state.name)]);
        let source = source.trim_start_matches("//").trim();
        let (set, add) = (format!("set_{name}"), format!("add_to_{name}"));
        if called.contains(name) || called.contains(&set) {
            import_kind(emitter, kind);
        }
        if called.contains(name) {
            methods.extend([format!(
                "/// {source}\npub fn {name}(&self) -> {owned} {{\nself.variables.{get}(&{constant})\n}}\n\n"
            )]);
        }
        if called.contains(&set) {
            methods.extend([format!(
                "/// Sets {source}\npub fn {set}(&self, value: {owned}) {{\n\
                 self.variables.set(&{constant}, value);\n}}\n\n"
            )]);
        }
        if called.contains(&add) {
            methods.extend([format!(
                "/// Adds to {source} The new value.\npub fn {add}(&self, by: f64) -> f64 {{\n\
                 self.variables.add(&{constant}, by)\n}}\n\n"
            )]);
        }
    }
    methods
}

fn getter(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Number => "number",
        Kind::Text => "text",
        Kind::Array => "array",
        Kind::Undefined | Kind::Unseen | Kind::Value => "get",
    }
}

fn import_kind(emitter: &mut Emitter<'_>, kind: Kind) {
    match kind {
        Kind::Text => drop(emitter.import("JsString")),
        Kind::Array => drop(emitter.import("JsArray")),
        Kind::Value | Kind::Unseen => drop(emitter.import("JsValue")),
        Kind::Undefined | Kind::Bool | Kind::Number => {}
    }
}

fn doc_comment(lines: &[String]) -> String {
    literal::comment(lines)
        .lines()
        .flat_map(|line| ["/", line, "\n"])
        .collect()
}
