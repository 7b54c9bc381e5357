//! The variables of an application in the memory of one process, used by one request at a time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use isobar::document::Query;
use isobar::{Error, ErrorKind, Result};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::held::{Change, Held};
use super::stored::{StoredEntries, StoredVariable};
use super::variables::Variable;
use super::writer::{Outcome, Ticket, Writer};

/// How many entries are read in one step.
const PAGE: u32 = 1_000;

/// The variables of one application.
#[derive(Debug)]
pub(super) struct Memory {
    live: Arc<Mutex<Live>>,
    pub(super) writer: Arc<Writer>,
}

#[derive(Debug, Default)]
struct Live {
    variables: HashMap<&'static str, Held>,
    /// The writer's epoch in which they were read.
    epoch: u64,
    /// Holds changes that must not be stored.
    is_spoilt: bool,
}

/// The exclusive use of the variables by one request. Dropping it undoes what the request has changed.
#[derive(Debug)]
pub(super) struct Turn {
    live: OwnedMutexGuard<Live>,
    writer: Arc<Writer>,
    /// The variables that the request has used.
    used: Vec<&'static str>,
    arrived: Instant,
}

/// What is to be stored, with the commit that wrote what it replaces.
pub(super) type Changes = Vec<(Option<String>, Change)>;
/// Variables and the commits that wrote them.
pub(super) type Unchanged = Vec<(&'static str, Option<String>)>;

/// What has to happen before the request can be answered.
#[derive(Debug, Default)]
pub(super) struct Duties {
    /// The write to wait for.
    pub(super) ticket: Option<Ticket>,
    /// Variables that must still be what was read.
    pub(super) unchanged: Unchanged,
}

impl Memory {
    pub(super) fn new(writer: Writer) -> Self {
        Self {
            live: Arc::default(),
            writer: Arc::new(writer),
        }
    }

    /// Waits until no other request uses the variables.
    pub(super) async fn turn(&self) -> Turn {
        let arrived = Instant::now();
        let mut live = Arc::clone(&self.live).lock_owned().await;
        if std::mem::take(&mut live.is_spoilt) {
            let tickets = live
                .variables
                .values()
                .filter_map(|held| held.ticket.clone());
            for ticket in tickets.collect::<Vec<_>>() {
                // However it ends: everything is read again.
                let _outcome = ticket.ended().await;
            }
            live.variables.clear();
        }
        let epoch = self.writer.epoch();
        if live.epoch != epoch {
            live.epoch = epoch;
            live.variables.clear();
        }
        Turn {
            live,
            writer: Arc::clone(&self.writer),
            used: Vec::new(),
            arrived,
        }
    }
}

impl Turn {
    pub(super) async fn load(&mut self, variable: &'static Variable) -> Result<()> {
        if !self.used.contains(&variable.name()) {
            self.refresh(variable).await?;
            self.used.push(variable.name());
        }
        Ok(())
    }

    pub(super) fn held(&self, variable: &Variable) -> Option<&Held> {
        self.live.variables.get(variable.name())
    }

    pub(super) fn held_mut(&mut self, variable: &Variable) -> Option<&mut Held> {
        self.live.variables.get_mut(variable.name())
    }

    /// Ends the turn: what the request has changed goes on its way. `None` when memory is out of date.
    pub(super) fn end(mut self) -> Result<Option<Duties>> {
        if !self.is_changed() {
            return Ok(Some(self.duties()));
        }
        // Until all is on its way, nobody may build on it.
        self.live.is_spoilt = true;
        let (changes, checked) = self.write()?;
        let written: Vec<_> = changes
            .iter()
            .map(|(_, change)| change.variable.name.clone())
            .collect();
        let epoch = self.live.epoch;
        let Some((commit, ticket)) = self.writer.enqueue(epoch, changes, checked) else {
            return Ok(None);
        };
        for name in written {
            if let Some(held) = self.live.variables.get_mut(name.as_str()) {
                held.written(&commit, &ticket);
            }
        }
        self.live.is_spoilt = false;
        Ok(Some(Duties {
            ticket: Some(ticket),
            unchanged: Vec::new(),
        }))
    }

    fn write(&mut self) -> Result<(Changes, Unchanged)> {
        let live = &mut *self.live;
        let mut plans = Vec::with_capacity(self.used.len());
        for name in &self.used {
            if let Some(held) = live.variables.get_mut(name) {
                plans.push((*name, held.plan()));
            }
        }
        let (mut changes, mut checked, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for (name, plan) in plans {
            if let Some(held) = live.variables.get_mut(name) {
                let expected = held.commit.clone();
                match held.write(plan, &self.writer.application, &mut seen)? {
                    Some(change) => changes.push((expected, change)),
                    None => checked.push((name, expected)),
                }
            }
        }
        Ok((changes, checked))
    }

    fn is_changed(&self) -> bool {
        let mut used = self.used.iter();
        used.any(|name| self.live.variables.get(name).is_some_and(Held::is_changed))
    }

    /// The duties of a request that has only read.
    fn duties(&self) -> Duties {
        let mut duties = Duties::default();
        let revision = self.writer.collection.revision();
        for name in &self.used {
            let Some(held) = self.live.variables.get(name) else {
                continue;
            };
            match &held.ticket {
                Some(ticket) if matches!(ticket.outcome(), Outcome::Waiting) => {
                    duties.ticket = Some(ticket.clone());
                }
                _ if held.is_of(revision) => {}
                _ => duties.unchanged.push((name, held.commit.clone())),
            }
        }
        // A single state of a single variable is whole.
        if self.used.len() < 2 {
            duties.unchanged.clear();
        }
        duties
    }

    /// Makes sure that the variable in memory was the stored one at some time since the request came.
    async fn refresh(&mut self, variable: &'static Variable) -> Result<()> {
        let now = Instant::now();
        let revision = self.writer.collection.revision();
        if self.is_known(variable, now, revision) {
            return Ok(());
        }
        let stored = self.writer.read(variable.name()).await?;
        let commit = stored.as_ref().and_then(|stored| stored.commit.clone());
        if let Some(held) = self.live.variables.get_mut(variable.name())
            && held.commit == commit
        {
            held.verified = now;
            held.revision = revision;
            return Ok(());
        }
        let mut held = match stored {
            None => Held::whole(variable.name(), variable.seed(), now)?,
            Some(StoredVariable {
                entries: Some(entries),
                ..
            }) => {
                let documents = self.writer.read_entries(variable.name(), &entries).await?;
                self.writer
                    .still(variable.name(), commit.as_deref())
                    .await?;
                Held::of_entries(variable.name(), entries, documents, now)?
            }
            Some(stored) => {
                let value = stored.value.map(|value| value.0);
                Held::whole(variable.name(), value.unwrap_or(crate::JsValue::Null), now)?
            }
        };
        held.commit = commit;
        held.revision = revision;
        self.live.variables.insert(variable.name(), held);
        Ok(())
    }

    /// Whether that is known without asking the store, which is at `revision`.
    fn is_known(&mut self, variable: &Variable, now: Instant, revision: Option<u64>) -> bool {
        let Some(held) = self.live.variables.get_mut(variable.name()) else {
            return false;
        };
        match held.ticket.as_ref().map(Ticket::outcome) {
            // Its end tells.
            Some(Outcome::Waiting) => return true,
            Some(Outcome::Stored(at)) => held.verified = held.verified.max(at),
            _ => {}
        }
        if held.is_of(revision) {
            held.verified = now;
        }
        held.verified >= self.arrived
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_changed() {
            self.live.is_spoilt = true;
        }
    }
}

impl Writer {
    async fn read(&self, name: &str) -> Result<Option<StoredVariable>> {
        let key = (self.application.to_string(), name.to_owned());
        let item = self.collection.get(key).await?;
        Ok(item.map(|item| item.value))
    }

    async fn read_entries(
        &self,
        name: &str,
        entries: &StoredEntries,
    ) -> Result<Vec<StoredVariable>> {
        let mut found = Vec::new();
        let query = Query::partition(&*self.application)
            .prefix(entries.prefix(name))
            .limit(PAGE);
        let mut next = query.clone();
        loop {
            let page = self.collection.query(&next).await?;
            found.extend(page.items.into_iter().map(|item| item.value));
            match page.cursor {
                Some(cursor) => next = query.clone().after(cursor),
                None => break,
            }
        }
        Ok(found)
    }

    /// Entries that were read while others were written may be of two states.
    async fn still(&self, name: &str, commit: Option<&str>) -> Result<()> {
        let now = self.read(name).await?.and_then(|stored| stored.commit);
        if now.as_deref() == commit {
            return Ok(());
        }
        let message = "the variable changed while it was read";
        Err(Error::new(ErrorKind::Contention, message))
    }

    /// Whether none of the variables was written since.
    pub(super) async fn are_unchanged(
        &self,
        variables: &[(&'static str, Option<String>)],
    ) -> Result<bool> {
        for (name, commit) in variables {
            if self.read(name).await?.and_then(|stored| stored.commit) != *commit {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
