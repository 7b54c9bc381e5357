//! From the text form to the checked one.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use http::HeaderName;
use http::uri::{Authority, Uri};
use isobar_express_path::{Grammar, Pattern};
use jiff::SignedDuration;

use super::format::{
    ApplicationEntry, Canary, Express, File, GroupEntry, LimitsEntry, RouteEntry, TimeoutsEntry,
};
use super::{
    Application, Availability, CanaryKey, Command, GroupSpec, Limits, Matching, Migration,
    RouteSpec, Timeouts,
};
use crate::error::{Error, Result};
use crate::forwarding::TrustedHops;

const READY_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn check(file: File, folder: &Path) -> Result<Migration> {
    Ok(Migration {
        folder: folder.to_owned(),
        listen: file.listen,
        matching: matching(&file.express)?,
        legacy: application("legacy", file.legacy, folder)?,
        ported: application("ported", file.ported, folder)?,
        trusted: TrustedHops(file.trust.hops),
        canary_key: canary_key(file.canary)?,
        limits: limits(&file.limits),
        timeouts: timeouts(&file.timeouts)?,
        routes: routes(file.routes)?,
        groups: groups(file.groups)?,
    })
}

fn matching(express: &Express) -> Result<Matching> {
    let grammar = match express.version {
        4 => Grammar::V4,
        5 => Grammar::V5,
        other => {
            return Err(Error::invalid(format!(
                "express.version is {other}, which has no known path rules; write 4 or 5"
            )));
        }
    };
    Ok(Matching {
        grammar,
        case_sensitive: express.case_sensitive_routing,
        strict: express.strict_routing,
    })
}

fn application(name: &str, entry: ApplicationEntry, folder: &Path) -> Result<Application> {
    let address = entry.url.map(|url| authority(name, &url)).transpose()?;
    let Some(words) = entry.command else {
        let missing = || {
            Error::invalid(format!(
                "[{name}] says neither url nor command; write url = \"http://host:port\", or command = [\"program\", \"argument\"]"
            ))
        };
        if entry.dir.is_some() || !entry.env.is_empty() || entry.ready_timeout.is_some() {
            return Err(Error::invalid(format!(
                "[{name}] has dir, env or ready-timeout without a command, to which they belong"
            )));
        }
        return address.map(Application::Url).ok_or_else(missing);
    };
    if words.first().is_none_or(String::is_empty) {
        return Err(Error::invalid(format!(
            "{name}.command is empty; write the program first"
        )));
    }
    let ready_timeout = match entry.ready_timeout {
        Some(duration) => positive(&format!("{name}.ready-timeout"), duration)?,
        None => READY_TIMEOUT,
    };
    Ok(Application::Command(Command {
        words,
        folder: entry
            .dir
            .map_or_else(|| folder.to_owned(), |dir| folder.join(dir)),
        environment: entry.env.into_iter().collect(),
        address,
        ready_timeout,
    }))
}

fn authority(name: &str, url: &str) -> Result<Authority> {
    let unusable = |why: &str| {
        Error::invalid(format!(
            "{name}.url {url:?} {why}; write http://host:port without a path"
        ))
    };
    let uri: Uri = url.parse().map_err(|_| unusable("is not a URL"))?;
    if uri.scheme_str() != Some("http") {
        return Err(unusable(
            "does not begin with http://, the only scheme spoken to an application",
        ));
    }
    if uri
        .path_and_query()
        .is_some_and(|path| path.as_str() != "/")
    {
        return Err(unusable("has a path"));
    }
    let authority = uri
        .into_parts()
        .authority
        .ok_or_else(|| unusable("has no host"))?;
    if authority.as_str().contains('@') {
        return Err(unusable("has a user in it"));
    }
    Ok(authority)
}

