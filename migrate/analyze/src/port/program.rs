//! Puts the program together: only what is reached, with data that changes apart from data that does not.

use std::collections::{BTreeSet, HashMap};

use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_function};
use isobar_migrate_model::code::visit_mut::{self, Visit as VisitMut};
use isobar_migrate_model::code::{
    Callee, Class, ClassId, Constant, ConstantId, Expression, Function, FunctionId, Handler, Layer,
    Program, Router, Setting, State, StateId, Target,
};
use isobar_migrate_model::{Reason, ReasonCode};

use super::{ConstantSource, Outcome, Port, Porter, Root, aliases, data, holding, parts};
use crate::machine::value::RouterId;

struct Calls<'c> {
    constants: &'c [ConstantSource],
    found: BTreeSet<usize>,
}

impl Visit for Calls<'_> {
    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Function { function }
            | Expression::Call {
                callee: Callee::Function { function },
                ..
            } => {
                self.found.insert(function.0);
            }
            // A constant is made of others that were there before it.
            Expression::Constant { constant } => {
                let value = &self.constants[constant.0].value;
                self.expression(value);
            }
            _ => {}
        }
        walk_expression(self, expression);
    }
}

impl Porter<'_, '_> {
    /// The functions that a function, or a constant that it uses, calls or hands on.
    pub(super) fn calls(&self, function: &Function) -> BTreeSet<usize> {
        let mut calls = Calls {
            constants: &self.constants,
            found: BTreeSet::new(),
        };
        walk_function(&mut calls, function);
        calls.found
    }

    /// The program, and what became of each route.
    pub(super) fn finish(
        mut self,
        root: RouterId,
        mut router: Router,
        express: u8,
    ) -> (Port, Vec<Outcome>) {
        for (position, reason) in self.answered_elsewhere(&router) {
            holding::hold_back(&mut router, &self.outcomes[position], &reason);
            self.outcomes[position].reasons.push(reason);
        }
        if let Some(reason) = blocked_error_handler(&router) {
            let changed = self.changes(&router).changed;
            self.hold_back_states(&mut router, &reason, &changed);
        }
        let mut shared = self.changes(&router).shared;
        shared.extend(self.overlapping(&self.changes(&router).changed));
        if let Some(reason) = self.sharing(&shared) {
            self.hold_back_states(&mut router, &reason, &shared);
        }
        let constants = self.changes(&router).constants;
        if let Some(reason) = self.changing(&constants) {
            self.hold_back_states(&mut router, &reason, &constants);
        }
        let unstorable = self.changes(&router).unstorable;
        if let Some(reason) = self.holding_instances(&unstorable) {
            self.hold_back_states(&mut router, &reason, &unstorable);
        }
        let changed = self.changes(&router).changed;
        if let Some((reason, frozen)) = self.changing_frozen(&changed) {
            self.hold_back_states(&mut router, &reason, &frozen);
        }
        self.hold_back_overriding(&mut router);
        let changed = self.changes(&router).changed;
        let kept = self.kept(&router);
        let mut functions = self.functions_at(&kept);
        let new_ids = numbered(&kept);
        let mut split = Split::new(&self, &changed, &new_ids);
        for function in &mut functions {
            visit_mut::walk_function(&mut split, function);
        }
        renumber_router(&mut router, &mut split);
        let constants = std::mem::take(&mut split.constants);
        let classes = std::mem::take(&mut split.classes);
        let states = std::mem::take(&mut split.states);
        let settings = settings(&functions, &constants);
        let options = self.settings_of(root);
        let program = Program {
            name: String::new(),
            express,
            functions,
            classes,
            constants,
            states,
            settings,
            options,
            router,
        };
        self.drop_repeated_reasons();
        (
            Port {
                program,
                notes: std::mem::take(&mut self.notes),
            },
            self.outcomes,
        )
    }

    /// The functions that layers refer to, and all they call, in the order of the source.
    pub(super) fn kept(&self, router: &Router) -> Vec<usize> {
        let mut roots = BTreeSet::new();
        collect(router, &mut roots);
        let reached: BTreeSet<usize> = roots
            .iter()
            .flat_map(|position| self.reached(*position))
            .collect();
        let mut kept: Vec<usize> = reached.into_iter().collect();
        kept.sort_by_key(|position| match &self.functions[*position].lowered {
            Some(Ok(function)) => (function.place.file.clone(), function.place.line),
            _ => (String::new(), 0),
        });
        kept
    }

