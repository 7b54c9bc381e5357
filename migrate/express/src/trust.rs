//! Which proxies are believed: the setting `trust proxy`, as the package `proxy-addr` 2.0 compiles it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::Error;
use crate::settings::unknown;
use crate::value::JsValue;

/// A compiled `trust proxy`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trust {
    Everyone,
    /// The nearest so many hops.
    Hops(f64),
    /// Those whose address lies in one of the subnets.
    Subnets(Vec<Subnet>),
}

/// A network: its address and how many leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subnet {
    address: IpAddr,
    bits: u32,
}

impl Trust {
    pub(crate) fn compile(setting: &JsValue) -> Result<Self, Error> {
        let names = match setting {
            JsValue::Bool(true) => return Ok(Self::Everyone),
            JsValue::Number(hops) => return Ok(Self::Hops(*hops)),
            JsValue::Undefined | JsValue::Null | JsValue::Bool(false) => Vec::new(),
            JsValue::String(text) => text
                .to_text()
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
            JsValue::Object(_) => match setting.as_array() {
                Some(list) => list
                    .to_vec()
                    .iter()
                    .map(|name| text_of(name, setting))
                    .collect::<Result<_, _>>()?,
                None => return Err(unknown("trust proxy", setting)),
            },
        };
        // An empty string is falsy, so Express compiles an empty list for it.
        let names = if names == [""] { Vec::new() } else { names };
        let notes = names.iter().flat_map(|name| match named_ranges(name) {
            [] => vec![name.as_str()],
            ranges => ranges.to_vec(),
        });
        notes
            .map(Subnet::parse)
            .collect::<Result<_, _>>()
            .map(Self::Subnets)
    }

    /// Whether the sender `address`, so many hops away, is believed.
    pub(crate) fn trusts(&self, address: &str, hop: usize) -> bool {
        match self {
            Self::Everyone => true,
            Self::Hops(hops) => u32::try_from(hop).is_ok_and(|hop| f64::from(hop) < *hops),
            Self::Subnets(subnets) => parse_address(address)
                .is_some_and(|address| subnets.iter().any(|subnet| subnet.contains(address))),
        }
    }
}

fn text_of(name: &JsValue, setting: &JsValue) -> Result<String, Error> {
    let text = name.as_string().map(|name| name.to_text().into_owned());
    text.ok_or_else(|| unknown("trust proxy", setting))
}

fn named_ranges(name: &str) -> &'static [&'static str] {
    match name {
        "linklocal" => &["169.254.0.0/16", "fe80::/10"],
        "loopback" => &["127.0.0.1/8", "::1/128"],
        "uniquelocal" => &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
        _ => &[],
    }
}

impl Subnet {
    fn parse(note: &str) -> Result<Self, Error> {
        let (text, range) = match note.rsplit_once('/') {
            Some((text, range)) => (text, Some(range)),
            None => (note, None),
        };
        let invalid = |what: &str, shown: &str| {
            Error::setting(
                "trust proxy",
                format_args!("has an invalid {what}: {shown}"),
            )
        };
        let mut address = text
            .parse::<IpAddr>()
            .map_err(|_| invalid("IP address", text))?;
        if range.is_none() {
            address = address.to_canonical();
        }
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match range {
            None => Some(most),
            Some(digits)
                if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) =>
            {
                digits.parse().ok()
            }
            Some(mask) if address.is_ipv4() => mask.parse().ok().and_then(prefix_length),
            Some(_) => None,
        };
        match bits.filter(|bits| (1..=most).contains(bits)) {
            Some(bits) => Ok(Self { address, bits }),
            None => Err(invalid("range on address", note)),
        }
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => same_prefix(
                network.to_bits().into(),
                address.to_bits().into(),
                32,
                self.bits,
            ),
            // An IPv4-mapped network does not take a native IPv6 address, and addresses are canonical here.
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                network.to_ipv4_mapped().is_none()
                    && same_prefix(network.to_bits(), address.to_bits(), 128, self.bits)
            }
            (IpAddr::V6(network), IpAddr::V4(address)) => {
                network.to_ipv4_mapped().is_some()
                    && self.bits >= 96
                    && same_prefix(network.to_bits(), mapped(address), 128, self.bits)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) => false,
        }
    }
}

fn mapped(address: Ipv4Addr) -> u128 {
    Ipv6Addr::to_bits(address.to_ipv6_mapped())
}

fn same_prefix(one: u128, other: u128, width: u32, bits: u32) -> bool {
    let rest = width - bits;
    one.checked_shr(rest).unwrap_or(0) == other.checked_shr(rest).unwrap_or(0)
}

/// The number of leading ones of a netmask that has only leading ones.
fn prefix_length(mask: Ipv4Addr) -> Option<u32> {
    let bits = mask.to_bits();
    let ones = bits.leading_ones();
    (bits.count_ones() == ones).then_some(ones)
}

/// An address as a header gives it; IPv4 in IPv6 clothing becomes plain IPv4.
fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

/// The addresses of `X-Forwarded-For`, nearest first (package `forwarded` 0.2).
pub(crate) fn forwarded(header: &str) -> Vec<String> {
    let addresses = header.split(',').map(|address| address.trim_matches(' '));
    addresses
        .rev()
        .filter(|address| !address.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    fn check(setting: impl Into<JsValue>, address: &str, expected: bool) {
        let trust = Trust::compile(&setting.into()).unwrap();
        assert_eq!(trust.trusts(address, 1), expected, "{trust:?} {address}");
    }

    #[test]
    fn a_proxy_is_trusted_by_everyone_by_hops_or_by_subnet() {
        check(true, "8.8.8.8", true);
        check(false, "127.0.0.1", false);
        check(2, "8.8.8.8", true);
        check(1, "8.8.8.8", false);
        check("loopback", "127.9.9.9", true);
        check("loopback", "::ffff:127.0.0.1", true);
        check("loopback, 10.0.0.0/255.0.0.0", "10.1.2.3", true);
        check("::ffff:10.0.0.0/104", "10.1.2.3", true);
        check(array!["uniquelocal"], "172.31.0.1", true);
        check("fe80::/10", "fec0::1", false);
        check("fe80::/10", "fe80::1", true);
        check("127.0.0.1", "nonsense", false);
    }

    #[test]
    fn what_proxy_addr_refuses_is_refused() {
        for setting in [
            "10.0.0",
            "10.0.0.1/0",
            "10.0.0.1/33",
            "10.0.0.1/255.0.255.0",
            "fe80::/x",
        ] {
            assert!(
                Trust::compile(&JsValue::text(setting)).is_err(),
                "{setting}"
            );
        }
    }
}
