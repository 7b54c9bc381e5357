//! A disk that can lose power, fill up, and fail: what was not flushed is kept, lost or torn.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::{Database, StorageBackend};

use crate::engine::storage::{Fill, Opening, Storage};
use crate::error::Fault;

const SECTOR: usize = 512;
const BLOCK: u64 = 4096;

/// A disk with one file.
#[derive(Debug, Clone)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// What the machine sees.
    seen: Vec<u8>,
    /// What is there after a power loss, before any of `unflushed`.
    flushed: Vec<u8>,
    unflushed: Vec<Step>,
    random: u64,
    /// Writes and flushes until the power goes.
    fuse: Option<u64>,
    powered: bool,
    /// Blocks that the disk has, and those in use.
    room: Option<usize>,
    used: HashSet<u64>,
    failure: Option<(Operation, io::ErrorKind)>,
}

#[derive(Debug)]
enum Step {
    Write(usize, Vec<u8>),
    Resize(usize),
}

/// What the engine asks of the disk that may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Read,
    Write,
    Flush,
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            seen: Vec::new(),
            flushed: Vec::new(),
            unflushed: Vec::new(),
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            fuse: None,
            powered: true,
            room: None,
            used: HashSet::new(),
            failure: None,
        })))
    }

    /// The power goes after so many writes and flushes.
    pub(super) fn lose_power_after(&self, steps: u64) {
        self.state().fuse = Some(steps);
    }

    pub(super) fn has_power(&self) -> bool {
        self.state().powered
    }

    /// Ends the power loss: what was not flushed is kept, lost or torn at random.
    pub(super) fn restart(&self) {
        let mut state = self.state();
        state.settle();
        state.fuse = None;
        state.powered = true;
    }

    /// The disk has no more room than it uses now and this many blocks; `None` lifts that.
    pub(super) fn limit_room(&self, blocks: Option<usize>) {
        let mut state = self.state();
        state.room = blocks.map(|blocks| state.used.len() + blocks);
    }

    /// The next such operation fails, once.
    pub(super) fn fail_next(&self, operation: Operation, kind: io::ErrorKind) {
        self.state().failure = Some((operation, kind));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn begin(&mut self, operation: Operation) -> io::Result<()> {
        if operation != Operation::Read
            && let Some(fuse) = &mut self.fuse
        {
            self.powered &= *fuse > 0;
            *fuse = fuse.saturating_sub(1);
        }
        if !self.powered {
            return Err(io::Error::other("the power is gone"));
        }
        match self.failure {
            Some((failing, kind)) if failing == operation => {
                self.failure = None;
                Err(kind.into())
            }
            _ => Ok(()),
        }
    }

    fn take_room(&mut self, offset: u64, len: usize) -> io::Result<()> {
        for block in offset / BLOCK..(offset + len as u64).div_ceil(BLOCK) {
            let full = self.room.is_some_and(|room| self.used.len() >= room);
            if !self.used.contains(&block) && full {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.used.insert(block);
        }
        Ok(())
    }

    fn settle(&mut self) {
        for step in std::mem::take(&mut self.unflushed) {
            match step {
                Step::Resize(len) if self.chance(2) => self.flushed.resize(len, 0),
                Step::Resize(_) => {}
                Step::Write(at, data) => self.tear(at, &data),
            }
        }
        self.seen = self.flushed.clone();
    }

    /// Keeps, loses or tears a write; what lies beyond the file is lost with its length.
    fn tear(&mut self, at: usize, data: &[u8]) {
        let manner = self.next() % 4;
        let kept = match manner {
            0 => data.len(),
            1 => 0,
            _ => usize::try_from(self.next()).unwrap() % (data.len() + 1),
        };
        for (number, sector) in data.chunks(SECTOR).enumerate() {
            let start = number * SECTOR;
            // Sectors reach the disk in any order, and one of them may be cut.
            let kept = match manner {
                3 if self.chance(2) => 0,
                3 => sector.len(),
                _ => kept.saturating_sub(start).min(sector.len()),
            };
            let end = (at + start + kept).min(self.flushed.len());
            if let Some(place) = self.flushed.get_mut(at + start..end) {
                place.copy_from_slice(&sector[..place.len()]);
            }
        }
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.next().is_multiple_of(one_in)
    }

    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 8
    }
}

impl Storage for Disk {
    /// As with a file that is written under another name first.
    fn create(&self, opening: &Opening, fill: &Fill) -> Result<(), Fault> {
        let unfinished = Self::new(1);
        fill(&unfinished.open(opening)?)?;
        let mut state = self.state();
        state.begin(Operation::Flush)?;
        let written = std::mem::take(&mut unfinished.state().seen);
        state.used = (0..(written.len() as u64).div_ceil(BLOCK)).collect();
        state.flushed = written.clone();
        state.seen = written;
        Ok(())
    }

    fn open(&self, opening: &Opening) -> Result<Database, Fault> {
        opening.database(self.clone())
    }

    fn len(&self) -> io::Result<Option<u64>> {
        Ok(Some(StorageBackend::len(self)?).filter(|len| *len > 0))
    }

    fn has_room(&self) -> bool {
        let state = self.state();
        state.room.is_none_or(|room| state.used.len() < room)
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.state();
        state.begin(Operation::Read)?;
        Ok(state.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Read)?;
        let offset = usize::try_from(offset).unwrap();
        let there = state.seen.get(offset..offset + out.len());
        out.copy_from_slice(there.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Write)?;
        state.used.retain(|block| block * BLOCK < len);
        let len = usize::try_from(len).unwrap();
        state.seen.resize(len, 0);
        state.unflushed.push(Step::Resize(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Flush)?;
        state.unflushed.clear();
        state.flushed = state.seen.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Write)?;
        state.take_room(offset, data.len())?;
        let offset = usize::try_from(offset).unwrap();
        state.seen[offset..offset + data.len()].copy_from_slice(data);
        state.unflushed.push(Step::Write(offset, data.to_vec()));
        Ok(())
    }
}
