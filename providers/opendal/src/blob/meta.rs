//! What a service keeps beside the bytes, in the portable form.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use isobar::blob::{Attributes, BlobCondition, BlobKey, ObjectMeta};
use isobar::document::{Timestamp, Version};
use isobar::driver::metadata;
use isobar::{Error, ErrorKind, Result};
use opendal::options::WriteOptions;
use opendal::{Capability, Metadata};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::service::Notes;

/// A blob as it was found, and the mark of the write that left it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) meta: ObjectMeta,
    pub(super) mark: Option<String>,
}

/// The name in user metadata of what the service has no place for.
const NOTE: &str = "isobar";
const MARK: &str = "write";
const CRC32C: &str = "crc32c";
/// Before a name of the user's own, in a note.
const OWN: &str = "own.";

/// What a write gives to the service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content<'c> {
    pub(super) attributes: &'c Attributes,
    pub(super) crc32c: Option<u32>,
    /// Names this write, and is the version where the service has none.
    pub(super) mark: Option<&'c Version>,
}

impl Content<'_> {
    pub(super) fn options(self, can: &Capability, notes: Notes) -> Result<WriteOptions> {
        let Attributes {
            content_type,
            content_disposition,
            content_encoding,
            content_language,
            cache_control,
            ..
        } = self.attributes.clone();
        let mut note = BTreeMap::new();
        let mut keep = |can: bool, name: &str, value: Option<String>| {
            if can {
                return value;
            }
            note.extend(value.map(|value| (name.to_owned(), value)));
            None
        };
        let to_cache = can.write_with_cache_control && notes != Notes::CacheControl;
        let mut options = WriteOptions {
            content_type: keep(can.write_with_content_type, "type", content_type),
            content_disposition: keep(
                can.write_with_content_disposition,
                "disposition",
                content_disposition,
            ),
            content_encoding: keep(
                can.write_with_content_encoding,
                "encoding",
                content_encoding,
            ),
            cache_control: keep(to_cache, "cache", cache_control),
            ..WriteOptions::default()
        };
        keep(false, "language", content_language);
        let checksum = self.crc32c.map(|checksum| format!("{checksum:08x}"));
        keep(false, CRC32C, checksum);
        keep(false, MARK, self.mark.map(|mark| mark.as_str().to_owned()));
        let own = metadata::encode(&self.attributes.metadata)?;
        place(own, note, notes, &mut options);
        Ok(options)
    }
}

fn place(
    own: BTreeMap<String, String>,
    mut note: BTreeMap<String, String>,
    notes: Notes,
    options: &mut WriteOptions,
) {
    let mut stored = HashMap::new();
    let own = own.into_iter();
    match notes {
        Notes::Metadata => stored.extend(own),
        _ => note.extend(own.map(|(name, value)| (format!("{OWN}{name}"), value))),
    }
    if notes == Notes::CacheControl {
        options.cache_control = Some(pack(&note));
        return;
    }
    if !note.is_empty() {
        stored.insert(NOTE.to_owned(), pack(&note));
    }
    if !stored.is_empty() {
        options.user_metadata = Some(stored);
    }
}

/// What must hold of the blob that is there.
pub(super) fn conditional(condition: &BlobCondition, options: &mut WriteOptions) {
    match condition {
        BlobCondition::IfAbsent => options.if_not_exists = true,
        BlobCondition::IfVersion(version) => options.if_match = Some(version.as_str().to_owned()),
        _ => {}
    }
}

