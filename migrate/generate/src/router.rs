//! Writes `router.rs`: the stack in the order in which Express walks it.

use std::collections::BTreeSet;

use isobar_migrate_model::code::{
    BuiltinMiddleware, Expression, FunctionRole, Handler, Layer, Pattern, Router,
};

use crate::emit::{Context, Emitter};
use crate::literal;
use crate::naming::{Names, snake};

/// The text of the module, and what it refers to.
pub(crate) struct Routes<'p> {
    emitter: Emitter<'p>,
    names: Names,
    functions: Vec<String>,
}

/// Writes the functions that build the router.
pub(crate) fn write(context: Context<'_>) -> (String, BTreeSet<String>) {
    let mut names = Names::default();
    names.unique("router".to_owned());
    let mut routes = Routes {
        emitter: Emitter::new(context, "router"),
        names,
        functions: Vec::new(),
    };
    let body = routes.router(&context.program.router);
    let mut imports = std::mem::take(&mut routes.emitter.imports);
    imports.insert("isobar_express::Router".to_owned());
    imports.insert("crate::state::State".to_owned());
    let mut text = String::from(
        "/// The whole application, in the order in which Express walks it.\n\
         pub fn router() -> Router<State> {\n",
    );
    text.extend([format!("{body}\n}}\n")]);
    for function in routes.functions {
        text.push('\n');
        text.push_str(&function);
    }
    (text, imports)
}

