//! Whole functions.

use isobar_migrate_model::code::{Function, FunctionRole, StateId};

use super::{Context, Emitter, Exit, Variable};
use crate::kind::Kind;
use crate::literal;
use crate::naming::{Names, snake};
use crate::uses::{Needs, Reads};

/// A function as Rust.
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) imports: std::collections::BTreeSet<String>,
    /// The methods of `State` that it calls for module variables.
    pub(crate) state_methods: std::collections::BTreeSet<String>,
    /// Whether code in it can fail.
    pub(crate) fails: bool,
}

/// Writes function `id` of the program.
pub(crate) fn write_function(context: Context<'_>, id: usize) -> Written {
    let function = &context.program.functions[id];
    let placed = &context.layout.functions[id];
    let mut emitter = Emitter::new(context, &placed.module);
    emitter.function = Some(id);
    emitter.reads = Reads::of(function);
    emitter.owns_arguments = function.role != FunctionRole::Plain;
    emitter.locals = variables(context, id, function);
    let text = if function.role == FunctionRole::Plain {
        emitter.plain(id, function, &placed.name)
    } else {
        emitter.handler(id, function, &placed.name)
    };
    let head = head(function, placed.title.as_deref());
    Written {
        text: head + &text,
        imports: emitter.imports,
        state_methods: emitter.state_methods,
        fails: emitter.fails,
    }
}

/// What stands above a function: its comments, its route, and where it was.
fn head(function: &Function, title: Option<&str>) -> String {
    let mut lines = function.comments.clone();
    if !lines.is_empty() && title.is_some() {
        lines.push(String::new());
    }
    let place = function.place.to_string();
    lines.push(match title {
        Some(title) => format!("{title}: {place}"),
        None => place,
    });
    literal::comment(&lines)
}

fn variables(context: Context<'_>, id: usize, function: &Function) -> Vec<Variable> {
    let mut names = Names::default();
    for placed in &context.layout.functions {
        if placed.module == context.layout.functions[id].module {
            names.unique(placed.name.clone());
        }
    }
    let locals = function.locals.iter().enumerate();
    locals
        .map(|(local, it)| {
            let is_parameter = function
                .parameters
                .iter()
                .any(|parameter| parameter.local.0 == local);
            let kind = context
                .kinds
                .local(id, isobar_migrate_model::code::LocalId(local));
            let is_plain = function.role == FunctionRole::Plain;
            Variable {
                name: names.unique(snake(&it.name)),
                kind,
                is_reference: is_parameter && is_plain && !kind.is_copied(),
            }
        })
        .collect()
}

