//! Recognizes the helper functions that compilers put into their output: for `async` functions,
//! and for imports of modules whose names cannot be listed here.
//!
//! ```js
//! var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
//!   return new Promise(function (resolve) { resolve(generator.apply(thisArg, _arguments).next()); });
//! };
//! var __importStar = function (mod) { var result = {}; for (var k of Object.keys(mod)) result[k] = mod[k]; return result; };
//! const express_1 = __importStar(require('express'));
//! const app = express_1.default();
//! app.use('/sub', (0, express_1.Router)().get('/y', h));
//! function start() {
//!   return __awaiter(this, void 0, void 0, function* () {
//!     const prefix = yield Promise.resolve('/v1');
//!     app.get(prefix + '/x', h);
//!     return app;
//!   });
//! }
//! start().then((app) => app.get('/after', h));
//! ```
//! ```routes
//! GET /sub/y app.js:7
//! GET /v1/x app.js:11
//! GET /after app.js:15
//! ```

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::function::{Closure, Code};
use crate::machine::heap::Kind;
use crate::machine::value::{ObjectId, Site, Value};

/// A helper called like any other function.
pub(super) fn before_call<'a>(
    machine: &mut Machine<'a>,
    function: ObjectId,
    _closure: &Closure<'a>,
    call: &Call,
) -> Option<Value> {
    let name = machine.function_name(function)?;
    helper(machine, &name, &call.arguments, call.site)
}

fn helper(machine: &mut Machine<'_>, name: &str, arguments: &[Value], site: Site) -> Option<Value> {
    match name {
        "__awaiter" => {
            let generator = arguments.get(3)?.clone();
            let this = arguments.first().cloned().unwrap_or(Value::Undefined);
            let list = arguments
                .get(1)
                .and_then(|list| machine.elements_of(list))
                .unwrap_or_default();
            Some(run_generator(machine, &generator, this, list, site))
        }
        "_asyncToGenerator" | "asyncToGenerator" => {
            let target = arguments.first()?.clone();
            let Some(Kind::Function(closure)) = machine.heap.kind(&target) else {
                return None;
            };
            let is_generator = matches!(closure.code, Code::Function(code) if code.generator);
            let runner = machine.builtin(
                crate::machine::builtin::Family::Package,
                "generated.run",
                site,
            );
            is_generator.then(|| {
                let bound = Kind::Bound {
                    target: runner,
                    this: target,
                    arguments: Vec::new(),
                };
                machine.allocate(bound, site)
            })
        }
        "__importStar"
        | "__importDefault"
        | "__toESM"
        | "_interopRequireWildcard"
        | "_interopRequireDefault"
        | "_interop_require_wildcard"
        | "_interop_require_default" => {
            let module = arguments.first()?;
            let is_opaque = matches!(
                machine.heap.kind(module)?,
                Kind::Foreign(_) | Kind::Builtin(..) | Kind::Namespace(_)
            );
            // Such a module answers to `default` itself.
            is_opaque.then(|| module.clone())
        }
        _ => None,
    }
}

/// Runs a generator as an async function: each `yield` waits.
pub(super) fn run_generator(
    machine: &mut Machine<'_>,
    generator: &Value,
    this: Value,
    arguments: Vec<Value>,
    site: Site,
) -> Value {
    let yielded = machine.call_simply(generator, this, arguments, site);
    let returned = match &yielded {
        Value::Object(id) => machine
            .heap
            .find(*id, "@@return")
            .map(|(_, found)| found.value.clone()),
        _ => None,
    };
    machine.promise(returned.unwrap_or(Value::Unknown), site)
}

impl Machine<'_> {
    /// A helper that is called by name but was imported, as from tslib.
    pub(crate) fn module_function(
        &mut self,
        name: &str,
        callee: &Value,
        arguments: &[Value],
        site: Site,
    ) -> Option<Value> {
        let is_function = matches!(self.heap.kind(callee), Some(Kind::Function(_)));
        if is_function {
            None
        } else {
            helper(self, name, arguments, site)
        }
    }
}
