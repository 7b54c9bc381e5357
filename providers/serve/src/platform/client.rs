//! Where a request comes from, as the proxies that are trusted have seen it (rule N1, case G-205).

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::uri::Scheme;
use http::{HeaderMap, HeaderName};
use isobar::{Error, Result};

use crate::config::{TRUSTED_HOPS_VARIABLE, Variables};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The address of a request's client: the one that the last but `hops - 1` of all proxies has appended to
/// `X-Forwarded-For`, so that whatever a client writes itself does not count; `None` without trusted proxies, or where
/// they did not do their part.
pub fn client_address(headers: &HeaderMap, hops: usize) -> Option<IpAddr> {
    let from_the_end = hops.checked_sub(1)?;
    let mut entries = from_the_end_of(headers, &FORWARDED_FOR);
    entries.nth(from_the_end).and_then(read)
}

/// The scheme by which a request's client came, by the same rule: the entry of the last but `hops - 1` of all proxies in
/// `X-Forwarded-Proto`, or the first where there are fewer, since most proxies write that field anew; else the `proto` in
/// their entry of `Forwarded` (RFC 7239). `None` without trusted proxies, or where that is no scheme of HTTP.
///
/// A proxy that is trusted must write one of them, or let none through.
pub fn client_scheme(headers: &HeaderMap, hops: usize) -> Option<Scheme> {
    let from_the_end = hops.checked_sub(1)?;
    let protos = from_the_end_of(headers, &FORWARDED_PROTO);
    if let Some(proto) = protos.take(hops).last() {
        return scheme(proto);
    }
    let mut entries = from_the_end_of(headers, &FORWARDED);
    let mut pairs = entries.nth(from_the_end)?.split(';');
    let proto = pairs.find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_proto = name.trim().eq_ignore_ascii_case("proto");
        is_proto.then(|| value.trim().trim_matches('"'))
    });
    scheme(proto?)
}

fn scheme(text: &str) -> Option<Scheme> {
    if text.eq_ignore_ascii_case("https") {
        Some(Scheme::HTTPS)
    } else {
        text.eq_ignore_ascii_case("http").then_some(Scheme::HTTP)
    }
}

/// The entries of a list, the last first.
fn from_the_end_of<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h str> + use<'h> {
    let lines = headers.get_all(name).into_iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    entries.map(str::trim)
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
        let headers = lines.iter();
        let headers = headers.map(|line| (FORWARDED_FOR, line.parse().unwrap()));
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
            let fields = [FORWARDED_FOR, FORWARDED];
            let headers = HeaderMap::from_iter(fields.map(|name| (name, value.clone())));
            let _ = client_scheme(&headers, 1);
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

    #[track_caller]
    fn check_scheme(fields: &[(&'static str, &str)], hops: usize, expected: Option<&str>) {
        let fields = fields.iter();
        let headers = fields.map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        let headers: HeaderMap = headers.collect();
        let told = client_scheme(&headers, hops);
        assert_eq!(told.as_ref().map(Scheme::as_str), expected);
    }

    #[test]
    fn the_scheme_is_what_trusted_proxies_tell() {
        let proto = |value| ("x-forwarded-proto", value);
        check_scheme(&[proto("https")], 0, None);
        check_scheme(&[proto("https")], 1, Some("https"));
        check_scheme(&[proto("HTTPS")], 2, Some("https"));
        let appended = [proto("https"), proto("https, http")];
        check_scheme(&appended, 1, Some("http"));
        check_scheme(&appended, 2, Some("https"));
        check_scheme(&[proto("gopher")], 1, None);
        check_scheme(&[], 1, None);
    }

    #[test]
    fn forwarded_tells_the_scheme_where_nothing_else_does() {
        let forwarded = (
            "forwarded",
            "for=192.0.2.66;proto=http, For=198.51.100.7;Proto=\"https\"",
        );
        check_scheme(&[forwarded], 0, None);
        check_scheme(&[forwarded], 1, Some("https"));
        check_scheme(&[forwarded], 2, Some("http"));
        check_scheme(&[forwarded], 3, None);
        check_scheme(&[forwarded, ("x-forwarded-proto", "http")], 1, Some("http"));
        check_scheme(&[("forwarded", "for=192.0.2.66")], 1, None);
    }
}
