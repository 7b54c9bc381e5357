//! Header fields that belong to one connection and go no further (RFC 9110, section 7.6.1).

use http::header::{
    CONNECTION, EXPECT, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};

use crate::forwarding;

const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The protocol that a request asks for instead of HTTP.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers
        .get(UPGRADE)
        .filter(|_| names(headers).any(|name| name == UPGRADE))
}

/// Removes the fields of the connection from a request, with those that `Connection` names.
///
/// `Expect` goes too: the gateway says `100 Continue` itself, as soon as the application's side takes the body.
/// `TE: trailers` stays, since trailers are passed on.
pub fn strip_request(headers: &mut HeaderMap) {
    let trailers = headers.get(TE).is_some_and(|te| {
        te.to_str()
            .is_ok_and(|te| te.split(',').any(|item| item.trim() == "trailers"))
    });
    let named: Vec<HeaderName> = names(headers).collect();
    forwarding::retain(headers, |name| {
        !HOP_BY_HOP.contains(name) && *name != EXPECT && !named.contains(name)
    });
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

/// Removes the fields of the connection from a response.
pub(crate) fn strip_response(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = names(headers).collect();
    forwarding::retain(headers, |name| {
        !HOP_BY_HOP.contains(name) && !named.contains(name)
    });
}

/// The fields that `Connection` names. Those that say how the message ends, or for whom it is, are no client's to remove.
fn names(headers: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .filter(|name| *name != http::header::CONTENT_LENGTH && *name != http::header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &str, upgrade: Option<&str>, expected: &str) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields
            .split("; ")
            .filter_map(|field| field.split_once(": "))
        {
            headers.append(
                HeaderName::try_from(name).unwrap(),
                HeaderValue::try_from(value).unwrap(),
            );
        }
        assert_eq!(
            super::upgrade(&headers).map(|name| name.to_str().unwrap()),
            upgrade
        );
        strip_request(&mut headers);
        let left: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        assert_eq!(left.join("; "), expected);
    }

    #[test]
    fn fields_of_the_connection_go() {
        check(
            "connection: close; keep-alive: timeout=5; proxy-authorization: a; transfer-encoding: chunked; expect: 100-continue; x: 1",
            None,
            "x: 1",
        );
    }

    #[test]
    fn fields_that_the_connection_names_go_but_for_those_that_carry_the_message() {
        check(
            "connection: X-A, content-length, host; x-a: 1; content-length: 3; host: h",
            None,
            "content-length: 3; host: h",
        );
    }

    #[test]
    fn an_upgrade_is_told_only_where_the_connection_names_it() {
        check(
            "connection: Upgrade; upgrade: websocket",
            Some("websocket"),
            "",
        );
        check("upgrade: websocket", None, "");
    }

    #[test]
    fn a_client_that_takes_trailers_still_does() {
        check("te: gzip, trailers", None, "te: trailers");
        check("te: gzip", None, "");
    }
}
