//! The path of a request, and what of it the application was mounted below.

use std::borrow::Cow;
use std::net::IpAddr;

use http::Uri;
use isobar::{Error, Result};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::FrontDoor;
use super::event::HttpEvent;

/// What RFC 3986 and the parser of URIs do not let stand in a path; everything else, every `%`
/// among it, stays as it came.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`');
/// Of a path that was decoded, a `%` is one that the client had encoded.
const IN_DECODED_PATH: &AsciiSet = &IN_PATH.add(b'%');
const IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'<').add(b'>').add(b'"');

/// The target below what the application is mounted under, and the whole.
pub(super) struct Target {
    pub(super) own: Uri,
    pub(super) original: Uri,
}

pub(super) fn target(door: FrontDoor, event: &HttpEvent<'_>, query: &str) -> Result<Target> {
    let told = match door {
        FrontDoor::FunctionUrl | FrontDoor::HttpApi => event.raw_path.as_ref(),
        _ => event.path.as_ref(),
    };
    let member = member(door);
    let Some(told) = told else {
        return Err(Error::invalid(format!("the event has no {member}")));
    };
    let set = if is_decoded(door, event) {
        IN_DECODED_PATH
    } else {
        IN_PATH
    };
    let (path, whole) = within(door, event, &told.0);
    let original = uri(whole, query, set, member)?;
    let own = if path == whole {
        original.clone()
    } else {
        uri(path, query, set, member)?
    };
    Ok(Target { own, original })
}

fn member(door: FrontDoor) -> &'static str {
    match door {
        FrontDoor::FunctionUrl | FrontDoor::HttpApi => "rawPath",
        _ => "path",
    }
}

/// HTTP APIs decode paths once; whatever runs on this machine in their place does not.
fn is_decoded(door: FrontDoor, event: &HttpEvent<'_>) -> bool {
    let is_http_api = matches!(door, FrontDoor::HttpApi | FrontDoor::HttpApiV1);
    is_http_api && event.domain().is_some_and(|domain| !is_local(domain))
}

fn is_local(domain: &str) -> bool {
    let host = domain.rsplit_once(':').map_or(domain, |(host, _)| host);
    let mut labels = host.split('.');
    labels.any(|label| label == "localhost") || host.parse::<IpAddr>().is_ok()
}

/// The path for the application, and the one that the client sent.
fn within<'p>(door: FrontDoor, event: &'p HttpEvent<'_>, path: &'p str) -> (&'p str, &'p str) {
    match door {
        FrontDoor::HttpApi | FrontDoor::HttpApiV1 => match without_stage(event, path) {
            Some(rest) => (rest, path),
            None => (without_base(event, path), path),
        },
        FrontDoor::RestApi => {
            let context = event.request_context.as_ref();
            let whole = context.and_then(|context| context.path.as_ref());
            let whole = whole.map_or(path, |whole| &*whole.0);
            let own = without_base(event, path);
            (own, if whole.ends_with(own) { whole } else { path })
        }
        _ => (path, path),
    }
}

/// The path below the stage, which stands in it at the API's own domain and nowhere else.
fn without_stage<'p>(event: &HttpEvent<'_>, path: &'p str) -> Option<&'p str> {
    let stage = event.request_context.as_ref()?.stage.as_ref()?;
    let own_domain = || {
        let domain = event.domain();
        domain.is_none_or(|domain| domain.contains(".execute-api."))
    };
    if stage.0 == "$default" || !own_domain() {
        return None;
    }
    below(path, &stage.0)
}

/// The path below the base path of a custom domain: what is before the resource, filled in with its parameters.
///
/// The names of base paths need no encoding ("Use API mappings to connect API stages to a custom domain name"), so that
/// their length is the same however the rest is encoded.
fn without_base<'p>(event: &HttpEvent<'_>, path: &'p str) -> &'p str {
    let Some(resource) = event.resource.as_ref().filter(|own| own.0.starts_with('/')) else {
        return path;
    };
    let filled = filled(&resource.0, event);
    let filled = percent_decode_str(&filled).decode_utf8_lossy();
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let rest = filled.trim_end_matches('/');
    let base = decoded.trim_end_matches('/').strip_suffix(rest);
    let base = base.map(|base| base.trim_matches('/'));
    base.filter(|base| !base.is_empty())
        .and_then(|base| below(path, base))
        .unwrap_or(path)
}

/// A resource such as `/notes/{owner}/{proxy+}` with what stands in its place.
fn filled<'r>(resource: &'r str, event: &HttpEvent<'_>) -> Cow<'r, str> {
    let Some(parameters) = &event.path_parameters else {
        return Cow::Borrowed(resource);
    };
    let segments = resource.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let name = name.map(|name| name.trim_end_matches('+'));
        let mut given = parameters.0.iter();
        let given = given.find(|(own, _)| Some(&*own.0) == name);
        given.map_or(segment, |(_, value)| &*value.0)
    });
    Cow::Owned(segments.collect::<Vec<_>>().join("/"))
}

fn below<'p>(path: &'p str, first: &str) -> Option<&'p str> {
    let rest = path.strip_prefix('/')?.strip_prefix(first)?;
    match rest {
        "" => Some("/"),
        _ => rest.starts_with('/').then_some(rest),
    }
}

fn uri(path: &str, query: &str, set: &'static AsciiSet, member: &str) -> Result<Uri> {
    let path: Cow<'_, str> = utf8_percent_encode(path, set).into();
    let query: Cow<'_, str> = utf8_percent_encode(query, IN_QUERY).into();
    let text = match (&*path, &*query) {
        ("", "") => "/".to_owned(),
        (path, "") => path.to_owned(),
        (path, query) => format!("{path}?{query}"),
    };
    let malformed = || Error::invalid(format!("the event's {member} or query is malformed"));
    if !text.starts_with('/') {
        return Err(malformed());
    }
    Uri::try_from(text).map_err(|error| malformed().with_source(error))
}