    /// Roots and constants that may hold objects: only those can be changed through another name.
    fn aliasable(&self) -> BTreeSet<usize> {
        let roots = self.roots.values().enumerate();
        let roots = roots.filter(|(_, root)| root.value.as_object().is_some());
        let constants = self.constants.iter().enumerate();
        let constants = constants.filter(|(_, constant)| {
            !matches!(
                constant.value,
                Expression::Text { .. }
                    | Expression::Number { .. }
                    | Expression::Bool { .. }
                    | Expression::Template { .. }
                    | Expression::Setting { .. }
                    | Expression::Unary { .. }
                    | Expression::Binary { .. }
            )
        });
        let constants = constants.map(|(id, _)| parts::constant(id));
        roots.map(|(id, _)| id).chain(constants).collect()
    }

    /// `app.set` with values that are known.
    fn settings_of(&self, root: RouterId) -> Vec<(String, Expression)> {
        let settings = &self.machine.routing.get(root).settings;
        let known = settings.iter().filter_map(|(name, value)| {
            let known = ["view engine", "views", "view cache", "env", "port"];
            if known.contains(&&**name) {
                return None;
            }
            let value = super::data::literal(self.machine, value).ok()?;
            Some((name.to_string(), value))
        });
        known.collect()
    }

    pub(super) fn functions_at(&self, positions: &[usize]) -> Vec<Function> {
        let slots = positions
            .iter()
            .map(|position| &self.functions[*position].lowered);
        slots
            .filter_map(|lowered| lowered.as_ref()?.as_ref().ok().cloned())
            .collect()
    }

    /// What the functions that are kept do to the variables of modules.
    pub(super) fn changes(&self, router: &Router) -> aliases::Changes {
        let kept = self.kept(router);
        let ids = numbered(&kept);
        aliases::changed_states(
            &self.functions_at(&kept),
            &ids,
            &self.aliasable(),
            &self.methods(),
        )
    }

    /// Why variables that share an object cannot be kept apart.
    fn sharing(&self, shared: &BTreeSet<usize>) -> Option<Reason> {
        let names = shared
            .iter()
            .map(|state| format!("`{}`", self.roots[*state].name));
        let names = names.collect::<Vec<_>>().join(" and ");
        let root = &self.roots[*shared.first()?];
        Some(Reason {
            code: ReasonCode::State,
            subject: "shared object".to_owned(),
            message: match shared.len() {
                1 => format!("keeps an object twice in {names}, which would become copies"),
                _ => format!("keeps an object in {names}, which would become copies"),
            },
            place: self.machine.place(root.site),
        })
    }

    /// Why what is worked out at the start cannot be changed by requests.
    fn changing(&self, constants: &BTreeSet<usize>) -> Option<Reason> {
        let mut known = self.constants.iter().enumerate();
        let (_, constant) = known.find(|(id, _)| constants.contains(&parts::constant(*id)))?;
        Some(Reason {
            code: ReasonCode::State,
            subject: constant.name.to_string(),
            message: format!(
                "changes `{}`, whose value is worked out when the application starts",
                constant.name
            ),
            place: self.machine.place(constant.site),
        })
    }

    /// Why what is frozen cannot be a document: a change of it is ignored, or throws.
    fn changing_frozen(&self, states: &BTreeSet<usize>) -> Option<(Reason, BTreeSet<usize>)> {
        let is_frozen = |state: &usize| data::is_frozen(self.machine, &self.roots[*state].value);
        let frozen: BTreeSet<usize> = states.iter().copied().filter(is_frozen).collect();
        let root = &self.roots[*frozen.first()?];
        let reason = Reason {
            code: ReasonCode::State,
            subject: "frozen object".to_owned(),
            message: format!("changes `{}`, which is frozen", root.name),
            place: self.machine.place(root.site),
        };
        Some((reason, frozen))
    }