impl Emitter<'_> {
    fn handler(&mut self, id: usize, function: &Function, name: &str) -> String {
        let mut parameters = Vec::new();
        for capture in &function.captures {
            parameters.push(format!("{}: JsValue", self.variable(capture.local).name));
            self.import("JsValue");
        }
        let own = function
            .parameters
            .iter()
            .map(|parameter| self.owned_parameter(parameter.local));
        let own: Vec<_> = own.collect();
        if function.role == FunctionRole::ErrorHandler {
            parameters.extend(own.iter().cloned());
        }
        let needs = self.context.needs[id].clone();
        let mark = |needed: bool, name: &str| {
            if needed {
                name.to_owned()
            } else {
                format!("_{name}")
            }
        };
        parameters.push(format!("{}: Request", mark(needs.request, "req")));
        parameters.push(format!("{}: Response", mark(needs.response, "res")));
        if function.role == FunctionRole::ParamHook {
            parameters.extend(own);
        }
        if needs.state() {
            parameters.push("state: State".to_owned());
            self.imports.insert("crate::state::State".to_owned());
        }
        for import in ["Handled", "Request", "Response"] {
            self.import(import);
        }
        let load = self.load(&needs);
        let defaults = self.defaults(&function.parameters);
        let body = self.within(Exit::Handler, |it| it.tail_block(&function.body));
        let parameters = parameters.join(", ");
        format!("pub async fn {name}({parameters}) -> Handled {{\n{load}{defaults}{body}\n}}\n")
    }

    fn owned_parameter(&mut self, local: isobar_migrate_model::code::LocalId) -> String {
        let variable = self.variable(local).clone();
        self.import("JsValue");
        let is_read = self.reads.is_read(local);
        let name = if is_read {
            variable.name
        } else {
            format!("_{}", variable.name)
        };
        let mutable = if self.is_assigned(local) { "mut " } else { "" };
        let kind = match variable.kind {
            Kind::Text => {
                self.import("JsString");
                "JsString"
            }
            _ => "JsValue",
        };
        format!("{mutable}{name}: {kind}")
    }

    /// Loads the module variables that a handler uses before it does anything.
    fn load(&mut self, needs: &Needs) -> String {
        if needs.states.is_empty() {
            return String::new();
        }
        self.fails = true;
        let names: Vec<_> = needs
            .states
            .iter()
            .map(|state| self.state_name(*state))
            .collect();
        format!("state.load(&[{}]).await?;\n", names.join(", "))
    }

    fn state_name(&mut self, state: StateId) -> String {
        let name = self.context.layout.states[state.0].constant.clone();
        let path = self.path("state", &name);
        format!("&{path}")
    }

    fn plain(&mut self, id: usize, function: &Function, name: &str) -> String {
        let needs = self.context.needs[id].clone();
        let mut parameters = Vec::new();
        for (needed, parameter, kind) in [
            (needs.request, "req", "Request"),
            (needs.response, "res", "Response"),
        ] {
            if needed {
                self.import(kind);
                parameters.push(format!("{parameter}: &{kind}"));
            }
        }
        if needs.state() {
            self.imports.insert("crate::state::State".to_owned());
            parameters.push("state: &State".to_owned());
        }
        for parameter in &function.parameters {
            let variable = self.variable(parameter.local).clone();
            let is_used = self.reads.is_read(parameter.local) || self.is_assigned(parameter.local);
            // Nothing needs to look at what is always `undefined`.
            let is_read = is_used && variable.kind != Kind::Undefined;
            let name = if is_read {
                variable.name
            } else {
                format!("_{}", variable.name)
            };
            let kind = variable.kind.borrowed();
            self.import_kind(variable.kind);
            let mutable = variable.kind.is_copied() && self.is_assigned(parameter.local);
            parameters.push(format!(
                "{}{name}: {kind}",
                if mutable { "mut " } else { "" }
            ));
        }
        let fallible = self.context.fallible[id];
        let kind = self.context.kinds.returned(id).settled();
        self.import_kind(kind);
        let result = match (fallible, kind) {
            (true, kind) => {
                self.import("Thrown");
                format!(" -> Result<{}, Thrown>", kind.owned())
            }
            (false, Kind::Undefined) => String::new(),
            (false, kind) => format!(" -> {}", kind.owned()),
        };
        let owned = self.own_assigned_parameters(function);
        let defaults = self.defaults(&function.parameters);
        let exit = Exit::Function { kind, fallible };
        let body = self.within(exit, |it| it.tail_block(&function.body));
        let parameters = parameters.join(", ");
        format!("pub fn {name}({parameters}){result} {{\n{owned}{defaults}{body}\n}}\n")
    }

    /// A parameter that the function writes becomes a variable of its own.
    fn own_assigned_parameters(&mut self, function: &Function) -> String {
        let mut lines = String::new();
        for parameter in &function.parameters {
            let variable = self.variable(parameter.local).clone();
            if self.is_assigned(parameter.local)
                && variable.is_reference
                && parameter.default.is_none()
            {
                let name = variable.name;
                lines.extend([format!("let mut {name} = {name}.clone();\n")]);
                self.locals[parameter.local.0].is_reference = false;
            }
        }
        lines
    }

    fn import_kind(&mut self, kind: Kind) {
        match kind {
            Kind::Text => drop(self.import("JsString")),
            Kind::Array => drop(self.import("JsArray")),
            Kind::Value | Kind::Unseen => drop(self.import("JsValue")),
            Kind::Undefined | Kind::Bool | Kind::Number => {}
        }
    }
}
