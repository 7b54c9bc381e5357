//! Looking a store over: every page, every record, every file of a blob, and nothing changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use isobar::document::IndexSchema;
use isobar::driver::crc32c;
use isobar::{Error, ErrorKind, Result};
use redb::{ReadTransaction, ReadableTable as _, ReadableTableMetadata as _};

use crate::blob::body::Rest;
use crate::blob::objects::{ObjectId, Objects};
use crate::blob::row::BlobRow;
use crate::blob::versions::Past;
use crate::config::LocalConfig;
use crate::document::address::Address;
use crate::document::record::Row;
use crate::document::{changes, index};
use crate::engine::storage::FileStorage;
use crate::engine::tables::{
    BLOBS, CHANGES, DOCUMENTS, EVENT_IDS, EVENTS, EXPIRY, INDEX, INDEXES, MESSAGES, META, SENT,
    SENT_TIMES, VERSIONS,
};
use crate::engine::{self, format::Found};
use crate::error::Fault;
use crate::events::record;
use crate::events::row::EventRow;
use crate::store::{FILE, Lock};
use crate::topic::queue::damaged;
use crate::topic::row::MessageRow;
use crate::topic::sent::SentRow;

/// What [`check`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CheckReport {
    /// Documents in the file, expired ones that were not yet swept included.
    pub documents: u64,
    /// Blobs in the file.
    pub blobs: u64,
    /// Versions that buckets keep beside the present blobs, marks of deletions included.
    pub versions: u64,
    /// Entries of all indexes.
    pub index_entries: u64,
    /// Entries of the log of changes.
    pub changes: u64,
    /// Messages that wait to be delivered, those that failed five times included.
    pub messages: u64,
    /// How many messages of each queue were found damaged earlier and put aside: they can be delivered to nobody, hold no
    /// other up, and stay until [`drop_damaged`](crate::drop_damaged) removes them. They are not among the messages or the
    /// problems.
    pub put_aside: BTreeMap<String, u64>,
    /// Events in the log of those that were handed to an application.
    pub events: u64,
    /// Files of blobs that nothing refers to; the next start removes them.
    pub unreferenced_files: u64,
    /// The last process that used the store was killed, or the machine went down.
    pub stopped_uncleanly: bool,
    /// What is wrong, one line each; empty for a store that is in order.
    pub problems: Vec<String>,
}

