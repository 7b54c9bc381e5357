//! Writes `Cargo.toml`, `main.rs` and `app.rs`.

use isobar_migrate_model::code::Program;

use crate::Options;
use crate::emit::Context;
use crate::literal;

/// `Cargo.toml`: a crate of its own workspace that links this checkout of Isobar.
pub(crate) fn cargo(program: &Program, options: &Options) -> String {
    let name = package_name(&program.name);
    let isobar = toml_text(&options.isobar);
    let path = |part: &str| format!("{}/{part}\"", isobar.trim_end_matches('"'));
    format!(
        "[package]\n\
         name = \"{name}\"\n\
         version = \"0.1.0\"\n\
         edition = \"2024\"\n\
         publish = false\n\n\
         [workspace]\n\n\
         [dependencies]\n\
         isobar = {{ path = {core} }}\n\
         isobar-connect = {{ path = {connect}, features = [\"local\"] }}\n\
         isobar-express = {{ path = {express} }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n\
         [lints.rust]\n\
         # The source declares variables before the branches that assign them.\n\
         unused_assignments = \"allow\"\n",
        core = path("core"),
        connect = path("providers/connect"),
        express = path("migrate/express"),
    )
}

/// `.cargo/config.toml`: all ported crates build into one directory, with the profile of Isobar's own workspace, so that
/// what both build is built once.
pub(crate) fn cargo_config(options: &Options) -> String {
    let target = toml_text(&format!("{}/target/ported", options.isobar));
    format!(
        "[build]\ntarget-dir = {target}\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n\n\
         [profile.dev.package.\"*\"]\ndebug = 0\n\n\
         [profile.dev.package.redb]\nopt-level = 2\n"
    )
}

/// `main.rs`.
pub(crate) fn main(modules: &[String]) -> String {
    let mut names: Vec<&str> = modules.iter().map(String::as_str).collect();
    names.push("app");
    names.sort_unstable();
    let modules: String = names
        .iter()
        .flat_map(|name| ["mod ", name, ";\n"])
        .collect();
    format!(
        "//! The application, on whichever platform it finds itself.\n\n{modules}\n\
         use std::process::ExitCode;\n\n\
         use isobar_express::Allocator;\n\n\
         #[global_allocator]\n\
         static ALLOCATOR: Allocator = Allocator;\n\n\
         #[tokio::main]\n\
         async fn main() -> ExitCode {{\n\
         isobar_connect::run(app::app()).await\n\
         }}\n"
    )
}

/// `app.rs`: the application and what it needs, declared as data.
pub(crate) fn app(context: Context<'_>) -> String {
    let program = context.program;
    let profile = if program.express >= 5 { "V5" } else { "V4" };
    let name = literal::text(&program.name);
    let has_variables = !program.states.is_empty();
    let mut declared = String::new();
    if has_variables {
        declared.push_str(".collection(&VARIABLES)");
    }
    let settings = if program.settings.is_empty() {
        String::new()
    } else {
        "SETTINGS.iter().fold(app, |app, setting| app.setting(setting))".to_owned()
    };
    let store = if has_variables {
        "let variables = environment.collection(&VARIABLES)?;\n\
         Ported::with_variables(express, router(), state, (NAME, variables))"
    } else {
        "Ported::new(express, router(), state)"
    };
    let imports = if has_variables {
        "use isobar_express::state::{Ported, VARIABLES};"
    } else {
        "use isobar_express::state::Ported;"
    };
    let mut options = String::new();
    if program.settings.iter().any(|it| it.name == "NODE_ENV") {
        options.push_str(".set(\"env\", state.setting(\"NODE_ENV\").or(\"development\"))");
    }
    for (name, value) in &program.options {
        options.extend([format!(
            ".set({}, {})",
            literal::text(name),
            option_value(value)
        )]);
    }
    let state_import = if program.settings.is_empty() {
        "State"
    } else {
        "{SETTINGS, State}"
    };
    let body = format!(
        "App::new(NAME, |environment: &Environment| {{\n\
         let state = State::new(environment)?;\n\
         let express = Express::new(Profile::{profile}){options};\n\
         {store}\n}})\n{declared}\n.routes(Routes::new().fallback(Ported::answer))"
    );
    let body = if settings.is_empty() {
        body
    } else {
        format!("let app = {body};\n{settings}")
    };
    format!(
        "//! What the application needs, declared as data.\n\n\
         use isobar::http::Routes;\nuse isobar::{{App, Environment}};\n{imports}\n\
         use isobar_express::{{Express, Profile}};\n\n\
         use crate::router::router;\nuse crate::state::{state_import};\n\n\
         const NAME: &str = {name};\n\n\
         /// The application.\n\
         pub fn app() -> App<Ported<State>> {{\n{body}\n}}\n"
    )
}

fn option_value(value: &isobar_migrate_model::code::Expression) -> String {
    use isobar_migrate_model::code::Expression;
    match value {
        Expression::Bool { value } => value.to_string(),
        Expression::Number { value } => literal::number(*value),
        Expression::Text { value } => literal::text(value),
        _ => "()".to_owned(),
    }
}

/// A name that Cargo accepts.
fn package_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() || it == '-' || it == '_' {
                it
            } else {
                '-'
            }
        })
        .collect();
    let name = name.trim_matches('-').to_ascii_lowercase();
    let starts_well = name.starts_with(|it: char| it.is_ascii_alphabetic());
    let reserved = ["test", "core", "std", "alloc", "isobar"].contains(&name.as_str());
    if starts_well && !reserved {
        name
    } else {
        format!("ported-{name}").trim_end_matches('-').to_owned()
    }
}

/// A basic string of TOML.
fn toml_text(text: &str) -> String {
    let mut escaped = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            it if it.is_control() => escaped.extend([format!("\\u{:04x}", u32::from(it))]),
            it => escaped.push(it),
        }
    }
    escaped.push('"');
    escaped
}