fn canary_key(canary: Canary) -> Result<CanaryKey> {
    match (canary.header, canary.cookie) {
        (None, None) => Ok(CanaryKey::Address),
        (None, Some(cookie)) => Ok(CanaryKey::Cookie(cookie)),
        (Some(header), None) => HeaderName::try_from(&header)
            .map(CanaryKey::Header)
            .map_err(|_| {
                Error::invalid(format!(
                    "canary.header {header:?} is not the name of a header field"
                ))
            }),
        (Some(_), Some(_)) => Err(Error::invalid(
            "[canary] has header and cookie; a client is known by one of them",
        )),
    }
}

fn limits(entry: &LimitsEntry) -> Limits {
    let default = Limits::default();
    Limits {
        body: entry.body.unwrap_or(default.body),
        head: entry.head.unwrap_or(default.head),
        connections: entry.connections.unwrap_or(default.connections),
        tunnels: entry.tunnels.unwrap_or(default.tunnels),
        shadows: entry.shadows.unwrap_or(default.shadows),
        compared_body: entry.compared_body.unwrap_or(default.compared_body),
    }
}

fn timeouts(entry: &TimeoutsEntry) -> Result<Timeouts> {
    let default = Timeouts::default();
    let or = |name, given: Option<SignedDuration>, default| {
        given.map_or(Ok(default), |given| {
            positive(&format!("timeouts.{name}"), given)
        })
    };
    Ok(Timeouts {
        connect: or("connect", entry.connect, default.connect)?,
        response: or("response", entry.response, default.response)?,
        request_head: or("request-head", entry.request_head, default.request_head)?,
        request_body: or("request-body", entry.request_body, default.request_body)?,
        response_body: or("response-body", entry.response_body, default.response_body)?,
        grace: or("grace", entry.grace, default.grace)?,
        switch: or("switch", entry.switch, default.switch)?,
    })
}

fn positive(name: &str, duration: SignedDuration) -> Result<Duration> {
    let refused = || Error::invalid(format!("{name} is not a time; write for example \"30s\""));
    Duration::try_from(duration)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(refused)
}

fn routes(entries: Vec<RouteEntry>) -> Result<Vec<RouteSpec>> {
    let mut seen = BTreeSet::new();
    let mut routes = Vec::with_capacity(entries.len());
    for entry in entries {
        let route = RouteSpec {
            pattern: pattern(&entry)?,
            method: entry.method.to_ascii_uppercase(),
            state: entry.state,
            group: entry.group,
            effects: entry.effects,
            availability: entry
                .legacy_only
                .map_or(Availability::Ported, Availability::LegacyOnly),
            noise: entry.noise,
        };
        if !seen.insert(route.key()) {
            return Err(Error::invalid(format!(
                "the route {} is listed twice; only the first could ever match",
                route.key()
            )));
        }
        routes.push(route);
    }
    Ok(routes)
}

fn pattern(entry: &RouteEntry) -> Result<Pattern> {
    let refused =
        |why: &str| Error::invalid(format!("a route with the method {} {why}", entry.method));
    match (&entry.path, &entry.regex) {
        (Some(path), None) => Ok(Pattern::from(path.as_str())),
        (None, Some(literal)) => {
            let parts = literal
                .strip_prefix('/')
                .and_then(|rest| rest.rsplit_once('/'));
            let (source, flags) = parts.ok_or_else(|| {
                refused("has a regex that is not written as a literal, for example \"/^\\/a$/i\"")
            })?;
            Ok(Pattern::regex(source, flags))
        }
        (None, None) => Err(refused("has neither path nor regex")),
        (Some(_), Some(_)) => Err(refused("has path and regex; write one of them")),
    }
}

fn groups(entries: Vec<GroupEntry>) -> Result<Vec<GroupSpec>> {
    let mut seen = BTreeSet::new();
    for entry in &entries {
        if !seen.insert(&entry.name) {
            return Err(Error::invalid(format!(
                "the group {} is listed twice",
                entry.name
            )));
        }
    }
    let spec = |entry: GroupEntry| GroupSpec {
        name: entry.name,
        states: entry.states,
    };
    Ok(entries.into_iter().map(spec).collect())
}
