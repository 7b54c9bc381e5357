//! How long requests take at most: what platforms are told of the timeouts that routes declare.

use std::time::Duration;

use crate::application::{Application, Route};
use crate::environment::Variable;

/// By how much earlier than the platform an application ends its handlers.
const EARLY: Duration = Duration::from_millis(250);

/// The time that a platform gives a request, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    /// Where no route asks for more.
    pub(crate) usual: u64,
    /// At most, where it says so.
    pub(crate) most: Option<u64>,
}

impl Door {
    /// What the platform is told: enough for the longest route, as far as it goes.
    pub(crate) fn seconds(&self, application: &Application) -> u64 {
        let asked = application.routes.iter().filter_map(needed);
        let longest = asked.max().unwrap_or(0).max(self.usual);
        self.most.map_or(longest, |most| longest.min(most))
    }
}

/// The variable that tells an application how long a request has, in seconds, where the platform itself does not.
const VARIABLE: &str = "ISOBAR_TIMEOUT";

/// That variable, which a platform is given beside its own setting.
pub(crate) fn variable(seconds: u64) -> Variable {
    Variable {
        name: VARIABLE.to_owned(),
        value: seconds.to_string(),
        comment: Some("The same as timeoutSeconds: handlers end before it.".to_owned()),
    }
}

/// What a route needs of its platform, in whole seconds.
fn needed(route: &Route) -> Option<u64> {
    let time = route.timeout?.saturating_add(EARLY);
    Some(
        time.as_secs()
            .saturating_add(u64::from(time.subsec_nanos() > 0)),
    )
}

/// The routes that would take longer than the platform lets them.
pub(crate) fn notes(application: &Application, door: &Door, platform: &str) -> Vec<String> {
    let Some(most) = door.most else {
        return Vec::new();
    };
    let longer = application
        .routes
        .iter()
        .filter(|route| needed(route) > Some(most));
    let note = |route: &Route| {
        let (methods, path) = (route.methods.join(", "), &route.path);
        let asked = route.timeout.unwrap_or_default().as_secs_f64();
        format!(
            "the route {methods} {path} may take {asked} s, and {platform} gives a request {most} s: it ends before"
        )
    };
    longer.map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(timeouts: &str) -> Application {
        let routes = timeouts.split_whitespace().map(|seconds| {
            format!(
                r#"{{"methods": ["GET"], "path": "/{seconds}", "opaque": false,
                    "timeout": {{"secs": {seconds}, "nanos": 0}}}}"#
            )
        });
        let routes: Vec<String> = routes.collect();
        let described = format!(
            r#"{{"name": "a", "collections": [], "buckets": [], "settings": [], "secrets": [], "schedules": [],
                "routes": [{}]}}"#,
            routes.join(",")
        );
        Application::parse(described.as_bytes()).unwrap()
    }

    #[test]
    fn the_longest_route_has_its_time_as_far_as_the_platform_goes_and_what_is_cut_is_told() {
        let door = Door {
            usual: 300,
            most: Some(600),
        };
        for (timeouts, seconds, told) in [
            ("", 300, 0),
            ("5 20", 300, 0),
            // A handler ends a quarter of a second before the platform does.
            ("300 5", 301, 0),
            ("900 599 600", 600, 2),
        ] {
            let application = application(timeouts);
            assert_eq!(door.seconds(&application), seconds, "{timeouts}");
            let notes = notes(&application, &door, "Knative");
            assert_eq!(notes.len(), told, "{notes:?}");
        }
        let endless = Door {
            usual: 30,
            most: None,
        };
        assert_eq!(endless.seconds(&application("900")), 901);
        assert!(notes(&application("900"), &endless, "x").is_empty());
    }
}
