//! What the gateway refuses before it decides anything: requests that two parsers could understand in two ways.
//!
//! hyper has parsed the request strictly; the message is framed anew for the application, so that no length, chunk or
//! line ending of the client reaches it. What is left to check is whom the request is for.

use http::header::{HOST, HeaderValue};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, StatusCode, Version};

use super::refusal::Refusal;

/// Checks the target and the host of a request.
pub(super) fn check(head: &Parts) -> Result<(), Refusal> {
    if head.method == Method::CONNECT {
        let detail = "this is no proxy for other hosts";
        return Err(Refusal::client(
            StatusCode::METHOD_NOT_ALLOWED,
            "connect",
            detail,
        ));
    }
    if head
        .uri
        .path_and_query()
        .is_none_or(|target| !target.as_str().starts_with('/'))
    {
        return Err(bad(
            "target",
            "the request target is neither a path nor a URL with one",
        ));
    }
    let mut hosts = head.headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(bad("duplicate_host", "the request has more than one Host"));
    }
    let Some(host) = host else {
        // RFC 9112, section 3.2: required since HTTP/1.1.
        let needed = head.version >= Version::HTTP_11;
        return if needed {
            Err(bad("no_host", "the request has no Host"))
        } else {
            Ok(())
        };
    };
    let host =
        authority(host).ok_or_else(|| bad("host", "the Host of the request is not a host"))?;
    match head.uri.authority() {
        Some(target) if !target.as_str().eq_ignore_ascii_case(host.as_str()) => Err(bad(
            "host_mismatch",
            "the request target names another host than Host",
        )),
        _ => Ok(()),
    }
}

fn authority(host: &HeaderValue) -> Option<Authority> {
    let authority = Authority::try_from(host.as_bytes()).ok()?;
    (!authority.as_str().contains('@')).then_some(authority)
}

fn bad(code: &'static str, detail: &str) -> Refusal {
    Refusal::client(StatusCode::BAD_REQUEST, code, detail)
}
