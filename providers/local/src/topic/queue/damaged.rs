//! Messages whose rows are damaged: kept apart with their numbers and bytes, until somebody drops them.

use std::path::Path;

use isobar::{Error, ErrorKind, Result};
use redb::Table;

use super::next_number;
use crate::config::LocalConfig;
use crate::engine::storage::FileStorage;
use crate::engine::tables::MESSAGES;
use crate::engine::{Engine, Wrote};
use crate::error::Fault;
use crate::store::{FILE, Lock};

/// What stands before a queue where its damaged messages are.
const DAMAGED: &str = "\0damaged/";
/// What comes after all that begins so.
const BEHIND: &str = "\0damaged0";

/// The queue from which a damaged message came, where this is one of those that have them.
pub(crate) fn origin(topic: &str) -> Option<&str> {
    topic.strip_prefix(DAMAGED)
}

/// Keeps the bytes of a row behind its number, by which they can be judged: the checksum is over that, too.
pub(super) fn keep(
    messages: &mut Table<'_, (&'static str, u64), &'static [u8]>,
    (topic, number): (&str, u64),
    sealed: &[u8],
) -> Result<(), Fault> {
    let aside = format!("{DAMAGED}{topic}");
    let next = next_number(messages, &aside)?;
    let bytes = [&number.to_le_bytes(), sealed].concat();
    messages.insert((&*aside, next), &*bytes)?;
    Ok(())
}

/// Removes the damaged messages that were put aside in the store in `directory`, and says how many those were.
///
/// `NotFound` where there is no store, `Unavailable` where a process has it open, `Corrupt` where more is damaged than
/// messages, and `Unsupported` where a newer version wrote it.
pub fn drop_damaged(directory: impl AsRef<Path>) -> Result<u64> {
    let directory = directory.as_ref();
    let file = directory.join(FILE);
    if !file.is_file() {
        let message = format!("there is no store in {}", directory.display());
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    let dropped = Lock::take(directory).and_then(|_held| drop_all(&file));
    dropped.map_err(|fault| fault.error(&directory.display()))
}

fn drop_all(file: &Path) -> Result<u64, Fault> {
    let engine = Engine::open(FileStorage::new(file), LocalConfig::DEFAULT_CACHE_BYTES)?;
    let mut count = 0;
    let dropped = engine.write(|transaction| {
        let mut messages = transaction.open_table(MESSAGES)?;
        for entry in messages.extract_from_if((DAMAGED, 0)..(BEHIND, 0), |_, _| true)? {
            entry?;
            count += 1;
        }
        Ok(Wrote::Something)
    });
    engine.close();
    dropped.map_err(|lost| lost.fault)?;
    Ok(count)
}
