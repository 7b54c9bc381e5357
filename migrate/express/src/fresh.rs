//! Whether a cached response is still good: the packages `fresh` 0.5 (Express 4) and 2.0 (Express 5).

use crate::http_date;
use crate::profile::Profile;

/// The headers that decide.
#[derive(Debug, Default)]
pub(crate) struct Validators<'a> {
    pub(crate) if_modified_since: Option<&'a str>,
    pub(crate) if_none_match: Option<&'a str>,
    pub(crate) cache_control: Option<&'a str>,
    pub(crate) etag: Option<&'a str>,
    pub(crate) last_modified: Option<&'a str>,
}

/// Whether the client's copy is fresh. Express 5 looks at `If-Modified-Since` only without `If-None-Match`.
pub(crate) fn fresh(profile: Profile, headers: &Validators<'_>) -> bool {
    let given = |header: Option<&str>| header.is_some_and(|value| !value.is_empty());
    if !given(headers.if_modified_since) && !given(headers.if_none_match) {
        return false;
    }
    if headers.cache_control.is_some_and(asks_for_reload) {
        return false;
    }
    if let Some(wanted) = headers.if_none_match.filter(|wanted| !wanted.is_empty()) {
        let matched = wanted == "*" || headers.etag.is_some_and(|etag| lists(wanted, etag));
        if !matched || profile == Profile::V5 {
            return matched;
        }
    }
    match headers.if_modified_since.filter(|since| !since.is_empty()) {
        Some(since) => !modified_since(headers.last_modified, since),
        None => true,
    }
}

fn modified_since(last_modified: Option<&str>, since: &str) -> bool {
    let last_modified = last_modified.and_then(http_date::parse);
    match (last_modified, http_date::parse(since)) {
        (Some(last_modified), Some(since)) => last_modified > since,
        _ => true,
    }
}

/// Whether `Cache-Control` holds `no-cache` as a directive of its own.
fn asks_for_reload(cache_control: &str) -> bool {
    let mut directives = cache_control.split(',');
    directives.any(|directive| directive.trim_matches(|c: char| c.is_whitespace()) == "no-cache")
}

/// Whether the comma-separated `list` names `etag`, weak or strong.
fn lists(list: &str, etag: &str) -> bool {
    list.split(',').map(|tag| tag.trim_matches(' ')).any(|tag| {
        tag == etag || tag.strip_prefix("W/") == Some(etag) || etag.strip_prefix("W/") == Some(tag)
    })
}
