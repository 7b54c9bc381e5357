//! Through a TCP connection to the local platform's server, written byte by byte.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use isobar::Capabilities;
use isobar::driver::function::FunctionDriver as _;
use isobar_local::{LocalPlatform, LocalStore};

use super::http1;
use super::{
    Damage, Door, Doors, ProbeProcess, WireChange, WireMessage, WireRequest, WireResponse,
    WireStream, WireWrite,
};
use crate::probe::{files, inbox, notes, turned};
use crate::{Evidence, Failure, probe};

/// A year, be it a leap year.
const YEAR: Duration = Duration::from_hours(366 * 24);

/// Doors to the local platform.
#[derive(Debug)]
pub struct LocalDoors {
    capabilities: Capabilities,
}

#[derive(Debug)]
struct LocalDoor {
    address: SocketAddr,
    process: ProbeProcess,
}

impl LocalDoors {
    /// Asks the platform what it can do.
    pub async fn new() -> isobar::Result<Self> {
        let platform = LocalPlatform::bind("127.0.0.1:0").await?;
        let store = LocalStore::in_memory()?;
        let platform = platform
            .with_messages(store.clone())
            .with_blob_events(store.clone())
            .with_document_changes(store);
        let capabilities = platform.describe().capabilities;
        Ok(Self { capabilities })
    }
}

#[async_trait]
impl Doors for LocalDoors {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn evidence(&self) -> Evidence {
        Evidence::Embedded
    }

    fn client(&self) -> Option<IpAddr> {
        Some(Ipv4Addr::LOCALHOST.into())
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("http")
    }

    fn is_server(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        true
    }

    async fn open_broken(&self) -> Result<(String, ExitStatus), Failure> {
        let broken = [(probe::BROKEN, "yes".to_owned())];
        let process = ProbeProcess::start("local", &broken)?;
        process.failed(probe::NO_START).await
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        let mut process = ProbeProcess::start("local", &[])?;
        let told = process.first_line().await?;
        let malformed = |_| Failure::new(format!("the probe told {told:?} as its address"));
        let address = told.parse().map_err(malformed)?;
        Ok(Box::new(LocalDoor { address, process }))
    }
}

#[async_trait]
impl Door for LocalDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let exchange = http1::exchange(self.address, request).await;
        exchange.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))
    }

    async fn stream(&self, request: &WireRequest) -> Result<WireStream, Failure> {
        let opened = http1::open(self.address, request).await;
        opened.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))
    }

    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        inbox::publish(self, messages).await
    }

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        if damage == Damage::Event {
            let reason = "its events come from its own store, not in a form of others";
            return Err(Failure::unverified(reason));
        }
        Err(damage.not_brought())
    }

    async fn replay(&self, id: &str) -> Result<(), Failure> {
        inbox::replay(self, id).await
    }

    async fn change(&self, changes: &[WireChange]) -> Result<(), Failure> {
        files::change(self, changes).await
    }

    async fn write(&self, writes: &[WireWrite]) -> Result<(), Failure> {
        notes::write(self, writes).await
    }

    async fn tick(&self, _: &str) -> Result<(), Failure> {
        // Some day of it, the one schedule of the probe is due.
        turned::turn_on(self, YEAR).await
    }

    fn process(&self) -> Option<&ProbeProcess> {
        Some(&self.process)
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.process.logged(text).await
    }
}
