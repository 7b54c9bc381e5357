//! The parts of `req.url`, as the package `parseurl` 1.3 finds them.

/// How many bytes of `url` are scheme and host, when it is an absolute URL (`getProtohost` of the router).
pub(crate) fn scheme_and_host(url: &str) -> Option<usize> {
    if url.is_empty() || url.starts_with('/') {
        return None;
    }
    let before_query = url.split('?').next().unwrap_or_default();
    let host = before_query.find("://")? + 3;
    url[host..].find('/').map(|slash| host + slash)
}

/// The path of `url`; `None` where `url.parse` finds none.
pub(crate) fn path_of(url: &str) -> Option<String> {
    let path = split(url).0;
    (!path.is_empty()).then(|| path.to_owned())
}

/// The text behind the first `?`.
pub(crate) fn query_of(url: &str) -> Option<String> {
    split(url).1.map(str::to_owned)
}

fn split(url: &str) -> (&str, Option<&str>) {
    let local = if url.starts_with('/') {
        url
    } else {
        without_host(url)
    };
    let local = local.split('#').next().unwrap_or_default();
    match local.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (local, None),
    }
}

/// An absolute URL from its path on; `url.parse` gives a missing path as `/`.
fn without_host(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else {
        return url;
    };
    match rest.find(['/', '?', '#']) {
        Some(end) if rest[end..].starts_with('/') => &rest[end..],
        Some(_) | None => "/",
    }
}
