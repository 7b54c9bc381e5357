//! Header fields that belong to one connection and go no further (RFC 9110, section 7.6.1).

use http::Method;
use http::header::{
    CONNECTION, EXPECT, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::request::Parts;

use crate::forwarding;

const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The only protocol that a tunnel is made for, as it stands in `Upgrade`.
pub(super) const WEB_SOCKET: &str = "websocket";

/// Whether a request without content asks for a WebSocket (RFC 6455, section 4.1).
///
/// Others that ask for another protocol than HTTP/1.1 are answered in that: a server may ignore what it does not know
/// (RFC 9110, section 7.8), and clients ask so for HTTP/2 with requests of every kind.
pub(super) fn asks_for_web_socket(head: &Parts) -> bool {
    let upgrade = head.headers.get_all(UPGRADE).iter();
    let mut protocols = upgrade
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    head.method == Method::GET
        && names(&head.headers).any(|name| name == UPGRADE)
        && protocols.any(|protocol| protocol.trim().eq_ignore_ascii_case(WEB_SOCKET))
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

    fn head(method: Method, fields: &str) -> Parts {
        let mut request = http::Request::builder().method(method);
        for (name, value) in fields
            .split("; ")
            .filter_map(|field| field.split_once(": "))
        {
            request = request.header(name, value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn check(fields: &str, expected: &str) {
        let mut headers = head(Method::GET, fields).headers;
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
            "x: 1",
        );
    }

    #[test]
    fn fields_that_the_connection_names_go_but_for_those_that_carry_the_message() {
        check(
            "connection: X-A, content-length, host; x-a: 1; content-length: 3; host: h",
            "content-length: 3; host: h",
        );
    }

    #[test]
    fn only_a_web_socket_is_a_tunnel_and_only_where_the_connection_names_it() {
        let h2c = "connection: Upgrade, HTTP2-Settings; upgrade: h2c; http2-settings: AAMAAABk";
        for (method, fields, expected) in [
            (Method::GET, "connection: Upgrade; upgrade: websocket", true),
            (
                Method::GET,
                "connection: keep-alive, upgrade; upgrade: h2c, WebSocket",
                true,
            ),
            (Method::GET, "upgrade: websocket", false),
            (
                Method::POST,
                "connection: Upgrade; upgrade: websocket",
                false,
            ),
            (Method::GET, h2c, false),
        ] {
            let head = head(method, fields);
            assert_eq!(asks_for_web_socket(&head), expected, "{head:?}");
            check(fields, "");
        }
        check("http2-settings: AAMAAABk", "");
    }

    #[test]
    fn a_client_that_takes_trailers_still_does() {
        check("te: gzip, trailers", "te: trailers");
        check("te: gzip", "");
    }
}
