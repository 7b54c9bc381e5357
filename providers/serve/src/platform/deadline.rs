//! When a platform cuts a request, as its environment and the request's own fields tell.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use isobar::{Error, Result};

use crate::config::{TIMEOUT_VARIABLE, Variables};

/// How a request learns how long it has; a time of 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadlineRule {
    /// The variable that tells it for all requests, and its unit.
    pub variable: Option<(&'static str, Unit)>,
    /// What it is where no variable tells it.
    pub fixed: Option<Duration>,
    /// The field that tells it for one request, and its unit; it can only shorten the time.
    pub header: Option<(&'static str, Unit)>,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of seconds.
    Seconds,
    /// A number of milliseconds.
    Milliseconds,
    /// A duration as Go writes it, such as `1m30s`, or a number of seconds.
    GoDuration,
    /// No time but the end of it: an [`instant`]; one that has passed is none.
    Instant,
}

impl DeadlineRule {
    /// The platform does not tell.
    pub const UNTOLD: Self = Self {
        variable: None,
        fixed: None,
        header: None,
    };

    /// The time that every request has: what the platform tells, or [`TIMEOUT_VARIABLE`] where that is shorter or all that
    /// is told; `InvalidArgument` where a variable is wrong, naming it.
    pub fn limit(&self, variables: &Variables<'_>) -> Result<Option<Duration>> {
        let told = self.variable.map(|variable| told_time(variables, variable));
        let told = told.transpose()?.flatten().or(self.fixed);
        let own = told_time(variables, (TIMEOUT_VARIABLE, Unit::GoDuration))?;
        let limits = [told, own].into_iter().flatten();
        Ok(limits.filter(|limit| !limit.is_zero()).min())
    }

    /// When a request that has just arrived is cut; a field that cannot be read does not count.
    pub fn of(&self, headers: &HeaderMap, limit: Option<Duration>) -> Option<SystemTime> {
        let told = self.header.and_then(|(name, _)| headers.get(name));
        self.end(told.and_then(|text| text.to_str().ok()), limit)
    }

    /// The same, of the field's text, for platforms that tell it elsewhere than in a field.
    pub fn end(&self, told: Option<&str>, limit: Option<Duration>) -> Option<SystemTime> {
        let own = told.zip(self.header);
        let own = own.and_then(|(text, (_, unit))| unit.read(text));
        let own = own.filter(|time| !time.is_zero());
        let time = match (own, limit) {
            (Some(own), Some(limit)) => own.min(limit),
            (one, other) => one.or(other)?,
        };
        SystemTime::now().checked_add(time)
    }
}

/// The time that a variable tells; `InvalidArgument` where it is none.
pub fn told_time(
    variables: &Variables<'_>,
    (name, unit): (&str, Unit),
) -> Result<Option<Duration>> {
    let text = variables(name).filter(|text| !text.is_empty());
    let time = text.map(|text| {
        let wrong = || format!("{name} is {text:?}, it must be {}", unit.words());
        unit.read(&text).ok_or_else(|| Error::invalid(wrong()))
    });
    time.transpose()
}

impl Unit {
    fn read(self, text: &str) -> Option<Duration> {
        match self {
            Self::Seconds => seconds(text),
            Self::Milliseconds => text.parse().ok().map(Duration::from_millis),
            Self::GoDuration => seconds(text).or_else(|| go_duration(text)),
            // One that has passed before the request came tells nothing of how long somebody waits for the answer: the two
            // clocks differ, or an emulator tells any.
            Self::Instant => instant(text)?.duration_since(SystemTime::now()).ok(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Seconds => "a number of seconds",
            Self::Milliseconds => "a number of milliseconds",
            Self::GoDuration => "a duration such as 1m30s, or a number of seconds",
            Self::Instant => "an instant as in RFC 3339, or in milliseconds since 1970",
        }
    }
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// An instant as RFC 3339 writes it, or in milliseconds since 1970.
pub fn instant(text: &str) -> Option<SystemTime> {
    if let Ok(milliseconds) = text.parse() {
        return SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds));
    }
    let timestamp: jiff::Timestamp = text.parse().ok()?;
    Some(timestamp.into())
}

/// A duration as Go's `time.ParseDuration` reads it, as long as it is not negative: numbers, each with its unit.
///
/// <https://pkg.go.dev/time#ParseDuration>
pub fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut whole = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(end);
        let units = [
            ("ns", 1e-9),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("ms", 1e-3),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ];
        let (unit, length) = units
            .into_iter()
            .find(|(unit, _)| after.starts_with(unit))?;
        let number: f64 = number.parse().ok()?;
        let part = Duration::try_from_secs_f64(number * length).ok()?;
        whole = whole.checked_add(part)?;
        rest = after.strip_prefix(unit)?;
    }
    (!text.is_empty()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let table = [
            ("1m30s", Some(Duration::from_secs(90))),
            ("1.5h", Some(Duration::from_mins(90))),
            ("250ms", Some(Duration::from_millis(250))),
            ("7us", Some(Duration::from_micros(7))),
            ("7µs", Some(Duration::from_micros(7))),
            ("0s", Some(Duration::ZERO)),
            ("", None),
            ("10", None),
            ("s", None),
            ("-1s", None),
            ("1d", None),
            ("1..5s", None),
            ("999999999999999999999h", None),
        ];
        for (text, expected) in table {
            assert_eq!(go_duration(text), expected, "{text:?}");
        }
    }

    /// The time that a request has whose field says `own`, where the variable says `all`.
    fn check(rule: DeadlineRule, (all, own): (&str, &str), expected: Option<u64>) {
        let told = |name: &str| (name == "exec_timeout").then(|| all.to_owned());
        let limit = rule.limit(&told).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-timeout", HeaderValue::from_str(own).unwrap());
        let left = rule.of(&headers, limit).map(|deadline| {
            let left = deadline.duration_since(SystemTime::now()).unwrap();
            Duration::from_secs_f64(left.as_secs_f64().round())
        });
        assert_eq!(left, expected.map(Duration::from_secs), "{all:?}, {own:?}");
    }

    const RULE: DeadlineRule = DeadlineRule {
        variable: Some(("exec_timeout", Unit::GoDuration)),
        fixed: Some(Duration::from_secs(30)),
        header: Some(("x-timeout", Unit::GoDuration)),
    };

    #[test]
    fn a_request_may_have_less_time_than_all_and_never_more() {
        check(RULE, ("1m", "10s"), Some(10));
        check(RULE, ("1m", "1h"), Some(60));
        check(RULE, ("20", ""), Some(20));
        check(RULE, ("", ""), Some(30));
        check(RULE, ("", "soon"), Some(30));
        check(RULE, ("0", "0s"), None);
        check(DeadlineRule::UNTOLD, ("1m", "10s"), None);
    }

    #[test]
    fn a_variable_of_isobars_own_tells_what_a_platform_does_not_and_shortens_what_it_does() {
        let limit = |rule: DeadlineRule, platform: &str, own: &str| {
            let (platform, own) = (platform.to_owned(), own.to_owned());
            rule.limit(&move |name| match name {
                TIMEOUT_VARIABLE => Some(own.clone()),
                _ => Some(platform.clone()),
            })
            .unwrap()
        };
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(limit(DeadlineRule::UNTOLD, "", "300"), seconds(300));
        assert_eq!(limit(DeadlineRule::UNTOLD, "", ""), None);
        assert_eq!(limit(RULE, "1m", "5m"), seconds(60));
        assert_eq!(limit(RULE, "1m", "5"), seconds(5));
        assert_eq!(limit(RULE, "1m", "0"), seconds(60));
        assert_eq!(limit(RULE, "0", "1m30s"), seconds(90));
    }

    #[test]
    fn a_variable_that_is_no_time_is_named() {
        for wrong in ["exec_timeout", TIMEOUT_VARIABLE] {
            let told = |name: &str| (name == wrong).then(|| "soon".to_owned());
            let error = RULE.limit(&told).unwrap_err();
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }

    #[test]
    fn an_instant_is_a_date_or_a_number() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_mins(29_920_408);
        assert_eq!(instant("1795224480000"), Some(at));
        assert_eq!(instant("2026-11-21T01:28:00Z"), Some(at));
        assert_eq!(instant("2026-11-21T02:28:00+01:00"), Some(at));
        for useless in ["", "soon", "-1", "2026-11-21"] {
            assert_eq!(instant(useless), None, "{useless}");
        }
        let rule = DeadlineRule {
            header: Some(("ends", Unit::Instant)),
            ..DeadlineRule::UNTOLD
        };
        let mut headers = HeaderMap::new();
        let end = SystemTime::now() + Duration::from_hours(1);
        let seconds = end.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let text = seconds.as_millis().to_string();
        assert!(rule.end(Some(&text), None).is_some());
        headers.insert("ends", HeaderValue::from_static("2020-01-01T00:00:00Z"));
        assert_eq!(rule.of(&headers, None), None, "one that has passed");
        let limit = Some(Duration::from_mins(1));
        assert!(rule.of(&headers, limit).is_some(), "the other still counts");
    }
}