/// Looks over the store in `directory` without changing anything, not even repairing it.
///
/// Damage is in the report. It fails where there is nothing to look at: `NotFound` where there is
/// no store, `Unavailable` where a process has it open, `Unsupported` where a newer version wrote
/// it. The problems name keys, which may be personal data.
pub fn check(directory: impl AsRef<Path>) -> Result<CheckReport> {
    let directory = directory.as_ref();
    let file = directory.join(FILE);
    if !file.is_file() {
        let message = format!("there is no store in {}", directory.display());
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    let checked = Lock::take(directory).and_then(|_held| look_over(&file, directory));
    checked.map_err(|fault| fault.error(&directory.display()))
}

fn look_over(file: &Path, directory: &Path) -> Result<CheckReport, Fault> {
    let storage = FileStorage::new(file);
    let objects = Objects::at(directory);
    let mut report = CheckReport::default();
    let mut stopped_uncleanly = false;
    let thorough = |found| {
        stopped_uncleanly = found == Found::Unclean;
        true
    };
    let cache_bytes = LocalConfig::DEFAULT_CACHE_BYTES;
    let checked = engine::inspect(&storage, cache_bytes, thorough, |transaction| {
        check_documents(transaction, &mut report)?;
        check_expiry(transaction, &mut report)?;
        check_indexes(transaction, &mut report)?;
        check_changes(transaction, &mut report)?;
        check_messages(transaction, &mut report)?;
        check_sent(transaction, &mut report)?;
        check_events(transaction, &mut report)?;
        check_blobs(transaction, &objects, &mut report)
    });
    report.stopped_uncleanly = stopped_uncleanly;
    match checked {
        Err(fault) if fault.is_damage() => {
            report.problems.push(format!("the file {FILE}: {fault}"));
            Ok(report)
        }
        checked => checked.map(|()| report),
    }
}

fn check_documents(transaction: &ReadTransaction, report: &mut CheckReport) -> Result<(), Fault> {
    let expiry = transaction.open_table(EXPIRY)?;
    for row in transaction.open_table(DOCUMENTS)?.iter()? {
        let (key, stored) = row?;
        let (collection, partition, sort) = key.value();
        report.documents += 1;
        let row = Row::read(key.value(), stored.value());
        let expires = match row.and_then(|row| row.record(row.fields()?).map(|_| row.expires())) {
            Ok(expires) => expires,
            Err(error) => {
                let name = name(key.value());
                report.problems.push(format!("{name}: {error}"));
                continue;
            }
        };
        if let Some(second) = expires
            && expiry.get((second, collection, partition, sort))?.is_none()
        {
            let name = name(key.value());
            report
                .problems
                .push(format!("{name}: would never be swept"));
        }
    }
    Ok(())
}

fn check_expiry(transaction: &ReadTransaction, report: &mut CheckReport) -> Result<(), Fault> {
    let documents = transaction.open_table(DOCUMENTS)?;
    for entry in transaction.open_table(EXPIRY)?.iter()? {
        let (key, _) = entry?;
        let (second, collection, partition, sort) = key.value();
        let address = (collection, partition, sort);
        let stored = documents.get(address)?;
        let expires = stored
            .as_ref()
            .and_then(|stored| Row::read(address, stored.value()).ok())
            .and_then(|row| row.expires());
        if expires != Some(second) {
            let name = name(address);
            report
                .problems
                .push(format!("{name}: is listed to expire when it does not"));
        }
    }
    Ok(())
}

/// Each document that belongs into an index is there once, where it belongs, and nothing else is.
fn check_indexes(transaction: &ReadTransaction, report: &mut CheckReport) -> Result<(), Fault> {
    // A store that an older version wrote may have no such tables.
    let (definitions, entries) = match transaction.open_table(INDEXES) {
        Ok(definitions) => (definitions, transaction.open_table(INDEX)?),
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut indexes: HashMap<String, Vec<IndexSchema>> = HashMap::new();
    for entry in definitions.iter()? {
        let (key, definition) = entry?;
        match index::decode(key.value(), definition.value()) {
            Ok(index) => indexes
                .entry(key.value().0.to_owned())
                .or_default()
                .push(index),
            Err(fault) => report.problems.push(fault.to_string()),
        }
    }
    let mut found = 0;
    for row in transaction.open_table(DOCUMENTS)?.iter()? {
        let (key, stored) = row?;
        let (collection, partition, sort) = key.value();
        let Some(indexes) = indexes.get(collection) else {
            continue;
        };
        let Ok(fields) = Row::read(key.value(), stored.value()).and_then(|row| row.fields()) else {
            continue;
        };
        let address = Address {
            collection: collection.to_owned(),
            partition: partition.to_owned(),
            sort: sort.to_vec(),
        };
        for place in index::places(indexes, &fields) {
            if entries.get(place.key(&address))?.is_some() {
                found += 1;
            } else {
                let (name, index) = (name(key.value()), &place.index);
                let problem = format!("{name}: is missing in the index {index:?}");
                report.problems.push(problem);
            }
        }
    }
    report.index_entries = entries.len()?;
    if report.index_entries > found {
        let more = report.index_entries - found;
        let problem = format!("the indexes have {more} entries too many");
        report.problems.push(problem);
    }
    Ok(())
}

fn check_changes(transaction: &ReadTransaction, report: &mut CheckReport) -> Result<(), Fault> {
    for entry in transaction.open_table(CHANGES)?.iter()? {
        let (number, stored) = entry?;
        let number = number.value();
        report.changes += 1;
        if !changes::is_intact(number, stored.value()) {
            report
                .problems
                .push(format!("change {number}: does not match its checksum"));
        }
    }
    Ok(())
}

fn check_messages(transaction: &ReadTransaction, report: &mut CheckReport) -> Result<(), Fault> {
    // A store that an older version wrote may have no such table.
    let messages = match transaction.open_table(MESSAGES) {
        Ok(messages) => messages,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for row in messages.iter()? {
        let (key, stored) = row?;
        let (topic, number) = key.value();
        if let Some(queue) = damaged::origin(topic) {
            *report.put_aside.entry(queue.to_owned()).or_default() += 1;
            continue;
        }
        report.messages += 1;
        if let Err(error) = MessageRow::decode(topic, number, stored.value()) {
            report
                .problems
                .push(format!("message {number} of {topic:?}: {error}"));
        }
    }
    Ok(())
}

/// The ids by which messages are known again.
fn check_sent(transaction: &ReadTransaction, report: &mut CheckReport) -> Result<(), Fault> {
    // A store that an older version wrote may have no such table.
    let sent = match transaction.open_table(SENT) {
        Ok(sent) => sent,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let times = transaction.open_table(SENT_TIMES)?;
    for row in sent.iter()? {
        let (key, stored) = row?;
        let (topic, id) = key.value();
        let problem = match SentRow::decode(topic, id, stored.value()) {
            Ok(row) if times.get((row.micros(), topic, id))?.is_some() => continue,
            Ok(_) => "would never be forgotten".to_owned(),
            Err(error) => error.to_string(),
        };
        let problem = format!("the id {id:?} of a message of {topic:?}: {problem}");
        report.problems.push(problem);
    }
    Ok(())
}

/// Each event of the log is listed by its id, and nothing else is.
fn check_events(transaction: &ReadTransaction, report: &mut CheckReport) -> Result<(), Fault> {
    // A store that an older version wrote may have no such tables.
    let (events, ids) = match transaction.open_table(EVENTS) {
        Ok(events) => (events, transaction.open_table(EVENT_IDS)?),
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = 0;
    for row in events.iter()? {
        let (number, stored) = row?;
        let number = number.value();
        report.events += 1;
        bytes += stored.value().len() as u64;
        match EventRow::decode(number, stored.value()) {
            Ok(row) => {
                let listed = ids.get((row.id.as_str(), row.queue.as_str()))?;
                if listed.is_none_or(|listed| listed.value() != number) {
                    let id = &row.id;
                    let problem = format!("event {id:?}: is not found by its id");
                    report.problems.push(problem);
                }
            }
            Err(error) => report.problems.push(format!("event {number}: {error}")),
        }
    }
    let listed = ids.len()?;
    if listed > report.events {
        let more = listed - report.events;
        let problem = format!("{more} events are listed and not in the log");
        report.problems.push(problem);
    }
    let counted = transaction.open_table(META)?.get(record::BYTES)?;
    let counted = counted.map_or(0, |counted| counted.value());
    if counted != bytes {
        let problem = format!("the log of events has {bytes} bytes, and counts {counted}");
        report.problems.push(problem);
    }
    Ok(())
}

fn check_blobs(
    transaction: &ReadTransaction,
    objects: &Objects,
    report: &mut CheckReport,
) -> Result<(), Fault> {
    let mut in_use = HashSet::new();
    for row in transaction.open_table(BLOBS)?.iter()? {
        let (key, stored) = row?;
        let (bucket, key) = key.value();
        report.blobs += 1;
        let content = BlobRow::decode(bucket, key, stored.value()).and_then(|row| {
            in_use.insert(row.object);
            read_through(objects, &row)
        });
        if let Err(error) = content {
            report.problems.push(about_blob(bucket, key, &error));
        }
    }
    check_versions(transaction, objects, (&mut in_use, report))?;
    report.unreferenced_files = count_others(objects, &in_use)?;
    Ok(())
}

fn check_versions(
    transaction: &ReadTransaction,
    objects: &Objects,
    (in_use, report): (&mut HashSet<ObjectId>, &mut CheckReport),
) -> Result<(), Fault> {
    // A store that an older version wrote may have no such table.
    let versions = match transaction.open_table(VERSIONS) {
        Ok(versions) => versions,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for row in versions.iter()? {
        let (place, stored) = row?;
        let (bucket, key, _) = place.value();
        report.versions += 1;
        let content = match Past::decode(place.value(), stored.value()) {
            Ok(Past::Content(row)) => {
                in_use.insert(row.object);
                read_through(objects, &row)
            }
            Ok(Past::Deletion { .. }) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = content {
            report.problems.push(about_blob(bucket, key, &error));
        }
    }
    Ok(())
}

fn about_blob(bucket: &str, key: &[u8], error: &Error) -> String {
    let key = String::from_utf8_lossy(key);
    format!("blob {key:?} of {bucket:?}: {}", chain(error))
}

fn read_through(objects: &Objects, row: &BlobRow) -> Result<(), Error> {
    let (size, crc32c) = (row.meta.size, row.meta.crc32c);
    let file = objects.open(row.object).map_err(|error| {
        Error::new(ErrorKind::Corrupt, "its file cannot be opened").with_source(error)
    })?;
    let mut rest = Rest::of(file, size, 0..size)?;
    let mut found = 0;
    loop {
        let chunk = rest.chunk()?;
        if chunk.is_empty() {
            break;
        }
        found = crc32c::append(found, &chunk);
    }
    if crc32c.is_some_and(|expected| expected != found) {
        let message = "its content does not match its checksum";
        return Err(Error::new(ErrorKind::Corrupt, message));
    }
    Ok(())
}

fn count_others(objects: &Objects, in_use: &HashSet<ObjectId>) -> Result<u64, Fault> {
    let mut others = 0;
    for file in objects.files()? {
        others += u64::from(!in_use.contains(&file?.id));
    }
    Ok(others)
}

fn name((collection, partition, sort): (&str, &str, &[u8])) -> String {
    let sort = sort.escape_ascii();
    format!("document {partition:?} \"{sort}\" of {collection:?}")
}

fn chain(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