impl Routes<'_> {
    /// A router as a chain of calls.
    fn router(&mut self, router: &Router) -> String {
        let mut chain = String::from("Router::new()");
        if router.case_sensitive || router.strict || router.merge_params {
            self.emitter.import("RouterOptions");
            chain.extend([format!(
                ".with(RouterOptions {{ merge_params: {}, case_sensitive: {}, strict: {} }})",
                router.merge_params, router.case_sensitive, router.strict
            )]);
        }
        for layer in &router.layers {
            chain.push_str(&self.layer(layer));
        }
        chain
    }

    fn layer(&mut self, layer: &Layer) -> String {
        match layer {
            Layer::Use {
                paths, handlers, ..
            } => {
                let handlers = self.handlers(handlers);
                match paths.as_slice() {
                    [Pattern::Path { text }] if text == "/" => format!("\n.middleware({handlers})"),
                    paths => format!("\n.middleware_at({}, {handlers})", self.patterns(paths)),
                }
            }
            Layer::Mount { paths, router, .. } => {
                let name = self.mounted(paths, router);
                format!("\n.mount({}, {name}())", self.patterns(paths))
            }
            Layer::Route { paths, methods, .. } => {
                let paths = self.patterns(paths);
                if let [(method, handlers)] = methods.as_slice() {
                    return format!("\n{}", self.method(method, Some(&paths), handlers));
                }
                self.emitter.import("Route");
                let methods: String = methods
                    .iter()
                    .map(|(method, handlers)| self.method(method, None, handlers))
                    .collect();
                format!("\n.route({paths}, Route::new(){methods})")
            }
            Layer::Param { name, handler, .. } => {
                let function = self.param_hook(name, handler.0);
                format!("\n.param({}, {function})", literal::text(name))
            }
        }
    }

    /// The call that adds the handlers of one method.
    fn method(&mut self, method: &str, paths: Option<&str>, handlers: &[Handler]) -> String {
        let handlers = self.handlers(handlers);
        let paths = paths.map_or(String::new(), |paths| format!("{paths}, "));
        match method {
            "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "ALL" => {
                format!(".{}({paths}{handlers})", method.to_ascii_lowercase())
            }
            _ => format!(".on({}, {paths}{handlers})", literal::text(method)),
        }
    }

    /// A function for a router that is mounted.
    fn mounted(&mut self, paths: &[Pattern], router: &Router) -> String {
        let name = match paths.first() {
            Some(Pattern::Path { text }) if text.len() > 1 => snake(text),
            _ => "mounted".to_owned(),
        };
        let name = self
            .names
            .unique(format!("{}_router", name.trim_end_matches('_')));
        let position = self.functions.len();
        self.functions.push(String::new());
        let body = self.router(router);
        self.functions[position] = format!("fn {name}() -> Router<State> {{\n{body}\n}}\n");
        name
    }

    fn patterns(&mut self, paths: &[Pattern]) -> String {
        if let [path] = paths {
            return self.pattern(path, false);
        }
        let members: Vec<_> = paths.iter().map(|path| self.pattern(path, true)).collect();
        format!("[{}]", members.join(", "))
    }

    fn pattern(&mut self, path: &Pattern, listed: bool) -> String {
        match path {
            Pattern::Path { text } if listed => {
                self.emitter.import("Pattern");
                format!("Pattern::from({})", literal::text(text))
            }
            Pattern::Path { text } => literal::text(text),
            Pattern::Regex { source, flags } => {
                self.emitter.import("Pattern");
                format!(
                    "Pattern::regex({}, {})",
                    literal::text(source),
                    literal::text(flags)
                )
            }
        }
    }

    fn handlers(&mut self, handlers: &[Handler]) -> String {
        const LONGEST_TUPLE: usize = 8;
        let written: Vec<_> = handlers
            .iter()
            .map(|handler| self.handler(handler))
            .collect();
        if let [handler] = written.as_slice() {
            return handler.clone();
        }
        if written.len() <= LONGEST_TUPLE {
            return format!("({})", written.join(", "));
        }
        self.emitter.import("IntoHandler");
        let written: Vec<_> = written
            .iter()
            .map(|it| format!("{it}.into_handler()"))
            .collect();
        format!("vec![{}]", written.join(", "))
    }

    fn handler(&mut self, handler: &Handler) -> String {
        match handler {
            Handler::Function {
                function,
                captures,
                is_async,
            } => {
                let path = self.emitter.function_path(*function);
                let called = if captures.is_empty() {
                    path
                } else {
                    self.capturing(function.0, &path, captures)
                };
                if *is_async {
                    let promise = self.emitter.import("promise");
                    return format!("{promise}({called})");
                }
                called
            }
            Handler::Builtin { builtin } => self.builtin(builtin),
            Handler::Legacy {
                for_errors: false, ..
            } => self.emitter.import("legacy"),
            Handler::Legacy { .. } => {
                let legacy = self.emitter.import("legacy");
                self.emitter.import("JsValue");
                format!("|_: JsValue, req, res| {legacy}(req, res)")
            }
        }
    }

    /// A function that a factory made: what the factory was called with goes first.
    fn capturing(&mut self, function: usize, path: &str, captures: &[Expression]) -> String {
        let captures: Vec<_> = captures
            .iter()
            .map(|value| self.emitter.value(value))
            .collect();
        let arguments = self.arguments_of(function);
        let (names, handed) = (arguments.join(", "), arguments.join(", "));
        let captures = captures.join(", ");
        format!("|{names}| {path}({captures}, {handed})")
    }

    /// The names of what Express hands to a function, in order.
    fn arguments_of(&self, function: usize) -> Vec<&'static str> {
        let context = self.emitter.context;
        let role = context.program.functions[function].role;
        let mut names = Vec::new();
        if role == FunctionRole::ErrorHandler {
            names.push("err");
        }
        names.extend(["req", "res"]);
        if context.needs[function].state() {
            names.push("state");
        }
        names
    }

    fn param_hook(&mut self, name: &str, function: usize) -> String {
        let id = isobar_migrate_model::code::FunctionId(function);
        let path = self.emitter.function_path(id);
        let context = self.emitter.context;
        if context.program.functions[function].parameters.len() < 2 {
            return path;
        }
        let state = if context.needs[function].state() {
            ", state"
        } else {
            ""
        };
        let name = literal::text(name);
        format!("|req, res, value{state}| {path}(req, res, value, {name}.into(){state})")
    }

    fn builtin(&mut self, builtin: &BuiltinMiddleware) -> String {
        let (name, options) = match builtin {
            BuiltinMiddleware::Json { options } => ("json", options.as_ref()),
            BuiltinMiddleware::Urlencoded { options } => ("urlencoded", options.as_ref()),
            BuiltinMiddleware::Text { options } => ("text", options.as_ref()),
            BuiltinMiddleware::Cors { options } => ("cors", options.as_ref()),
            BuiltinMiddleware::CookieParser { secret } => ("cookie_parser", secret.as_ref()),
            BuiltinMiddleware::Files { paths } => {
                let paths: Vec<_> = paths.iter().map(|path| literal::text(path)).collect();
                let legacy_files = self.emitter.import("legacy_files");
                return format!("{legacy_files}([{}])", paths.join(", "));
            }
            BuiltinMiddleware::Helmet => ("helmet", None),
            BuiltinMiddleware::Compression => ("compression", None),
        };
        self.emitter
            .imports
            .insert("isobar_express::middleware".to_owned());
        let options = options.map(|options| self.emitter.argument(options));
        format!(
            "middleware::{name}({})",
            options.unwrap_or_else(|| "()".to_owned())
        )
    }
}
