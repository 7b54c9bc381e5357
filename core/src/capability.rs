//! What a provider can do beyond the portable floor, and the numbers it works within.

use std::fmt;

use crate::error::{Error, Result};

/// An ability that handlers branch on or ask for at start-up.
///
/// A capability that a provider declares must pass its conformance cases; one that it does not
/// declare must answer [`Unsupported`](crate::ErrorKind::Unsupported).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Capability {
    /// Documents carry a version, and writes may be conditional on it.
    DocumentVersions,
    /// Documents may have an `expires_at` instant.
    DocumentExpiry,
    /// Writes may be conditional on fields of the stored document.
    FieldConditions,
    /// Several documents of one partition are written together or not at all.
    AtomicPartition,
    /// Several documents of different partitions are written together or not at all.
    CrossPartitionTransactions,
    /// Keyed reads see every write that was acknowledged before.
    ConsistentReads,
    /// All documents of a collection can be read.
    Scans,
    /// A scan can be divided into parts that are read at the same time.
    ScanSegments,
    /// Collections can be queried by their declared indexes.
    IndexedQueries,
    /// Indexed reads see every write that was acknowledged before.
    ConsistentIndexes,
    /// Documents that are equal in an index come in the order of their keys.
    OrderedIndexTies,
    /// An index can hold the whole collection in one order.
    WholeCollectionIndexes,
    /// The store counts the documents of a query itself.
    Count,
    /// Changes of a collection can be read, each at least once.
    ChangeFeed,
    /// The changes of one document are read in their order.
    OrderedChangeFeed,
    /// The removal of an expired document is a change of its own kind.
    ExpiryChanges,
    /// A write can be made exactly once although its answer is lost.
    ExactWrites,
    /// Blobs can be created only where there is none.
    BlobIfAbsent,
    /// Blobs can be replaced only at a known version.
    BlobIfVersion,
    /// The conditions of puts hold for uploads in parts too.
    BlobUploadConditions,
    /// The conditions of puts hold for the destination of copies too.
    BlobCopyConditions,
    /// Blobs can be deleted only at a known version, and so be moved.
    BlobDeleteIfVersion,
    /// Blobs can be read only at a known version, so that several reads are of one content.
    PinnedReads,
    /// Buckets can keep the versions of a blob, which can be listed, read and deleted.
    BlobVersions,
    /// Listings can hold the attributes of blobs.
    ListedAttributes,
    /// Uploads that nobody finished can be found and removed.
    AbandonedUploads,
    /// Listing is in the byte order of the keys.
    OrderedListing,
    /// Requests can be signed for others to send.
    PresignedRequests,
    /// Whoever sends a signed put is held to the attributes, size, checksum and version that were asked
    /// for; elsewhere those are refused, as a planned upload has them all the same.
    SignedHeaders,
    /// The parts of an upload can be signed for others to send.
    PresignedUploads,
    /// Responses reach the client while they are produced.
    ResponseStreaming,
    /// Functions can be woken by a schedule.
    Schedules,
    /// Functions can be woken by messages of a topic.
    Messages,
    /// Messages can be sent to a topic.
    Publish,
    /// Messages of one group are delivered in the order in which they were sent.
    MessageGroups,
    /// A message that is sent again under the same id within five minutes arrives once.
    MessageDeduplication,
    /// Functions can be woken by what happens to the blobs of a bucket.
    BlobEvents,
    /// Functions can be woken by what happens to the documents of a collection.
    ChangeEvents,
    /// What happened to one document reaches a function in its order, also while some of it fails.
    OrderedChangeEvents,
    /// Functions that are woken by what happens to documents hear of those that are removed, too.
    DeleteChangeEvents,
    /// Functions can be woken by CloudEvents over HTTP, whoever sends them.
    CloudEvents,
    /// A function can answer an event by another one, which whoever brought it takes.
    ReplyEvents,
    /// An event that a function was woken by can be delivered to it again by its id, as it was.
    EventReplay,
    /// An event for which a handler [asks again after a time](crate::function::Outcome::Retry) comes no sooner than that;
    /// elsewhere it comes at the platform's own time.
    DelayedRetry,
}

impl Capability {
    /// Every capability, in declaration order.
    pub const ALL: [Self; 44] = [
        Self::DocumentVersions,
        Self::DocumentExpiry,
        Self::FieldConditions,
        Self::AtomicPartition,
        Self::CrossPartitionTransactions,
        Self::ConsistentReads,
        Self::Scans,
        Self::ScanSegments,
        Self::IndexedQueries,
        Self::ConsistentIndexes,
        Self::OrderedIndexTies,
        Self::WholeCollectionIndexes,
        Self::Count,
        Self::ChangeFeed,
        Self::OrderedChangeFeed,
        Self::ExpiryChanges,
        Self::ExactWrites,
        Self::BlobIfAbsent,
        Self::BlobIfVersion,
        Self::BlobUploadConditions,
        Self::BlobCopyConditions,
        Self::BlobDeleteIfVersion,
        Self::PinnedReads,
        Self::BlobVersions,
        Self::ListedAttributes,
        Self::AbandonedUploads,
        Self::OrderedListing,
        Self::PresignedRequests,
        Self::SignedHeaders,
        Self::PresignedUploads,
        Self::ResponseStreaming,
        Self::Schedules,
        Self::Messages,
        Self::Publish,
        Self::MessageGroups,
        Self::MessageDeduplication,
        Self::BlobEvents,
        Self::ChangeEvents,
        Self::OrderedChangeEvents,
        Self::DeleteChangeEvents,
        Self::CloudEvents,
        Self::ReplyEvents,
        Self::EventReplay,
        Self::DelayedRetry,
    ];

