//! The path at which events come, which only their senders know.

use isobar::{Error, Result};
use percent_encoding::percent_decode_str;

use crate::config::Variables;

/// The path at which this process takes events: whoever knows it can wake the application, so its last segment has to be
/// a secret of at least 16 characters.
pub const EVENTS_VARIABLE: &str = "ISOBAR_EVENTS_PATH";

/// Whether [`EVENTS_VARIABLE`] may say this; `InvalidArgument` where the path could be guessed.
pub fn check_events_path(path: &str) -> Result<()> {
    EventsPath::new(path.to_owned(), '/').map(drop)
}

/// Characters of the last segment; 16 of `openssl rand -hex` are 64 bits.
const FEWEST: usize = 16;

/// Where events come, as [`EVENTS_VARIABLE`] says.
#[derive(Clone)]
pub(crate) struct EventsPath {
    whole: String,
    /// What stands before the name of a trigger.
    before_name: String,
}

/// Requests at this path bring events.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The trigger that the path names.
    pub(crate) name: Option<String>,
}

/// The path is a secret.
impl std::fmt::Debug for EventsPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventsPath").finish_non_exhaustive()
    }
}

impl EventsPath {
    /// The path of the variable, where it is set; `InvalidArgument` where it could be guessed.
    pub(crate) fn from_variables(
        variables: &Variables<'_>,
        separator: char,
    ) -> Result<Option<Self>> {
        let whole = variables(EVENTS_VARIABLE).filter(|text| !text.is_empty());
        whole.map(|whole| Self::new(whole, separator)).transpose()
    }

    fn new(whole: String, separator: char) -> Result<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        let last = whole.rsplit('/').next().unwrap_or_default();
        if !whole.starts_with('/') || last.len() < FEWEST || !whole.bytes().all(allowed) {
            return Err(Error::invalid(format!(
                "{EVENTS_VARIABLE} has to be a path whose last segment nobody can guess: a slash, then at least \
                 {FEWEST} letters, digits, `-`, `.`, `_` and `~`, such as `/events-` and what `openssl rand -hex 16` \
                 prints"
            )));
        }
        if separator != '/' && !begins_names(last) {
            return Err(Error::invalid(format!(
                "{EVENTS_VARIABLE} has to be a path with whose last segment names of functions may begin: a letter, \
                 then letters, digits, `-` and `_`, such as `/events-` and what `openssl rand -hex 16` prints"
            )));
        }
        let before_name = match separator {
            '/' => format!("{whole}/"),
            // The platform makes one segment of a function's name.
            _ => format!("/{last}{separator}"),
        };
        Ok(Self { whole, before_name })
    }

    /// Whether this path is it, or one of those below it.
    pub(crate) fn find(&self, path: &str) -> Option<Address> {
        if equal(path.as_bytes(), self.whole.as_bytes()) {
            return Some(Address { name: None });
        }
        let (before, name) = path.split_at_checked(self.before_name.len())?;
        if !equal(before.as_bytes(), self.before_name.as_bytes()) {
            return None;
        }
        let name = percent_decode_str(name).decode_utf8().ok()?;
        let is_name = !name.is_empty() && !name.contains('/');
        is_name.then(|| Address {
            name: Some(name.into_owned()),
        })
    }
}

/// Whether names of functions may begin with this, by `FunctionNameValidationRegex` of the host of Azure Functions.
///
/// <https://github.com/Azure/azure-functions-host/blob/dev/src/WebJobs.Script/Utility.cs>
fn begins_names(segment: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    segment.starts_with(|first: char| first.is_ascii_alphabetic()) && segment.bytes().all(allowed)
}

/// Takes as long for a path that is wrong at its end as for one that is wrong at its start.
fn equal(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).map(|(one, other)| one ^ other);
    one.len() == other.len() && differences.fold(0, |all, each| all | each) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/in/0123456789abcdef";
    const FUNCTIONS: &str = "/in/events-0123456789abcdef";

    fn path() -> EventsPath {
        EventsPath::new(PATH.to_owned(), '/').unwrap()
    }

    #[track_caller]
    fn check(path: &EventsPath, at: &str, expected: Option<&str>) {
        let found = path.find(at).map(|address| address.name);
        let named = found.map(Option::unwrap_or_default);
        assert_eq!(named.as_deref(), expected, "{at}");
    }

    #[test]
    fn only_the_path_and_names_below_it_bring_events() {
        let below = path();
        check(&below, PATH, Some(""));
        check(&below, "/in/0123456789abcdef/jobs", Some("jobs"));
        check(&below, "/in/0123456789abcdef/a%20b", Some("a b"));
        for other in [
            "/",
            "/in",
            "/in/0123456789abcdeF",
            "/in/0123456789abcdef/",
            "/in/0123456789abcdef/a/b",
            "/in/0123456789abcdef/a%2Fb",
            "/in/0123456789abcdef0",
            "/0123456789abcdef-jobs",
        ] {
            check(&below, other, None);
        }
    }

    #[test]
    fn a_function_is_named_by_the_last_segment_a_dash_and_its_trigger() {
        let functions = EventsPath::new(FUNCTIONS.to_owned(), '-').unwrap();
        check(&functions, FUNCTIONS, Some(""));
        check(&functions, "/events-0123456789abcdef-jobs", Some("jobs"));
        check(&functions, "/in/events-0123456789abcdef-jobs", None);
        check(&functions, "/events-0123456789abcdef", None);
    }

    #[test]
    fn a_segment_with_which_no_function_may_begin_is_refused_where_it_names_them() {
        for last in [
            "0123456789abcdef",
            "-events-0123456789",
            "_events-0123456789",
            "events.0123456789",
            "events~0123456789",
        ] {
            let whole = format!("/in/{last}");
            let error = EventsPath::new(whole.clone(), '-').unwrap_err().to_string();
            assert!(error.contains("`/events-`"), "{error}");
            assert!(!error.contains(last), "{error}");
            assert!(EventsPath::new(whole, '/').is_ok(), "{last}");
        }
        assert!(EventsPath::new("/Events_0123456789".to_owned(), '-').is_ok());
    }

    #[test]
    fn a_path_that_can_be_guessed_is_refused_and_not_repeated() {
        for weak in [
            "events",
            "/events",
            "/",
            "/0123456789abcdef/",
            "/0123456789abcde?",
        ] {
            let error = EventsPath::new(weak.to_owned(), '/')
                .unwrap_err()
                .to_string();
            assert!(error.contains(EVENTS_VARIABLE), "{error}");
        }
        assert!(!format!("{:?}", path()).contains("0123"));
    }
}
