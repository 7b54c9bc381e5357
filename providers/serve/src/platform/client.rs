//! Where a request comes from, as the proxies that are trusted have seen it (rule N1, case G-205).

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address: the one that the last but `hops - 1` of all proxies has appended, so that whatever a client
/// writes itself does not count; the peer's without trusted proxies, or where they did not do their part.
pub(super) fn address(headers: &HeaderMap, hops: usize, peer: IpAddr) -> IpAddr {
    let Some(from_the_end) = hops.checked_sub(1) else {
        return peer;
    };
    let lines = headers.get_all(FORWARDED_FOR).into_iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    let mut entries = entries.map(str::trim);
    entries.nth(from_the_end).and_then(read).unwrap_or(peer)
}

/// An address as proxies write it: alone, in brackets, or with a port.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse();
    address
        .ok()
        .or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], hops: usize, expected: &str) {
        let headers = lines.iter().map(|line| {
            let name = http::HeaderName::from_static(FORWARDED_FOR);
            (name, line.parse().unwrap())
        });
        let headers: HeaderMap = headers.collect();
        let peer = "10.0.0.1".parse().unwrap();
        assert_eq!(address(&headers, hops, peer).to_string(), expected);
    }

    #[test]
    fn only_what_trusted_proxies_append_counts() {
        let spoofed = ["192.0.2.66, 198.51.100.7", "203.0.113.9"];
        check(&spoofed, 0, "10.0.0.1");
        check(&spoofed, 1, "203.0.113.9");
        check(&spoofed, 2, "198.51.100.7");
        check(&spoofed, 3, "192.0.2.66");
        check(&spoofed, 4, "10.0.0.1");
        check(&[], 1, "10.0.0.1");
    }

    #[test]
    fn addresses_may_have_ports_and_brackets() {
        check(&["198.51.100.7:4711"], 1, "198.51.100.7");
        check(&["2001:db8::7"], 1, "2001:db8::7");
        check(&["[2001:db8::7]:80"], 1, "2001:db8::7");
        check(&["[2001:db8::7]"], 1, "2001:db8::7");
        for garbage in ["", "unknown", "198.51.100.7, ", "[", "1.2.3.4.5"] {
            check(&[garbage], 1, "10.0.0.1");
        }
    }
}
