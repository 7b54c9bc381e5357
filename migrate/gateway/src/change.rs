//! What a promotion or a rollback changes: a pure function of the table, the states, and the wish.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::{Availability, Effects};
use crate::error::{Error, ErrorKind};
use crate::state::{RouteState, Side};
use crate::table::{Group, RouteId, States, Table};

/// What somebody wants: some routes in another state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// The routes: keys such as `GET /notes/:id`, names of groups, or `all`, which stands for every route that the wish
    /// can be fulfilled for.
    pub routes: Vec<String>,
    /// The state that they shall have.
    pub to: RouteState,
}

/// What will be changed, and what people should know about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The routes that change, in the order of the table.
    pub steps: Vec<Step>,
    /// Data that one side holds and the other will not see, one sentence each.
    pub left_behind: Vec<String>,
}

/// One route's change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The route's key.
    pub route: String,
    /// The state it had.
    pub from: RouteState,
    /// The state it gets.
    pub to: RouteState,
}

/// Why a wish is refused; nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No route and no group has this name.
    Unknown(String),
    /// The ported application does not have the route.
    LegacyOnly {
        /// The route's key.
        route: String,
        /// Why it was not ported.
        reason: String,
        /// The state on whose account the route is needed, where it was not asked for itself.
        shared: Option<String>,
    },
    /// Both applications would write the state.
    TwoWriters {
        /// The route's key.
        route: String,
        /// The state, as people know it.
        shared: String,
    },
    /// A copy of a request to the route could change something.
    NotFreeOfEffects(String),
}

/// The change that fulfils `wish` from `states` on.
///
/// A route that shares written state takes its whole group along.
pub fn plan(table: &Table, states: &States, wish: &Wish) -> Result<Change, Refusal> {
    let wanted = select(table, states, wish)?;
    let mut target = states.clone();
    for id in &wanted {
        apply(table, &mut target, (*id, wish.to))?;
    }
    let changed = |id: &RouteId| states.of(*id) != target.of(*id);
    let steps = table
        .routes()
        .filter(|(id, _)| changed(id))
        .map(|(id, route)| Step {
            route: route.key(),
            from: states.of(id),
            to: target.of(id),
        });
    Ok(Change {
        steps: steps.collect(),
        left_behind: left_behind(table, states, &target),
    })
}

fn select(table: &Table, states: &States, wish: &Wish) -> Result<BTreeSet<RouteId>, Refusal> {
    let mut selected = BTreeSet::new();
    for name in &wish.routes {
        if let Some(id) = table.by_key(name) {
            selected.insert(id);
        } else if let Some(group) = table.group(name) {
            selected.extend(&group.members);
        } else if name == "all" {
            let possible = |id: &RouteId| apply(table, &mut states.clone(), (*id, wish.to)).is_ok();
            selected.extend(table.routes().map(|(id, _)| id).filter(possible));
        } else {
            return Err(Refusal::Unknown(name.clone()));
        }
    }
    Ok(selected)
}

/// Puts one route, and what it takes along, into `target`.
fn apply(
    table: &Table,
    target: &mut States,
    (id, to): (RouteId, RouteState),
) -> Result<(), Refusal> {
    check_route(table, id, to, None)?;
    let Some((name, group)) = table.group_of(id).filter(|(_, group)| group.written) else {
        target.set(id, to);
        return Ok(());
    };
    let shared = group.describe(name);
    let Some(side) = to.answering() else {
        return Err(Refusal::TwoWriters {
            route: table.route(id).key(),
            shared,
        });
    };
    for member in group.members.iter().filter(|member| **member != id) {
        // What the wish has given to this side already keeps the state that it got.
        if target.of(*member).answering() != Some(side) {
            let along = along(side);
            check_route(table, *member, along, Some(&shared))?;
            target.set(*member, along);
        }
    }
    target.set(id, to);
    Ok(())
}

/// The state of a route that is taken along to `side`.
fn along(side: Side) -> RouteState {
    match side {
        Side::Legacy => RouteState::Legacy,
        Side::Ported => RouteState::Ported,
    }
}

fn check_route(
    table: &Table,
    id: RouteId,
    to: RouteState,
    shared: Option<&str>,
) -> Result<(), Refusal> {
    let route = table.route(id);
    if let (true, Availability::LegacyOnly(reason)) = (to.needs_ported(), &route.availability) {
        return Err(Refusal::LegacyOnly {
            route: route.key(),
            reason: reason.clone(),
            shared: shared.map(str::to_owned),
        });
    }
    if to == RouteState::Shadow && route.effects != Effects::None {
        return Err(Refusal::NotFreeOfEffects(route.key()));
    }
    Ok(())
}

fn left_behind(table: &Table, before: &States, after: &States) -> Vec<String> {
    let moved = |group: &Group| {
        let id = *group.members.first()?;
        let (from, to) = (before.of(id).answering()?, after.of(id).answering()?);
        (group.written && from != to).then_some((from, to))
    };
    table
        .groups()
        .filter_map(|(name, group)| moved(group).map(|sides| (group.describe(name), sides)))
        .map(|(shared, (from, to))| {
            format!(
                "what was written to {shared} on the {from} side stays there; the {to} side goes on with its own data"
            )
        })
        .collect()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(
                f,
                "no route and no group is called {name:?}; write a route as in \"GET /notes/:id\", a group's name, or all"
            ),
            Self::LegacyOnly {
                route,
                reason,
                shared: None,
            } => {
                write!(f, "the ported application does not have {route}: {reason}")
            }
            Self::LegacyOnly {
                route,
                reason,
                shared: Some(shared),
            } => write!(
                f,
                "{route} shares {shared} and would have to move along, but the ported application does not have it: {reason}"
            ),
            Self::TwoWriters { route, shared } => write!(
                f,
                "as a canary, {route} would let both applications write {shared}; promote the group as a whole"
            ),
            Self::NotFreeOfEffects(route) => write!(
                f,
                "{route} is not proven free of effects, so a copy of a request to it could change something; verify it instead"
            ),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(ErrorKind::Refused, refusal.to_string())
    }
}