    /// Why variables that hold instances of classes cannot be documents.
    fn holding_instances(&self, states: &BTreeSet<usize>) -> Option<Reason> {
        let root = &self.roots[*states.first()?];
        Some(Reason {
            code: ReasonCode::State,
            subject: "instance of a class".to_owned(),
            message: format!("keeps an instance of a class in `{}`", root.name),
            place: self.machine.place(root.site),
        })
    }

    /// A reason that several layers give is told once.
    fn drop_repeated_reasons(&mut self) {
        for outcome in &mut self.outcomes {
            let mut seen: Vec<Reason> = Vec::new();
            outcome.reasons.retain(|reason| {
                let new = !seen.contains(reason);
                seen.push(reason.clone());
                new
            });
        }
    }
}

fn numbered(kept: &[usize]) -> HashMap<usize, usize> {
    kept.iter()
        .enumerate()
        .map(|(new, old)| (*old, new))
        .collect()
}

/// Why errors may go to the legacy application, when an error handler stays behind.
fn blocked_error_handler(router: &Router) -> Option<Reason> {
    router.layers.iter().find_map(|layer| match layer {
        Layer::Use { handlers, .. } => handlers.iter().find_map(|handler| match handler {
            Handler::Legacy {
                reason,
                place,
                for_errors: true,
            } => Some(Reason {
                code: ReasonCode::State,
                subject: "error handler".to_owned(),
                message: format!("shares state, and its errors go to a handler that {reason}"),
                place: place.clone(),
            }),
            _ => None,
        }),
        Layer::Mount { router, .. } => blocked_error_handler(router),
        _ => None,
    })
}

pub(super) fn functions_of(handlers: &[Handler]) -> impl Iterator<Item = usize> {
    handlers.iter().filter_map(|handler| match handler {
        Handler::Function { function, .. } => Some(function.0),
        _ => None,
    })
}

fn collect(router: &Router, functions: &mut BTreeSet<usize>) {
    for layer in &router.layers {
        match layer {
            Layer::Use { handlers, .. } => functions.extend(functions_of(handlers)),
            Layer::Route { methods, .. } => {
                let handlers = methods
                    .iter()
                    .flat_map(|(_, handlers)| functions_of(handlers));
                functions.extend(handlers);
            }
            Layer::Param { handler, .. } => {
                functions.insert(handler.0);
            }
            Layer::Mount { .. } => {}
        }
    }
    for layer in &router.layers {
        if let Layer::Mount { router, .. } = layer {
            collect(router, functions);
        }
    }
}

fn renumber_router(router: &mut Router, split: &mut Split<'_, '_, '_>) {
    for layer in &mut router.layers {
        match layer {
            Layer::Use { handlers, .. } => renumber_handlers(handlers, split),
            Layer::Route { methods, .. } => {
                for (_, handlers) in methods {
                    renumber_handlers(handlers, split);
                }
            }
            Layer::Param { handler, .. } => *handler = split.function(*handler),
            Layer::Mount { router, .. } => renumber_router(router, split),
        }
    }
}

fn renumber_handlers(handlers: &mut [Handler], split: &Split<'_, '_, '_>) {
    for handler in handlers {
        if let Handler::Function { function, .. } = handler {
            *function = split.function(*function);
        }
    }
}

/// Gives everything its number in the program, and tells states from constants.
struct Split<'p, 'm, 'a> {
    porter: &'p Porter<'m, 'a>,
    changed: &'p BTreeSet<usize>,
    functions: &'p HashMap<usize, usize>,
    states: Vec<State>,
    constants: Vec<Constant>,
    classes: Vec<Class>,
    of_classes: HashMap<usize, ClassId>,
    /// By root: the state or constant it has become.
    of_roots: HashMap<usize, Expression>,
    of_constants: HashMap<usize, ConstantId>,
    made: usize,
}

impl<'p, 'm, 'a> Split<'p, 'm, 'a> {
    fn new(
        porter: &'p Porter<'m, 'a>,
        changed: &'p BTreeSet<usize>,
        functions: &'p HashMap<usize, usize>,
    ) -> Self {
        Self {
            porter,
            changed,
            functions,
            states: Vec::new(),
            constants: Vec::new(),
            classes: Vec::new(),
            of_classes: HashMap::new(),
            of_roots: HashMap::new(),
            of_constants: HashMap::new(),
            made: 0,
        }
    }

