//! The first `migration.toml` of an application, from what the scan found and what was ported.

use std::collections::{BTreeMap, BTreeSet};

use isobar_express_path::{Grammar, Matcher, Options, Pattern};
use isobar_migrate_model::{Application, Route, SharedState, StateGroup};

use crate::compare::NoiseMark;
use crate::config::Effects;
use crate::config::format::{
    ApplicationEntry, Canary, Express, FORMAT, File, GroupEntry, LimitsEntry, RouteEntry,
    TimeoutsEntry, Trust,
};
use crate::error::{Error, Result};
use crate::state::RouteState;

/// What a draft is made of.
#[derive(Debug)]
pub struct Draft<'a> {
    /// What the scan found.
    pub application: &'a Application,
    /// How the legacy application is started.
    pub legacy: StartedIn,
    /// How the ported application is started.
    pub ported: StartedIn,
    /// Why routes stay with the legacy application, by [`Route::key`]; every other route has been ported.
    pub staying: BTreeMap<String, String>,
    /// Values that a route's code makes anew in each run, by [`Route::key`].
    pub noise: BTreeMap<String, Vec<NoiseMark>>,
}

/// A command and the folder in which it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedIn {
    /// Program and arguments.
    pub command: Vec<String>,
    /// The folder.
    pub dir: String,
    /// Additional environment variables.
    pub environment: BTreeMap<String, String>,
}

/// Where the scan put a regular expression behind the path of its mount.
const BELOW_A_MOUNT: &str = "/^";

const HEAD: &str = "\
# How requests move from the legacy application to the ported one. Written once by `isobar migrate`; it is yours now.
# States are changed by `isobar promote` and `isobar rollback`, which keep them in migration.state.json.

";

impl Draft<'_> {
    /// The text of the file. Every route begins in the legacy application.
    pub fn text(&self) -> Result<String> {
        let mut seen = BTreeSet::new();
        let listed = self
            .application
            .routes
            .iter()
            .filter(|route| seen.insert(route.key()));
        let routes: Vec<RouteEntry> = listed.filter_map(|route| self.route(route)).collect();
        let used: BTreeSet<&str> = routes
            .iter()
            .filter_map(|route| route.group.as_deref())
            .collect();
        let file = File {
            format: FORMAT,
            listen: "127.0.0.1:8080".to_owned(),
            express: self.express(),
            legacy: entry(&self.legacy),
            ported: entry(&self.ported),
            trust: Trust::default(),
            canary: Canary::default(),
            limits: LimitsEntry::default(),
            timeouts: TimeoutsEntry::default(),
            groups: self.groups(&used),
            routes,
        };
        let text = toml::to_string_pretty(&file).map_err(|error| {
            Error::invalid("the scanned routes cannot be written as TOML").with_source(error)
        })?;
        Ok(format!("{HEAD}{text}"))
    }

    fn groups(&self, used: &BTreeSet<&str>) -> Vec<GroupEntry> {
        let groups = self.application.state_groups.iter();
        let listed = groups.filter(|group| used.contains(group.name.as_str()));
        let entry = |group: &StateGroup| GroupEntry {
            name: group.name.clone(),
            states: group.states.iter().map(describe).collect(),
        };
        listed.map(entry).collect()
    }

    fn express(&self) -> Express {
        let is_on = |name: &str| {
            self.application
                .settings
                .get(name)
                .is_some_and(|it| it == "true")
        };
        Express {
            version: self.application.express.unwrap_or(4),
            case_sensitive_routing: is_on("case sensitive routing"),
            strict_routing: is_on("strict routing"),
        }
    }

    /// `None` for a route whose path has no single pattern (a regular expression below a mount): it is not listed, and so
    /// stays with the legacy application.
    fn route(&self, route: &Route) -> Option<RouteEntry> {
        let grammar = if self.application.express == Some(5) {
            Grammar::V5
        } else {
            Grammar::V4
        };
        let text = route.path.clone();
        let (path, regex) = if is_regex(&text) {
            (None, Some(text))
        } else {
            Matcher::new(grammar, &Pattern::from(text.as_str()), Options::route()).ok()?;
            (
                Some(text).filter(|path| !path.contains(BELOW_A_MOUNT)),
                None,
            )
        };
        if path.is_none() && regex.is_none() {
            return None;
        }
        let key = route.key();
        Some(RouteEntry {
            method: route.method.clone(),
            path,
            regex,
            state: RouteState::Legacy,
            group: route.state_groups.first().cloned(),
            effects: if route.writes {
                Effects::Writes
            } else {
                Effects::None
            },
            legacy_only: self.staying.get(&key).cloned(),
            noise: self.noise.get(&key).cloned().unwrap_or_default(),
        })
    }
}

