//! What the works of one transaction share, and what is known between transactions.

use std::collections::HashMap;
use std::sync::Arc;

use isobar::document::Timestamp;
use redb::{ReadableTable as _, WriteTransaction};

use crate::document::declared::Declared;
use crate::engine::Wrote;
use crate::engine::tables::Tables;
use crate::error::Fault;
use crate::topic::queue::waiting::Waiting;

/// One transaction in the making.
pub(crate) struct Group<'t> {
    pub(crate) tables: Tables<'t>,
    /// Whether there is anything to commit; work that was refused costs no flush of the disk.
    pub(crate) wrote: Wrote,
    /// How many documents with an expiry were stored.
    pub(crate) expiring: usize,
    /// The earliest instant at which a caller judged expiry.
    pub(crate) now: Option<Timestamp>,
    pub(crate) known: &'t mut Known,
    afterwards: &'t mut Vec<Afterwards>,
}

/// What is remembered of the store between commits by whoever commits, the only one who changes it.
///
/// It is forgotten when a commit fails.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The number of the change that comes next.
    next_change: Option<u64>,
    /// No document expires before this second; `i64::MAX` where none does.
    pub(crate) first_expiry: Option<i64>,
    /// The first change that is not yet with those of each watched collection that wait for delivery.
    pub(crate) to_be_delivered: HashMap<String, u64>,
    /// The messages of each topic that a search has passed.
    pub(crate) waiting: HashMap<String, Waiting>,
    /// What is declared of the collections that were written.
    declared: HashMap<String, Arc<Declared>>,
}

/// What is to be done once it is known what became of a transaction.
pub(super) type Afterwards = Box<dyn FnOnce(Settled)>;

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    Committed,
    NotWritten,
    Unknown,
}

impl<'t> Group<'t> {
    pub(super) fn begin(
        transaction: &'t WriteTransaction,
        known: &'t mut Known,
        afterwards: &'t mut Vec<Afterwards>,
    ) -> Self {
        Self {
            tables: Tables::of(transaction),
            wrote: Wrote::Nothing,
            expiring: 0,
            now: None,
            known,
            afterwards,
        }
    }

    /// Notes at which instant a caller judges expiry.
    pub(crate) fn judged_at(&mut self, now: Timestamp) {
        self.now = Some(self.now.map_or(now, |earliest| earliest.min(now)));
    }

    /// The number of the next change, which is then taken.
    pub(crate) fn next_change(&mut self) -> Result<u64, Fault> {
        let next = self.coming_change()?;
        self.known.next_change = Some(next.saturating_add(1));
        Ok(next)
    }

    /// The number that the next change will have.
    pub(crate) fn coming_change(&mut self) -> Result<u64, Fault> {
        if let Some(next) = self.known.next_change {
            return Ok(next);
        }
        let last = self.tables.changes.open()?.last()?;
        Ok(last.map_or(0, |(number, _)| number.value().saturating_add(1)))
    }

    /// Notes that a document is to expire.
    pub(crate) fn expires_at(&mut self, second: i64) {
        self.expiring += 1;
        if let Some(first) = &mut self.known.first_expiry {
            *first = second.min(*first);
        }
    }

    /// The second before which no document expires; `i64::MAX` where none does.
    pub(crate) fn first_expiry(&mut self) -> Result<i64, Fault> {
        if let Some(first) = self.known.first_expiry {
            return Ok(first);
        }
        let first = self.tables.expiry.open()?.first()?;
        let first = first.map_or(i64::MAX, |(key, _)| key.value().0);
        self.known.first_expiry = Some(first);
        Ok(first)
    }

    /// What the store keeps beside the documents of a collection.
    pub(crate) fn declared(&mut self, collection: &str) -> Result<Arc<Declared>, Fault> {
        if let Some(known) = self.known.declared.get(collection) {
            return Ok(Arc::clone(known));
        }
        let declared = Arc::new(Declared::read(self, collection)?);
        let known = &mut self.known.declared;
        known.insert(collection.to_owned(), Arc::clone(&declared));
        Ok(declared)
    }

    /// Has the declarations of a collection looked up again.
    pub(crate) fn forget(&mut self, collection: &str) {
        self.known.declared.remove(collection);
    }

    /// Has `work` done, by the committer, once the transaction is settled.
    pub(crate) fn afterwards(&mut self, work: impl FnOnce(Settled) + 'static) {
        self.afterwards.push(Box::new(work));
    }
}
