//! The routes as the gateway works with them: matched in order, and tied into groups.

use std::collections::BTreeMap;

use isobar_express_path::{Methods, Options, RouteTable};

use crate::config::{Availability, Effects, Matching, Migration, RouteSpec};
use crate::error::{Error, Result};
use crate::state::RouteState;

/// The routes of a migration, without their states.
#[derive(Clone, Debug)]
pub struct Table {
    matcher: RouteTable<RouteId>,
    routes: Vec<RouteSpec>,
    groups: BTreeMap<String, Group>,
}

/// A route's place in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(usize);

/// Routes that share state.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// What they share, as people know it.
    pub states: Vec<String>,
    /// The routes, in order.
    pub members: Vec<RouteId>,
    /// Whether one of them writes, so that all must be on one side.
    pub written: bool,
}

/// The state of each route of a table, by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct States(Vec<RouteState>);

impl Table {
    /// Compiles the routes of `migration`.
    pub fn new(migration: &Migration) -> Result<Self> {
        let mut matcher = RouteTable::new(migration.matching.grammar);
        for (place, route) in migration.routes.iter().enumerate() {
            let methods = match route.method.as_str() {
                "ALL" => Methods::Any,
                method => Methods::one(method),
            };
            matcher
                .push(
                    methods,
                    &route.pattern,
                    options(migration.matching),
                    RouteId(place),
                )
                .map_err(|error| {
                    Error::invalid(format!("the route {} cannot be matched", route.key()))
                        .with_source(error)
                })?;
        }
        let groups = groups(migration)?;
        Ok(Self {
            matcher,
            routes: migration.routes.clone(),
            groups,
        })
    }

    /// The route that Express would take for a request; `None` where none is listed, or where the path does not decode.
    pub fn find(&self, method: &str, path: &str) -> Option<RouteId> {
        let (_, _, route) = self.matcher.find(method, path).ok().flatten()?;
        Some(*route)
    }

    /// One route.
    pub fn route(&self, id: RouteId) -> &RouteSpec {
        &self.routes[id.0]
    }

    /// All routes in order.
    pub fn routes(&self) -> impl Iterator<Item = (RouteId, &RouteSpec)> {
        self.routes
            .iter()
            .enumerate()
            .map(|(place, route)| (RouteId(place), route))
    }

    /// The route with this key, for example `GET /notes/:id`.
    pub fn by_key(&self, key: &str) -> Option<RouteId> {
        self.routes()
            .find(|(_, route)| route.key() == key)
            .map(|(id, _)| id)
    }

    /// The group of a route, with its name.
    pub fn group_of(&self, id: RouteId) -> Option<(&str, &Group)> {
        let name = self.route(id).group.as_deref()?;
        self.groups
            .get_key_value(name)
            .map(|(name, group)| (name.as_str(), group))
    }

    /// A group by name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.get(name)
    }

    /// All groups by name.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &Group)> {
        self.groups
            .iter()
            .map(|(name, group)| (name.as_str(), group))
    }

    /// The states that the migration file gives.
    pub fn initial_states(&self) -> States {
        States(self.routes.iter().map(|route| route.state).collect())
    }

    /// Checks that no two sides write the same state and that what requests reach exists.
    pub fn check(&self, states: &States) -> Result<()> {
        for (id, route) in self.routes() {
            let state = states.of(id);
            if let (true, Availability::LegacyOnly(reason)) =
                (state.needs_ported(), &route.availability)
            {
                return Err(Error::invalid(format!(
                    "the route {} is {state}, but the ported application does not have it: {reason}",
                    route.key()
                )));
            }
            if state == RouteState::Shadow && route.effects != Effects::None {
                return Err(Error::invalid(format!(
                    "the route {} is in shadow, but a copy of a request to it could change something; only routes with effects = \"none\" can be shadowed",
                    route.key()
                )));
            }
        }
        self.groups()
            .try_for_each(|(name, group)| self.check_group(name, group, states))
    }

    fn check_group(&self, name: &str, group: &Group, states: &States) -> Result<()> {
        let mut sides = group
            .members
            .iter()
            .map(|id| (id, states.of(*id).answering()));
        let Some((first, side)) = sides.next().filter(|_| group.written) else {
            return Ok(());
        };
        let divided = |id: RouteId, why: &str| {
            Error::invalid(format!(
                "both applications would write {}: {} is {} and {} is {} in the group {name}; {why}",
                group.describe(name),
                self.route(*first).key(),
                states.of(*first),
                self.route(id).key(),
                states.of(id),
            ))
        };
        if side.is_none() {
            return Err(divided(*first, "a group with a writer cannot be a canary"));
        }
        match sides.find(|(_, other)| *other != side) {
            Some((id, _)) => Err(divided(*id, "give all its routes to one side")),
            None => Ok(()),
        }
    }
}

impl RouteId {
    /// The place in the order of the table, from 0.
    pub fn place(self) -> usize {
        self.0
    }
}

impl Group {
    /// The shared states, or the group's name where they are not listed.
    pub fn describe(&self, name: &str) -> String {
        if self.states.is_empty() {
            name.to_owned()
        } else {
            self.states.join(", ")
        }
    }
}

impl States {
    /// The state of one route.
    pub fn of(&self, id: RouteId) -> RouteState {
        self.0[id.0]
    }

    /// Sets the state of one route.
    pub fn set(&mut self, id: RouteId, state: RouteState) {
        self.0[id.0] = state;
    }
}

fn groups(migration: &Migration) -> Result<BTreeMap<String, Group>> {
    let mut groups: BTreeMap<String, Group> = migration
        .groups
        .iter()
        .map(|spec| {
            (
                spec.name.clone(),
                Group {
                    states: spec.states.clone(),
                    ..Group::default()
                },
            )
        })
        .collect();
    for (place, route) in migration.routes.iter().enumerate() {
        let Some(name) = &route.group else { continue };
        let group = groups.entry(name.clone()).or_default();
        group.members.push(RouteId(place));
        group.written |= route.effects == Effects::Writes;
    }
    match groups.iter().find(|(_, group)| group.members.is_empty()) {
        Some((name, _)) => Err(Error::invalid(format!("the group {name} has no route"))),
        None => Ok(groups),
    }
}

fn options(matching: Matching) -> Options {
    Options {
        case_sensitive: matching.case_sensitive,
        strict: matching.strict,
        ..Options::route()
    }
}
