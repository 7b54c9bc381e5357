//! The drivers under test, together with what stands behind them.

use std::sync::Arc;

use isobar::Capabilities;
use isobar::driver::blob::BlobDriver;
use isobar::driver::document::DocumentDriver;
use tempfile::TempDir;

use crate::door::Doors;
use crate::emulator::Emulator;
use crate::exchange::Exchanges;
use crate::{BucketSettings, Evidence, Topic, Waiver, Wire};

/// A provider as a harness has started it.
///
/// The drivers come first, so that they are dropped before what they stand on.
#[derive(Debug)]
pub struct Provider {
    /// The name on the command line and in reports.
    pub name: &'static str,
    /// Its document store, if it has one.
    pub documents: Option<Arc<dyn DocumentDriver>>,
    /// Its blob store, if it has one.
    pub blobs: Option<Arc<dyn BlobDriver>>,
    /// The way of its document store's requests, where that is one on which a proxy can stand.
    pub document_wire: Option<Wire<dyn DocumentDriver>>,
    /// The way of its blob store's requests, likewise.
    pub blob_wire: Option<Wire<dyn BlobDriver>>,
    /// The way to applications on its platform, if it has one.
    pub doors: Option<Arc<dyn Doors>>,
    /// Its topics and what receives from them, if it has any.
    pub exchanges: Option<Arc<dyn Exchanges>>,
    /// What stands behind the stores.
    pub evidence: Evidence,
    /// Where the stores are, for the manifest.
    pub endpoint: String,
    /// What was started for this run.
    pub emulator: Option<Emulator>,
    /// Cases in which what stands behind is known to differ from the real service, and what comes of them.
    pub known_faults: &'static [Waiver],
    /// Whether its documents' store says what each request consumes, in the unit that is billed.
    pub names_units: bool,
    /// Sets what belongs to the deployment of a bucket, by the vendor's client.
    pub settings: Option<Arc<dyn BucketSettings>>,
    /// What answers the requests that an embedded store has signed.
    pub server: Option<ServerTask>,
    /// Where an embedded store lies.
    pub directory: Option<TempDir>,
}

/// A server in this process, which ends when this is dropped.
#[derive(Debug)]
pub struct ServerTask(pub tokio::task::AbortHandle);

impl Drop for ServerTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Provider {
    /// A provider that has no part yet.
    pub fn new(name: &'static str, evidence: Evidence) -> Self {
        Self {
            name,
            documents: None,
            blobs: None,
            document_wire: None,
            blob_wire: None,
            doors: None,
            exchanges: None,
            evidence,
            endpoint: String::new(),
            emulator: None,
            known_faults: &[],
            names_units: false,
            settings: None,
            server: None,
            directory: None,
        }
    }

    /// What the part of the provider that a topic is about declares; `None` where it has no such
    /// part.
    pub fn capabilities(&self, topic: Topic) -> Option<Capabilities> {
        let documents = self.documents.as_ref().map(|driver| driver.describe());
        let blobs = self.blobs.as_ref().map(|driver| driver.describe());
        match topic {
            Topic::Document => documents.map(|description| description.capabilities),
            Topic::Blob => blobs.map(|description| description.capabilities),
            Topic::Fault => {
                let documents = self.document_wire.as_ref().and(documents);
                documents.map(|description| description.capabilities)
            }
            Topic::BlobFault => {
                let blobs = self.blob_wire.as_ref().and(blobs);
                blobs.map(|description| description.capabilities)
            }
            Topic::Gateway | Topic::Function => {
                self.doors.as_ref().map(|doors| doors.capabilities())
            }
            Topic::Publish => {
                let exchanges = self.exchanges.as_ref();
                exchanges.map(|exchanges| exchanges.driver().describe().capabilities)
            }
        }
    }

    /// What a result of this topic is worth.
    pub fn evidence(&self, topic: Topic) -> Evidence {
        match (topic, &self.doors) {
            (Topic::Gateway | Topic::Function, Some(doors)) => doors.evidence(),
            _ => self.evidence,
        }
    }

    /// Why the cases of a topic are not run.
    pub(crate) fn lacks(&self, topic: Topic) -> String {
        let name = self.name;
        match topic {
            Topic::Fault => format!("{name} has no document store behind TCP without TLS"),
            Topic::BlobFault => format!("{name} has no blob store behind TCP without TLS"),
            _ => format!("{name} has no {topic} part"),
        }
    }

    /// What is known of this case to be different from the real service.
    pub(crate) fn waiver(&self, case: &str) -> Option<&'static Waiver> {
        self.known_faults.iter().find(|waiver| waiver.case == case)
    }
}
