//! What happened to the documents of a collection.

use serde::de::DeserializeOwned;

use super::cursor::{Origin, Subject};
use super::reads::item;
use super::{ChangeFeed, Collection, Cursor, Item, Key, Query, Timestamp};
use crate::capability::Capability;
use crate::driver::document::{ChangesFrom, ChangesRequest, Record, RecordChange};
use crate::driver::meter;
use crate::error::{Error, Result};
use crate::operation::Effect;

/// What happened to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It was stored, for the first time or again.
    Upsert,
    /// It was removed.
    Delete(DeleteCause),
}

/// Why a document was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeleteCause {
    /// Somebody deleted it; without [`Capability::ExpiryChanges`] it may also have expired.
    Requested,
    /// It expired some time ago, and its row was removed.
    Expired,
}

/// One change of one document.
///
/// Each acknowledged write is delivered at least once (rule R15); a repeated delivery has the same
/// id. Changes of one document come in their order where [`Capability::OrderedChangeFeed`] is
/// declared.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChangeEvent<T> {
    /// The same for each delivery of the same change, and for no other of the collection.
    pub id: String,
    /// The document.
    pub key: Key,
    /// What happened.
    pub kind: ChangeKind,
    /// The document afterwards, where the store still has it.
    pub new: Option<Item<T>>,
    /// The document before, where the store keeps it.
    pub old: Option<Item<T>>,
    /// When.
    pub at: Timestamp,
}

/// Some changes, and where to go on, now or later.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChangesPage<T> {
    /// The changes.
    pub changes: Vec<ChangeEvent<T>>,
    /// The place after them, to be kept by whoever has dealt with them.
    pub cursor: Cursor,
    /// Whether there were more when this page was read.
    pub more: bool,
}

/// Which changes are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesQuery {
    from: From,
    limit: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    Oldest,
    Now,
    After(Cursor),
}

impl ChangesQuery {
    /// From the oldest change that the store still has.
    pub fn from_oldest() -> Self {
        Self::from(From::Oldest)
    }

    /// From now on: a page without changes, whose cursor is the place to start from.
    pub fn from_now() -> Self {
        Self::from(From::Now)
    }

    /// From the place that a page ended with.
    pub fn after(cursor: Cursor) -> Self {
        Self::from(From::After(cursor))
    }

    /// At most `limit` changes, from 1 to [`Query::MAX_LIMIT`].
    #[must_use]
    pub fn limit(self, limit: u32) -> Self {
        Self { limit, ..self }
    }

    fn from(from: From) -> Self {
        let limit = Query::DEFAULT_LIMIT;
        Self { from, limit }
    }
}

impl<T: DeserializeOwned + Send> Collection<T> {
    /// Some changes of a collection that declares its
    /// [`change_feed`](super::CollectionSpec::change_feed), none where nothing has happened since.
    ///
    /// It needs [`Capability::ChangeFeed`]. Where the store no longer keeps what follows the
    /// cursor, the error is `NotFound`: what was missed must be read from the documents.
    pub async fn changes(&self, query: &ChangesQuery) -> Result<ChangesPage<T>> {
        let binding = self.binding();
        let work = async {
            binding.require(Capability::ChangeFeed)?;
            if binding.schema.change_feed == ChangeFeed::Undeclared {
                let message = "the collection declares no change feed: add .change_feed() to it";
                return Err(Error::invalid(message));
            }
            let (max, limit) = (Query::MAX_LIMIT, query.limit);
            if limit == 0 || limit > max {
                let message = format!("the limit is {limit}, it must be 1 to {max}");
                return Err(Error::invalid(message));
            }
            let origin = Origin {
                provider: binding.provider,
                schema: &binding.schema,
                subject: Subject::Changes,
                key: binding.cursor_key.as_ref(),
            };
            let from = match &query.from {
                From::Oldest => ChangesFrom::Oldest,
                From::Now => ChangesFrom::Now,
                From::After(cursor) => ChangesFrom::After(cursor.place_of_changes(&origin)?),
            };
            let request = ChangesRequest { from, limit };
            let call = binding.call();
            let page = binding.driver.changes_page(&call, &request).await?;
            meter::items(page.changes.len());
            Ok(ChangesPage {
                cursor: Cursor::of_changes(&origin, &page.next),
                changes: page.changes.into_iter().map(event).collect::<Result<_>>()?,
                more: page.more,
            })
        };
        binding.run("document.changes", Effect::Read, work).await
    }
}

/// The change with its documents as a `T`.
pub(crate) fn event<T: DeserializeOwned>(change: RecordChange) -> Result<ChangeEvent<T>> {
    let typed = |record: Option<Record>| record.map(item).transpose();
    Ok(ChangeEvent {
        id: change.id,
        key: change.key,
        kind: change.kind,
        new: typed(change.new)?,
        old: typed(change.old)?,
        at: change.at,
    })
}