/// What the service tells of a blob.
pub(super) fn read(key: &BlobKey, told: &Metadata, notes: Notes) -> Result<Found> {
    let text = |value: Option<&str>| value.map(ToOwned::to_owned);
    let mut stored: BTreeMap<String, String> = BTreeMap::new();
    let users = told.user_metadata().into_iter().flatten();
    stored.extend(users.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let (packed, cache_control) = match notes {
        Notes::CacheControl => (text(told.cache_control()), None),
        _ => (stored.remove(NOTE), text(told.cache_control())),
    };
    let mut note = BTreeMap::new();
    for (name, value) in unpack(&packed.unwrap_or_default()) {
        match name.strip_prefix(OWN) {
            Some(own) => stored.insert(own.to_owned(), value),
            None => note.insert(name, value),
        };
    }
    let mut attributes = Attributes::default();
    attributes.content_type = text(told.content_type()).or_else(|| note.remove("type"));
    let disposition = text(told.content_disposition());
    attributes.content_disposition = disposition.or_else(|| note.remove("disposition"));
    let encoding = text(told.content_encoding());
    attributes.content_encoding = encoding.or_else(|| note.remove("encoding"));
    attributes.content_language = note.remove("language");
    attributes.cache_control = cache_control.or_else(|| note.remove("cache"));
    attributes.metadata = metadata::decode(stored);
    let mark = note.remove(MARK);
    let checksum = note.remove(CRC32C);
    Ok(Found {
        meta: ObjectMeta {
            key: key.clone(),
            size: told.content_length(),
            version: version(told, mark.as_deref())?,
            version_id: None,
            modified: modified(told),
            attributes,
            crc32c: checksum.and_then(|digits| u32::from_str_radix(&digits, 16).ok()),
        },
        mark,
    })
}

/// The entity tag, else the mark of the write, else what a file of other code has.
fn version(told: &Metadata, mark: Option<&str>) -> Result<Version> {
    if let Some(token) = told.etag().or(mark) {
        return Version::parse(token);
    }
    let Some(at) = told.last_modified() else {
        let message = "the service tells nothing that changes with the content";
        return Err(Error::new(ErrorKind::Internal, message));
    };
    Version::parse(format!("{at}-{}", told.content_length()))
}

fn modified(told: &Metadata) -> Timestamp {
    told.last_modified().map_or_else(now, instant)
}

pub(super) fn instant(at: opendal::raw::Timestamp) -> Timestamp {
    Timestamp::from_micros(at.into_inner().as_microsecond())
}

pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// `name=value&…`, percent-encoded, which any header can hold.
fn pack(note: &BTreeMap<String, String>) -> String {
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let pairs = note
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn unpack(packed: &str) -> BTreeMap<String, String> {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = packed.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use opendal::MetadataBuilder;

    use super::*;

    fn check(can: &Capability, notes: Notes) {
        let attributes = Attributes::default()
            .with_content_type("text/plain; charset=utf-8")
            .with_content_language("de")
            .with_cache_control("no-store")
            .with_metadata("owner", "é = & %");
        let mark = Version::generate();
        let content = Content {
            attributes: &attributes,
            crc32c: Some(7),
            mark: Some(&mark),
        };
        let options = content.options(can, notes).unwrap();
        let mut told = MetadataBuilder::file(3);
        if let Some(users) = options.user_metadata {
            told.user_metadata(users);
        }
        if let Some(value) = options.cache_control {
            told.cache_control(value);
        }
        if let Some(value) = options.content_type {
            told.content_type(value);
        }
        let found = read(&BlobKey::raw("a"), &told.build(), notes).unwrap();
        assert_eq!(found.meta.attributes, attributes);
        assert_eq!(found.meta.crc32c, Some(7));
        assert_eq!(found.meta.version, mark);
        assert_eq!(found.mark.as_deref(), Some(mark.as_str()));
    }

    #[test]
    fn what_a_service_has_no_header_for_comes_back_too() {
        let headers = Capability {
            write_with_content_type: true,
            write_with_cache_control: true,
            write_with_user_metadata: true,
            ..Capability::default()
        };
        check(&headers, Notes::Metadata);
        check(&headers, Notes::CacheControl);
        check(&Capability::default(), Notes::Metadata);
        check(&Capability::default(), Notes::OneName);
    }
}
