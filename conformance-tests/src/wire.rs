//! The way of a store's requests over TCP, where a proxy can stand.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use isobar_fault_proxy::{Protocol, Proxy};

use crate::Failure;

type Open<D> = dyn Fn(&str) -> isobar::Result<Arc<D>> + Send + Sync;

/// Where the store listens without TLS, and how a driver of it, a `D`, is opened at another address.
pub struct Wire<D: ?Sized> {
    protocol: Protocol,
    /// The URL of the store, before and after the address in it.
    around: (String, String),
    upstream: SocketAddr,
    open: Box<Open<D>>,
}

impl<D: ?Sized> Wire<D> {
    /// A store at this URL, such as `http://HOST:PORT`, which `open` opens at another address, given
    /// the same URL with that address in it. `None` where it has TLS, or a name for an address.
    pub fn new(
        protocol: Protocol,
        url: &str,
        open: impl Fn(&str) -> isobar::Result<Arc<D>> + Send + Sync + 'static,
    ) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at(end);
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        if scheme == "https" {
            return None;
        }
        let before = &url[..url.len() - after.len() - host.len()];
        Some(Self {
            protocol,
            around: (before.to_owned(), after.to_owned()),
            upstream: host.parse().ok()?,
            open: Box::new(open),
        })
    }

    /// What client and server speak.
    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// A driver of the store that listens at this address.
    pub(crate) fn open(&self, address: SocketAddr) -> isobar::Result<Arc<D>> {
        let (before, after) = &self.around;
        (self.open)(&format!("{before}{address}{after}"))
    }

    /// A driver with connections of its own, and the proxy that they go through.
    pub(crate) async fn behind_a_proxy(&self) -> Result<(Arc<D>, Proxy), Failure> {
        let proxy = Proxy::before(self.upstream, self.protocol).await;
        let proxy = proxy.map_err(|error| Failure::new(format!("there is no proxy: {error}")))?;
        Ok((self.open(proxy.address())?, proxy))
    }
}

impl<D: ?Sized> fmt::Debug for Wire<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (protocol, upstream) = (self.protocol, self.upstream);
        write!(f, "Wire({protocol:?} to {upstream})")
    }
}

#[cfg(test)]
mod tests {
    use isobar::driver::document::DocumentDriver;

    use super::*;

    /// What a driver at another address is opened with.
    fn opened(url: &str) -> Option<String> {
        let nothing = |url: &str| Err(isobar::Error::invalid(url.to_owned()));
        let wire = Wire::<dyn DocumentDriver>::new(Protocol::Http1, url, nothing)?;
        let there = SocketAddr::from(([127, 0, 0, 1], 9));
        wire.open(there).err().map(|error| error.to_string())
    }

    #[test]
    fn a_proxy_stands_before_an_address_without_tls() {
        let http = opened("http://127.0.0.1:80");
        assert_eq!(http.as_deref(), Some("http://127.0.0.1:9"));
        let database = opened("postgresql://me:secret@127.0.0.1:80/db?x=1");
        let there = "postgresql://me:secret@127.0.0.1:9/db?x=1";
        assert_eq!(database.as_deref(), Some(there));
        for url in ["https://127.0.0.1:80", "http://db.example:80", "live"] {
            assert_eq!(opened(url), None, "{url}");
        }
    }
}
