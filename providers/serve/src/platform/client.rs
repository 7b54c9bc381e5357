//! Where a request comes from, as the proxies that are trusted have seen it (rule N1, case G-205).

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use isobar::{Error, Result};

use crate::config::{TRUSTED_HOPS_VARIABLE, Variables};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of a request's client: the one that the last but `hops - 1` of all proxies has appended to
/// `X-Forwarded-For`, so that whatever a client writes itself does not count; `None` without trusted proxies, or where
/// they did not do their part.
pub fn client_address(headers: &HeaderMap, hops: usize) -> Option<IpAddr> {
    let from_the_end = hops.checked_sub(1)?;
    let lines = headers.get_all(FORWARDED_FOR).into_iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    let mut entries = entries.map(str::trim);
    entries.nth(from_the_end).and_then(read)
}

/// How many proxies [`TRUSTED_HOPS_VARIABLE`] says are trusted; `InvalidArgument` where that is no number.
pub fn trusted_hops(variables: &Variables<'_>) -> Result<Option<usize>> {
    let told = variables(TRUSTED_HOPS_VARIABLE).filter(|text| !text.is_empty());
    let hops = told.map(|text| {
        text.parse().map_err(|error: std::num::ParseIntError| {
            let message =
                format!("{TRUSTED_HOPS_VARIABLE} is {text:?}, it must be a number of proxies");
            Error::invalid(message).with_source(error)
        })
    });
    hops.transpose()
}

/// The address of a request's client where the platform tells one itself: that, unless [`TRUSTED_HOPS_VARIABLE`] says that
/// proxies stand before it that did their part.
pub fn told_address(
    headers: &HeaderMap,
    hops: Option<usize>,
    told: Option<IpAddr>,
) -> Option<IpAddr> {
    let counted = hops.and_then(|hops| client_address(headers, hops));
    counted.or(told)
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
    fn check(lines: &[&str], hops: usize, expected: Option<&str>) {
        let headers = lines.iter().map(|line| {
            let name = http::HeaderName::from_static(FORWARDED_FOR);
            (name, line.parse().unwrap())
        });
        let headers: HeaderMap = headers.collect();
        let told = client_address(&headers, hops).map(|address| address.to_string());
        assert_eq!(told.as_deref(), expected);
    }

    #[test]
    fn only_what_trusted_proxies_append_counts() {
        let spoofed = ["192.0.2.66, 198.51.100.7", "203.0.113.9"];
        check(&spoofed, 0, None);
        check(&spoofed, 1, Some("203.0.113.9"));
        check(&spoofed, 2, Some("198.51.100.7"));
        check(&spoofed, 3, Some("192.0.2.66"));
        check(&spoofed, 4, None);
        check(&[], 1, None);
    }

    #[test]
    fn any_list_of_addresses_is_read_or_passed_over() {
        const LISTS: [&[u8]; 3] = [
            b"192.0.2.66, 198.51.100.7:4711",
            b"[2001:db8::7]:80, 203.0.113.9,10.0.0.1",
            b"2001:db8::7",
        ];
        let (mut random, mut read) = (isobar_mutation::random(), 0);
        for round in 0..isobar_mutation::rounds(10_000) {
            let list = LISTS[round % 3];
            let list = isobar_mutation::mutate(&mut random, list, LISTS[(round + 1) % 3]);
            let Ok(value) = http::HeaderValue::from_bytes(&list) else {
                continue;
            };
            let name = http::HeaderName::from_static(FORWARDED_FOR);
            let headers = HeaderMap::from_iter([(name, value)]);
            read += usize::from(client_address(&headers, 1).is_some());
        }
        assert!(read > 300, "{read}");
    }

    #[test]
    fn addresses_may_have_ports_and_brackets() {
        check(&["198.51.100.7:4711"], 1, Some("198.51.100.7"));
        check(&["2001:db8::7"], 1, Some("2001:db8::7"));
        check(&["[2001:db8::7]:80"], 1, Some("2001:db8::7"));
        check(&["[2001:db8::7]"], 1, Some("2001:db8::7"));
        for garbage in ["", "unknown", "198.51.100.7, ", "[", "1.2.3.4.5"] {
            check(&[garbage], 1, None);
        }
    }
}
