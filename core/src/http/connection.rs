//! Header fields that belong to one connection and not to the message.

use http::header::CONNECTION;
use http::{HeaderMap, HeaderName};

/// Removes the fields of RFC 9110, section 7.6.1, and those that `Connection` names: whoever
/// holds the connection sets its own.
pub fn drop_fields(headers: &mut HeaderMap) {
    // Almost no response has one, and this is on the path of every request.
    if !headers.keys().any(is_of_connection) {
        return;
    }
    let named = headers.get_all(CONNECTION).iter();
    let named = named.filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(','));
    let named = named.filter_map(|name| HeaderName::try_from(name.trim()).ok());
    let known = headers.keys().filter(|name| is_of_connection(name));
    let all: Vec<HeaderName> = named.chain(known.cloned()).collect();
    for name in all {
        headers.remove(name);
    }
}

fn is_of_connection(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &[(&str, &str)], after: &[&str]) {
        let fields = before.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, value.parse().unwrap())
        });
        let mut headers: HeaderMap = fields.collect();
        drop_fields(&mut headers);
        let left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, after);
    }

    #[test]
    fn what_belongs_to_the_message_stays() {
        check(&[("etag", "1"), ("via", "x")], &["etag", "via"]);
    }

    #[test]
    fn what_belongs_to_the_connection_goes_with_what_it_names() {
        let fields = [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("x-end", "1"),
        ];
        check(&fields, &["x-end"]);
    }
}
