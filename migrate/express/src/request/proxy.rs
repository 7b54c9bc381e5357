//! What `req` says about the client when proxies may stand between: address, scheme, host.

use std::net::IpAddr;

use super::Request;
use crate::profile::Profile;
use crate::trust::forwarded;
use crate::value::{JsArray, JsString, JsValue};

impl Request {
    /// `req.ip`: the nearest address that is not a trusted proxy; `undefined` when the server gave none, see
    /// [`RemoteAddress`](crate::RemoteAddress).
    pub fn ip(&self) -> JsValue {
        self.addresses().pop().unwrap_or_default()
    }

    /// `req.ips`: the addresses of `X-Forwarded-For` up to the first that is not trusted, farthest first.
    pub fn ips(&self) -> JsValue {
        let addresses = self.addresses();
        addresses
            .into_iter()
            .skip(1)
            .rev()
            .collect::<JsArray>()
            .into()
    }

    /// `req.protocol`: `http` or `https`, or what a trusted proxy says.
    pub fn protocol(&self) -> JsString {
        let own = if self.read(|state| state.encrypted) {
            "https"
        } else {
            "http"
        };
        match self
            .header_text("x-forwarded-proto")
            .filter(|value| !value.is_empty())
        {
            Some(header) if self.trusts_peer() => {
                let first = header.split(',').next().unwrap_or_default();
                JsString::new(first.trim())
            }
            _ => JsString::literal(own),
        }
    }

    /// `req.secure`.
    pub fn secure(&self) -> bool {
        self.protocol() == "https"
    }

    /// `req.hostname`: the host without its port.
    pub fn hostname(&self) -> JsValue {
        let Some(host) = self.host_header() else {
            return JsValue::Undefined;
        };
        let literal = if host.starts_with('[') {
            host.find(']').map_or(0, |end| end + 1)
        } else {
            0
        };
        let end = host[literal..]
            .find(':')
            .map_or(host.len(), |colon| literal + colon);
        JsValue::text(&host[..end])
    }

    /// `req.host`: with its port in Express 5, the same as [`Request::hostname`] in Express 4.
    pub fn host(&self) -> JsValue {
        match self.settings().profile() {
            Profile::V4 => self.hostname(),
            Profile::V5 => self.host_header().into(),
        }
    }

    /// `req.subdomains`, farthest from the domain last.
    pub fn subdomains(&self) -> JsValue {
        let hostname = self.hostname();
        let Some(hostname) = hostname.as_string().filter(|name| !name.is_empty()) else {
            return JsArray::new().into();
        };
        let hostname = hostname.to_text();
        let labels: Vec<JsValue> = if hostname.parse::<IpAddr>().is_ok() {
            vec![JsValue::text(&hostname)]
        } else {
            hostname.split('.').rev().map(JsValue::text).collect()
        };
        let offset = self.setting("subdomain offset").to_number().unwrap_or(0.0);
        JsArray::from_values(labels)
            .slice(offset, f64::INFINITY)
            .into()
    }

    /// `X-Forwarded-Host` of a trusted proxy, else `Host`; `None` when it is empty.
    fn host_header(&self) -> Option<String> {
        let given = |name: &str| self.header_text(name).filter(|value| !value.is_empty());
        match given("x-forwarded-host").filter(|_| self.trusts_peer()) {
            Some(hosts) => match hosts.split_once(',') {
                Some((first, _)) => Some(first.trim_end().to_owned()),
                None => Some(hosts),
            },
            None => given("host"),
        }
        .filter(|host| !host.is_empty())
    }

    fn trusts_peer(&self) -> bool {
        let settings = self.settings();
        settings
            .trust
            .trusts(&self.remote_text().unwrap_or_default(), 0)
    }

    /// `req.socket.remoteAddress`.
    fn remote_text(&self) -> Option<String> {
        self.read(|state| state.remote)
            .map(|address| address.to_string())
    }

    /// The peer, then the addresses of `X-Forwarded-For` from the nearest on, up to the first that is not trusted.
    fn addresses(&self) -> Vec<JsValue> {
        let remote = self.remote_text();
        let mut all = vec![remote.unwrap_or_default()];
        all.extend(forwarded(
            &self.header_text("x-forwarded-for").unwrap_or_default(),
        ));
        let settings = self.settings();
        let last = all.len() - 1;
        let trusted = all[..last]
            .iter()
            .enumerate()
            .take_while(|(hop, one)| settings.trust.trusts(one, *hop));
        let count = trusted.count() + 1;
        all.truncate(count);
        // An empty address is one that the server did not give.
        all.iter()
            .map(|one| {
                if one.is_empty() {
                    JsValue::Undefined
                } else {
                    JsValue::text(one)
                }
            })
            .collect()
    }
}
