//! What a request says about the way it came: whom to believe, and what both sides are told.
//!
//! Both applications are told the same, so that `req.ip`, `req.protocol` and `req.hostname` agree. A client can write any
//! forwarding field it likes; only those that the trusted proxies in front of the gateway wrote are believed, and the
//! rest is dropped.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue};

/// How many proxies in front of the gateway append to `X-Forwarded-For`; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrustedHops(pub usize);

/// Whose word is taken for the way of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// That of the proxies in front of the gateway.
    Hops(TrustedHops),
    /// That of the program which the gateway is a part of, and which alone reaches it: it tells the client's address and
    /// the scheme that it has found, and is no hop itself.
    OwnDoor,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Fields that tell about the way of a request: what a client wrote there goes.
const REPLACED: [HeaderName; 9] = [
    FORWARDED,
    FORWARDED_FOR,
    FORWARDED_PROTO,
    FORWARDED_HOST,
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-prefix"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-forwarded-scheme"),
    HeaderName::from_static("x-real-ip"),
];

/// The address of the client, as far as it is to be believed.
pub(crate) fn client(headers: &HeaderMap, peer: SocketAddr, trust: Trust) -> IpAddr {
    chain(headers, peer.ip().to_canonical(), trust)[0]
}

/// Replaces the forwarding fields by what is to be believed.
pub(crate) fn rewrite(headers: &mut HeaderMap, peer: SocketAddr, trust: Trust) {
    let proxied = matches!(trust, Trust::Hops(hops) if hops.0 > 0);
    let believed = proxied || trust == Trust::OwnDoor;
    let chain = chain(headers, peer.ip().to_canonical(), trust);
    let proto = last_item(headers, &FORWARDED_PROTO)
        .filter(|proto| believed && (proto == "https" || proto == "http"))
        .unwrap_or_else(|| "http".to_owned());
    let host = last_item(headers, &FORWARDED_HOST)
        .filter(|_| proxied)
        .and_then(|host| HeaderValue::try_from(host).ok())
        .or_else(|| headers.get(HOST).cloned());
    retain(headers, |name| !REPLACED.contains(name));
    let addresses: Vec<String> = chain.iter().map(IpAddr::to_string).collect();
    insert(headers, FORWARDED_FOR, &addresses.join(", "));
    insert(headers, FORWARDED_PROTO, &proto);
    insert(
        headers,
        FORWARDED,
        &forwarded(chain[0], &proto, host.as_ref()),
    );
    if let Some(host) = host {
        headers.insert(FORWARDED_HOST, host);
    }
}

/// Drops the fields that are not to be kept. What is kept keeps its order, which an application can see, and which
/// `HeaderMap::remove` would change.
pub(crate) fn retain(headers: &mut HeaderMap, keep: impl Fn(&HeaderName) -> bool) {
    if headers.keys().all(&keep) {
        return;
    }
    let mut kept = HeaderMap::with_capacity(headers.len());
    let mut current = None;
    for (name, value) in headers.drain() {
        // A further value of a field comes without its name.
        current = name.or(current);
        if let Some(name) = current.as_ref().filter(|name| keep(name)) {
            kept.append(name.clone(), value);
        }
    }
    *headers = kept;
}

/// The addresses from the client to the last proxy: as many as there are trusted proxies, and the one that those name.
fn chain(headers: &HeaderMap, peer: IpAddr, trust: Trust) -> Vec<IpAddr> {
    let items: Vec<String> = items(headers, &FORWARDED_FOR).collect();
    let hops = match trust {
        Trust::Hops(hops) => hops.0,
        Trust::OwnDoor => {
            let client = items.last().and_then(|item| address(item));
            return vec![client.unwrap_or(peer)];
        }
    };
    let mut chain = vec![peer];
    for item in items.iter().rev().take(hops) {
        // What is not an address was not written by a proxy; nor is what stands before it.
        let Some(address) = address(item) else { break };
        chain.insert(0, address);
    }
    chain
}

/// An address with or without a port, as proxies write it.
fn address(item: &str) -> Option<IpAddr> {
    let with_port = || item.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address = item.parse::<IpAddr>().ok().or_else(with_port)?;
    Some(address.to_canonical())
}

/// The items of a comma-separated field, over all its lines.
fn items(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
}

fn last_item(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    items(headers, name).last()
}