    /// The name in reports and in `--describe`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DocumentVersions => "document-versions",
            Self::DocumentExpiry => "document-expiry",
            Self::FieldConditions => "field-conditions",
            Self::AtomicPartition => "atomic-partition",
            Self::CrossPartitionTransactions => "cross-partition-transactions",
            Self::ConsistentReads => "consistent-reads",
            Self::Scans => "scans",
            Self::ScanSegments => "scan-segments",
            Self::IndexedQueries => "indexed-queries",
            Self::ConsistentIndexes => "consistent-indexes",
            Self::OrderedIndexTies => "ordered-index-ties",
            Self::WholeCollectionIndexes => "whole-collection-indexes",
            Self::Count => "count",
            Self::ChangeFeed => "change-feed",
            Self::OrderedChangeFeed => "ordered-change-feed",
            Self::ExpiryChanges => "expiry-changes",
            Self::ExactWrites => "exact-writes",
            Self::BlobIfAbsent => "blob-if-absent",
            Self::BlobIfVersion => "blob-if-version",
            Self::BlobUploadConditions => "blob-upload-conditions",
            Self::BlobCopyConditions => "blob-copy-conditions",
            Self::BlobDeleteIfVersion => "blob-delete-if-version",
            Self::PinnedReads => "pinned-reads",
            Self::BlobVersions => "blob-versions",
            Self::ListedAttributes => "listed-attributes",
            Self::AbandonedUploads => "abandoned-uploads",
            Self::OrderedListing => "ordered-listing",
            Self::PresignedRequests => "presigned-requests",
            Self::SignedHeaders => "signed-headers",
            Self::PresignedUploads => "presigned-uploads",
            Self::ResponseStreaming => "response-streaming",
            Self::Schedules => "schedules",
            Self::Messages => "messages",
            Self::Publish => "publish",
            Self::MessageGroups => "message-groups",
            Self::MessageDeduplication => "message-deduplication",
            Self::BlobEvents => "blob-events",
            Self::ChangeEvents => "change-events",
            Self::OrderedChangeEvents => "ordered-change-events",
            Self::DeleteChangeEvents => "delete-change-events",
            Self::CloudEvents => "cloud-events",
            Self::ReplyEvents => "reply-events",
            Self::EventReplay => "event-replay",
            Self::DelayedRetry => "delayed-retry",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(u64);

impl Capabilities {
    /// The capabilities listed.
    pub const fn of(list: &[Capability]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < list.len() {
            bits |= 1 << list[at] as u64;
            at += 1;
        }
        Self(bits)
    }

    /// Whether `capability` is in the set.
    pub fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u64) != 0
    }

    /// The set with everything of `other` added.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set with everything of `other` taken away.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members, in declaration order.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL
            .into_iter()
            .filter(move |capability| self.has(*capability))
    }

    /// Fails with the first capability of `list` that is not in the set.
    pub fn require(self, list: &[Capability]) -> Result<()> {
        match list.iter().find(|capability| !self.has(**capability)) {
            Some(missing) => Err(Error::unsupported(*missing)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The numbers a provider works within; the portable floor is [`Limits::PORTABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one document, as [`measure`](crate::document::Value::size) counts them.
    pub document_bytes: u64,
    /// Levels of lists and maps inside one document, the document itself included.
    pub document_depth: u64,
    /// Bytes of a partition or sort key.
    pub key_bytes: u64,
    /// Operations in one atomic write set.
    pub set_operations: u64,
    /// Bytes of one atomic write set.
    pub set_bytes: u64,
    /// Keys that one batch read sends to the store at a time.
    pub batch_get_keys: u64,
    /// Writes that one batch write sends to the store at a time.
    pub batch_write_operations: u64,
    /// Bytes of a blob key, before and after the store's escape.
    pub blob_key_bytes: u64,
    /// Bytes of all user metadata of a blob, encoded.
    pub blob_metadata_bytes: u64,
}

impl Limits {
    /// What every provider must accept, and (unless a collection opts out) all it accepts.
    ///
    /// Sources: rules R3, R4, R9 (documents) and K1, K2 (blobs) of the portable semantics.
    pub const PORTABLE: Self = Self {
        document_bytes: 350_000,
        document_depth: 20,
        key_bytes: 512,
        set_operations: 100,
        set_bytes: 2_000_000,
        batch_get_keys: 100,
        batch_write_operations: 25,
        blob_key_bytes: 768,
        blob_metadata_bytes: 2_000,
    };
}
