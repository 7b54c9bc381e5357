//! This machine as a platform: an address, taken before the stores are opened, whose requests are
//! signed for it.

#[cfg(feature = "local")]
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(feature = "local")]
use std::sync::Arc;

use isobar::Result;

use crate::config::Config;
#[cfg(not(feature = "local"))]
use crate::platform;
use crate::platform::Platformed;
use crate::store::Stores;

/// The server of this machine, before it serves.
#[cfg(feature = "local")]
pub(crate) struct Machine(isobar_local::LocalPlatform);

#[cfg(feature = "local")]
impl Machine {
    pub(crate) async fn bind(config: &Config) -> Result<Self> {
        let platform = isobar_local::LocalPlatform::bind(&config.listen()).await?;
        Ok(Self(match config.rehearsed {
            Some(behind) => platform.behind(behind),
            None => platform,
        }))
    }

    /// Where requests are sent that a local store signs: what a variable says, else here.
    pub(crate) fn blob_url(&self, config: &Config) -> String {
        blob_url(config, self.0.local_addr())
    }

    /// The platform, which also answers the requests that a local store has signed, and delivers
    /// its messages, and what happens to its blobs and documents.
    pub(crate) fn answering(self, stores: &Stores) -> Platformed {
        let platform = match stores.local_blobs() {
            Some(store) => {
                let platform = self.0.with_signed_blobs(store.signed_blobs());
                platform.with_blob_events(store.clone())
            }
            None => self.0,
        };
        let platform = match stores.local_documents() {
            Some(store) => platform.with_document_changes(store.clone()),
            None => platform,
        };
        let platform = match stores.local_messages() {
            Some(store) => platform.with_messages(store.clone()),
            None => platform,
        };
        (Arc::new(platform), Arc::new(isobar_local::clock()))
    }
}

/// The URL of blobs that a variable tells, else that of this address.
#[cfg(feature = "local")]
pub(crate) fn blob_url(config: &Config, mut address: SocketAddr) -> String {
    config.blob_url().unwrap_or_else(|| {
        // What is bound to every address is reached by that of this machine.
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}")
    })
}

/// No such build has a server.
#[cfg(not(feature = "local"))]
pub(crate) enum Machine {}

#[cfg(not(feature = "local"))]
impl Machine {
    pub(crate) async fn bind(_: &Config) -> Result<Self> {
        std::future::ready(Err(platform::not_linked("this machine", "local"))).await
    }

    pub(crate) fn blob_url(&self, _: &Config) -> String {
        match *self {}
    }

    pub(crate) fn answering(self, _: &Stores) -> Platformed {
        match self {}
    }
}