    fn function(&self, function: FunctionId) -> FunctionId {
        FunctionId(self.functions.get(&function.0).copied().unwrap_or_default())
    }

    /// What a root has become.
    fn root(&mut self, root: usize) -> Expression {
        if let Some(known) = self.of_roots.get(&root) {
            return known.clone();
        }
        let Root {
            name,
            site,
            comments,
            literal,
            ..
        } = self.porter.roots[root].clone();
        let place = self.porter.machine.place(site);
        let value = literal.unwrap_or(Expression::Undefined);
        let name = name.to_string();
        let expression = if value == Expression::Undefined && !self.changed.contains(&root) {
            value
        } else if self.changed.contains(&root) {
            self.states.push(State {
                name,
                place,
                comments,
                seed: value,
            });
            Expression::State {
                state: StateId(self.states.len() - 1),
            }
        } else {
            Expression::Constant {
                constant: self.constant(Constant {
                    name,
                    place,
                    comments,
                    value,
                }),
            }
        };
        self.of_roots.insert(root, expression.clone());
        expression
    }

    /// A class in the program, after its parent.
    fn class(&mut self, class: ClassId) -> ClassId {
        if let Some(known) = self.of_classes.get(&class.0) {
            return *known;
        }
        let mut kept = self.porter.classes[class.0].class.clone();
        kept.parent = kept.parent.map(|parent| self.class(parent));
        self.classes.push(kept);
        let id = ClassId(self.classes.len() - 1);
        self.of_classes.insert(class.0, id);
        id
    }

    fn constant(&mut self, constant: Constant) -> ConstantId {
        self.constants.push(constant);
        self.made += 1;
        ConstantId(self.made - 1)
    }

    fn source(&mut self, position: usize) -> ConstantId {
        if let Some(known) = self.of_constants.get(&position) {
            return *known;
        }
        let source = self.porter.constants[position].clone();
        let mut value = source.value;
        self.expression(&mut value);
        let constant = Constant {
            name: source.name.to_string(),
            place: self.porter.machine.place(source.site),
            comments: source.comments,
            value,
        };
        let id = self.constant(constant);
        self.of_constants.insert(position, id);
        id
    }
}

impl VisitMut for Split<'_, '_, '_> {
    fn expression(&mut self, expression: &mut Expression) {
        visit_mut::walk_expression(self, expression);
        match expression {
            Expression::State { state } => *expression = self.root(state.0),
            Expression::Constant { constant } => *constant = self.source(constant.0),
            Expression::Function { function } => *function = self.function(*function),
            Expression::Instance { class } | Expression::IsInstance { class, .. } => {
                *class = self.class(*class);
            }
            Expression::Call {
                callee: Callee::Function { function },
                ..
            } => {
                *function = self.function(*function);
            }
            _ => {}
        }
    }

    fn target(&mut self, target: &mut Target) {
        visit_mut::walk_target(self, target);
        if let Target::State { state } = target
            && let Expression::State { state: new } = self.root(state.0)
        {
            *state = new;
        }
    }
}

/// The environment variables that the program reads.
fn settings(functions: &[Function], constants: &[Constant]) -> Vec<Setting> {
    // Express itself reads this one: in production, its error pages tell less.
    let mut search = SettingSearch(["NODE_ENV".to_owned()].into());
    for function in functions {
        walk_function(&mut search, function);
    }
    for constant in constants {
        search.expression(&constant.value);
    }
    let is_secret = |name: &str| {
        ["SECRET", "PASSWORD", "TOKEN", "KEY"]
            .iter()
            .any(|word| name.to_uppercase().contains(word))
    };
    let names = search.0.into_iter();
    names
        .map(|name| Setting {
            secret: is_secret(&name),
            name,
        })
        .collect()
}

struct SettingSearch(BTreeSet<String>);

impl Visit for SettingSearch {
    fn expression(&mut self, expression: &Expression) {
        if let Expression::Setting { name } = expression {
            self.0.insert(name.clone());
        }
        walk_expression(self, expression);
    }
}