/// RFC 7239: an IPv6 address and a host with a port are quoted.
fn forwarded(client: IpAddr, proto: &str, host: Option<&HeaderValue>) -> String {
    let node = match client {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("\"[{address}]\""),
    };
    match host.and_then(|host| host.to_str().ok()) {
        Some(host) => format!("for={node};host=\"{host}\";proto={proto}"),
        None => format!("for={node};proto={proto}"),
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "192.0.2.9:5000";

    /// `fields` is one `name: value` a line; the rewritten ones come back the same way.
    fn check(hops: usize, peer: &str, fields: &str, client: &str, expected: &str) {
        let trust = Trust::Hops(TrustedHops(hops));
        check_trusting(trust, peer, fields, client, expected);
    }

    fn check_trusting(trust: Trust, peer: &str, fields: &str, client: &str, expected: &str) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields
            .lines()
            .filter_map(|line| line.trim().split_once(": "))
        {
            headers.append(
                HeaderName::try_from(name).unwrap(),
                HeaderValue::try_from(value).unwrap(),
            );
        }
        let peer = peer.parse().unwrap();
        assert_eq!(super::client(&headers, peer, trust).to_string(), client);
        rewrite(&mut headers, peer, trust);
        let mut lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        lines.sort();
        let expected: Vec<&str> = expected
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn nothing_that_a_client_writes_is_believed() {
        check(
            0,
            PEER,
            "host: shop.example
             x-forwarded-for: 10.0.0.1
             x-forwarded-proto: https
             x-forwarded-host: evil.example
             x-forwarded-port: 1
             x-real-ip: 10.0.0.1
             forwarded: for=10.0.0.1",
            "192.0.2.9",
            "forwarded: for=192.0.2.9;host=\"shop.example\";proto=http
             host: shop.example
             x-forwarded-for: 192.0.2.9
             x-forwarded-host: shop.example
             x-forwarded-proto: http",
        );
    }

    #[test]
    fn a_trusted_proxy_is_believed_for_the_hop_it_saw() {
        check(
            1,
            PEER,
            "host: internal:8080
             x-forwarded-for: 10.0.0.1, 203.0.113.7
             x-forwarded-proto: https
             x-forwarded-host: shop.example",
            "203.0.113.7",
            "forwarded: for=203.0.113.7;host=\"shop.example\";proto=https
             host: internal:8080
             x-forwarded-for: 203.0.113.7, 192.0.2.9
             x-forwarded-host: shop.example
             x-forwarded-proto: https",
        );
    }

    #[test]
    fn the_own_door_tells_the_client_and_is_no_hop() {
        check_trusting(
            Trust::OwnDoor,
            "127.0.0.1:5000",
            "host: shop.example
             x-forwarded-for: 203.0.113.7
             x-forwarded-proto: https
             x-forwarded-host: evil.example
             x-forwarded-prefix: /evil",
            "203.0.113.7",
            "forwarded: for=203.0.113.7;host=\"shop.example\";proto=https
             host: shop.example
             x-forwarded-for: 203.0.113.7
             x-forwarded-host: shop.example
             x-forwarded-proto: https",
        );
    }

    #[test]
    fn fields_on_several_lines_are_one_list_and_ports_are_left_out() {
        check(
            2,
            PEER,
            "x-forwarded-for: 10.0.0.1, 203.0.113.7:1234
             x-forwarded-for: [2001:db8::1]:80",
            "203.0.113.7",
            "forwarded: for=203.0.113.7;proto=http
             x-forwarded-for: 203.0.113.7, 2001:db8::1, 192.0.2.9
             x-forwarded-proto: http",
        );
    }

    #[test]
    fn what_is_no_address_ends_the_chain() {
        check(
            3,
            "[::ffff:192.0.2.9]:5000",
            "x-forwarded-for: 10.0.0.1, unknown, 203.0.113.7
             x-forwarded-proto: gopher",
            "203.0.113.7",
            "forwarded: for=203.0.113.7;proto=http
             x-forwarded-for: 203.0.113.7, 192.0.2.9
             x-forwarded-proto: http",
        );
    }

    #[test]
    fn an_address_of_version_6_is_quoted() {
        check(
            0,
            "[2001:db8::2]:1",
            "",
            "2001:db8::2",
            "forwarded: for=\"[2001:db8::2]\";proto=http
             x-forwarded-for: 2001:db8::2
             x-forwarded-proto: http",
        );
    }
}
