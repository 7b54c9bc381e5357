//! Groups routes by the state that they share.

use std::collections::BTreeMap;

use isobar_migrate_model::{SharedState, StateGroup, StateKind};

use crate::machine::Machine;
use crate::machine::heap::Kind;
use crate::machine::value::{Site, Value};
use crate::serve::{Evidence, StateKey};

/// Readers and writers of one state, as indexes of routes.
#[derive(Debug, Default)]
struct Users {
    readers: Vec<usize>,
    writers: Vec<usize>,
}

/// Routes, by index, and the states that join them.
type Part = (Vec<usize>, Vec<(StateKey, Users)>);

/// The groups of routes that share state which at least one of them writes.
pub(crate) fn groups(
    machine: &Machine<'_>,
    keys: &[String],
    evidence: &[Evidence],
) -> Vec<StateGroup> {
    let mut users: BTreeMap<StateKey, Users> = BTreeMap::new();
    for (route, evidence) in evidence.iter().enumerate() {
        for key in evidence.writes.keys() {
            push(
                &mut users.entry(canonical(machine, key)).or_default().writers,
                route,
            );
        }
    }
    for (route, evidence) in evidence.iter().enumerate() {
        for key in evidence.reads.keys() {
            if let Some(users) = users.get_mut(&canonical(machine, key)) {
                push(&mut users.readers, route);
            }
        }
    }
    let mut parts: Vec<Part> = Vec::new();
    for (key, users) in users {
        let mut members: Vec<usize> = users
            .readers
            .iter()
            .chain(&users.writers)
            .copied()
            .collect();
        let mut states = vec![(key, users)];
        // A route that uses two states joins their groups.
        let (joined, apart): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|(routes, _)| routes.iter().any(|route| members.contains(route)));
        for (routes, inner) in joined {
            members.extend(routes);
            states.extend(inner);
        }
        members.sort_unstable();
        members.dedup();
        parts = apart;
        parts.push((members, states));
    }
    parts.sort_by_key(|(routes, _)| routes.first().copied());
    parts
        .into_iter()
        .map(|(routes, states)| group(machine, keys, &routes, states))
        .collect()
}

fn push(list: &mut Vec<usize>, route: usize) {
    if list.last() != Some(&route) {
        list.push(route);
    }
}

/// A variable that holds an object is the same state as the object.
fn canonical(machine: &Machine<'_>, key: &StateKey) -> StateKey {
    let StateKey::Variable(scope, name) = key else {
        return key.clone();
    };
    match machine
        .scopes
        .binding(*scope, name)
        .map(|binding| &binding.value)
    {
        Some(Value::Object(id)) => {
            let root = machine.heap.root_owner(*id);
            match machine.heap.get(root).kind {
                Kind::Plain | Kind::Array(_) | Kind::Collection { .. } => StateKey::Object(root),
                _ => key.clone(),
            }
        }
        _ => key.clone(),
    }
}

fn group(
    machine: &Machine<'_>,
    keys: &[String],
    routes: &[usize],
    states: Vec<(StateKey, Users)>,
) -> StateGroup {
    let named = |routes: &[usize]| {
        let mut names: Vec<String> = routes.iter().map(|route| keys[*route].clone()).collect();
        names.dedup();
        names
    };
    let mut writers: Vec<usize> = states
        .iter()
        .flat_map(|(_, users)| users.writers.clone())
        .collect();
    writers.sort_unstable();
    writers.dedup();
    let states: Vec<SharedState> = states
        .into_iter()
        .map(|(key, users)| {
            let (name, site) = describe(machine, &key);
            SharedState {
                kind: kind_of(machine, &key, &name),
                name,
                place: machine.place(site),
                readers: named(&users.readers),
                writers: named(&users.writers),
            }
        })
        .collect();
    let name = states
        .iter()
        .map(|state| state.name.as_str())
        .collect::<Vec<_>>()
        .join("+");
    StateGroup {
        name,
        routes: named(routes),
        writers: named(&writers),
        states,
    }
}

/// The name and declaration of a state.
fn describe(machine: &Machine<'_>, key: &StateKey) -> (String, Site) {
    match key {
        StateKey::Variable(scope, name) => {
            let site = machine
                .scopes
                .binding(*scope, name)
                .map(|binding| binding.site);
            (
                name.to_string(),
                site.unwrap_or(crate::machine::builtin::NOWHERE),
            )
        }
        StateKey::Object(id) => {
            let object = machine.heap.get(*id);
            match &object.label {
                Some((name, site)) => (name.to_string(), *site),
                None => ("object".to_owned(), object.site),
            }
        }
    }
}

fn kind_of(machine: &Machine<'_>, key: &StateKey, name: &str) -> StateKind {
    let value = match key {
        StateKey::Object(id) => Value::Object(*id),
        StateKey::Variable(scope, name) => machine
            .scopes
            .binding(*scope, name)
            .map_or(Value::Unknown, |binding| binding.value.clone()),
    };
    let name = name.to_lowercase();
    match machine.heap.kind(&value) {
        Some(Kind::Foreign(_) | Kind::Function(_)) => StateKind::Connection,
        _ if ["connection", "client", "pool", "socket"]
            .iter()
            .any(|word| name.contains(word)) =>
        {
            StateKind::Connection
        }
        _ if name.contains("cache") || name.starts_with("memo") => StateKind::Cache,
        _ if ["config", "options", "settings"]
            .iter()
            .any(|word| name.ends_with(word)) =>
        {
            StateKind::Configuration
        }
        _ => StateKind::Data,
    }
}
