//! The other programs of a depot, as the application under test meets them.

use async_trait::async_trait;
use serde_json::Value;

/// What a scanner writes when it sees a parcel.
pub(crate) struct Scan {
    pub(crate) parcel: &'static str,
    pub(crate) state: &'static str,
    pub(crate) grams: i64,
    /// A field that the application has never heard of.
    pub(crate) gate: &'static str,
}

pub(crate) const DEPOT: &str = "hamburg";

/// The programs that had the table before: each talks to a store by the vendor's own client.
#[async_trait]
pub(crate) trait Scanners: Send + Sync {
    /// Where the store is, for the application.
    fn variables(&self) -> Vec<(&'static str, String)>;

    /// Stores what a scanner has seen, in place of what was there.
    async fn write(&self, scan: &Scan);

    /// All that is stored of a parcel, as a scanner sees it, the parts of its key by their names.
    async fn read(&self, parcel: &str) -> Value;
}