fn describe(state: &SharedState) -> String {
    format!("{} ({})", state.name, state.place)
}

fn entry(started: &StartedIn) -> ApplicationEntry {
    ApplicationEntry {
        command: Some(started.command.clone()),
        dir: Some(started.dir.clone()),
        env: started.environment.clone(),
        ..ApplicationEntry::default()
    }
}

/// Whether the scan wrote a regular expression: its literal, which ends with a slash and flags and is anchored, escaped or
/// grouped somewhere, as no path of a route is.
fn is_regex(path: &str) -> bool {
    let Some((source, flags)) = path
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
    else {
        return false;
    };
    !source.contains(BELOW_A_MOUNT)
        && flags.chars().all(|flag| "dgimsuvy".contains(flag))
        && source.contains(['^', '$', '\\', '|', '['])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use isobar_migrate_model::{Place, StateGroup, StateKind, Verdict};

    use super::*;
    use crate::config::Migration;
    use crate::table::Table;

    fn route(key: &str, groups: &[&str]) -> Route {
        let (method, path) = key.split_once(' ').unwrap();
        Route {
            method: method.to_owned(),
            path: path.to_owned(),
            file: "app.js".to_owned(),
            line: 1,
            handlers: Vec::new(),
            middleware: Vec::new(),
            verdict: Verdict::Ported,
            reasons: Vec::new(),
            state_groups: groups.iter().map(|&name| name.to_owned()).collect(),
            writes: method != "GET",
            contract: isobar_migrate_model::Contract::default(),
        }
    }

    fn group(name: &str) -> StateGroup {
        let state = SharedState {
            name: name.to_owned(),
            place: Place::new("store.js", 2),
            kind: StateKind::Data,
            readers: Vec::new(),
            writers: Vec::new(),
        };
        StateGroup {
            name: name.to_owned(),
            routes: Vec::new(),
            writers: Vec::new(),
            states: vec![state],
        }
    }

    fn drafted(routes: Vec<Route>, groups: Vec<StateGroup>) -> Table {
        let application = Application {
            express: Some(4),
            routes,
            state_groups: groups,
            ..Application::default()
        };
        let started = |name: &str| StartedIn {
            command: vec![name.to_owned()],
            dir: ".".to_owned(),
            environment: BTreeMap::new(),
        };
        let staying = [("GET /help".to_owned(), "sends a file".to_owned())];
        let draft = Draft {
            application: &application,
            legacy: started("old"),
            ported: started("new"),
            staying: staying.into(),
            noise: BTreeMap::new(),
        };
        let text = draft.text().unwrap();
        let migration = Migration::parse(&text, Path::new(".")).expect(&text);
        let table = Table::new(&migration).expect(&text);
        table.check(&table.initial_states()).expect(&text);
        table
    }

    #[test]
    fn a_draft_is_a_migration_in_which_nothing_has_moved() {
        let table = drafted(
            vec![route("GET /a", &[]), route("GET /help", &[])],
            Vec::new(),
        );
        let routes: Vec<_> = table
            .routes()
            .map(|(_, route)| (route.key(), route.availability.clone()))
            .collect();
        assert_eq!(
            routes[0],
            ("GET /a".to_owned(), crate::config::Availability::Ported)
        );
        let stays = crate::config::Availability::LegacyOnly("sends a file".to_owned());
        assert_eq!(routes[1], ("GET /help".to_owned(), stays));
    }

    #[test]
    fn groups_are_listed_with_their_states_where_a_route_is_in_them() {
        let routes = vec![route("GET /a", &["notes"]), route("POST /b", &["notes"])];
        let table = drafted(routes, vec![group("notes"), group("unused")]);
        let names: Vec<_> = table
            .groups()
            .map(|(name, group)| (name, group.members.len()))
            .collect();
        assert_eq!(names, [("notes", 2)]);
        assert_eq!(
            table.group("notes").unwrap().describe(""),
            "notes (store.js:2)"
        );
    }

    #[test]
    fn regular_expressions_match_and_what_no_pattern_says_is_left_out() {
        let routes = vec![
            route("GET /^\\/note(\\d+)$/i", &[]),
            route("GET /red/^\\/nodes/", &[]),
            route("GET /a/i", &[]),
            route("GET /a", &[]),
            route("GET /a", &[]),
        ];
        let table = drafted(routes, Vec::new());
        let keys: Vec<String> = table.routes().map(|(_, route)| route.key()).collect();
        assert_eq!(keys, ["GET /^\\/note(\\d+)$/i", "GET /a/i", "GET /a"]);
        assert!(table.find("GET", "/NOTE12").is_some());
    }
}
