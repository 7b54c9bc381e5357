//! This machine as a platform: an address, taken before the stores are opened, whose requests are
//! signed for it.

#[cfg(feature = "machine")]
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(feature = "machine")]
use std::sync::Arc;

use isobar::Result;
#[cfg(feature = "machine")]
use isobar_local::LocalPlatform;

use crate::config::Config;
#[cfg(not(feature = "machine"))]
use crate::platform;
use crate::platform::Platformed;
use crate::store::Stores;

/// The server of this machine, before it serves.
#[cfg(feature = "machine")]
pub(crate) struct Machine(LocalPlatform);

#[cfg(feature = "machine")]
impl Machine {
    pub(crate) async fn bind(config: &Config) -> Result<Self> {
        let platform = LocalPlatform::bind(&config.listen()).await?;
        let platform = platform.with_variables(&config.lookup())?;
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
        let platform = delivering(self.0, stores);
        (Arc::new(platform), Arc::new(isobar_local::clock()))
    }
}

#[cfg(feature = "local")]
fn delivering(mut platform: LocalPlatform, stores: &Stores) -> LocalPlatform {
    if let Some(store) = stores.local_blobs() {
        platform = platform.with_signed_blobs(store.signed_blobs());
        platform = platform.with_blob_events(store.clone());
    }
    if let Some(store) = stores.local_documents() {
        platform = platform.with_document_changes(store.clone());
    }
    if let Some(store) = stores.local_messages() {
        platform = platform.with_messages(store.clone());
    }
    platform
}

/// No such build has a local store.
#[cfg(all(feature = "machine", not(feature = "local")))]
fn delivering(platform: LocalPlatform, _: &Stores) -> LocalPlatform {
    platform
}

/// The URL of blobs that a variable tells, else that of this address.
#[cfg(feature = "machine")]
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
#[cfg(not(feature = "machine"))]
pub(crate) enum Machine {}

#[cfg(not(feature = "machine"))]
impl Machine {
    pub(crate) async fn bind(_: &Config) -> Result<Self> {
        std::future::ready(Err(platform::not_linked("this machine", "machine"))).await
    }

    pub(crate) fn blob_url(&self, _: &Config) -> String {
        match *self {}
    }

    pub(crate) fn answering(self, _: &Stores) -> Platformed {
        match self {}
    }
}
