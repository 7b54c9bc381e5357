//! What is known of a blob, as a row: checksum, object, size, version, headers, metadata.

use isobar::blob::{Attributes, BlobCondition, BlobKey, ObjectMeta};
use isobar::document::{Timestamp, Version};
use isobar::{Error, ErrorKind};

use super::objects::ObjectId;
use crate::wire::{Malformed, Reader, put_bytes, put_option, put_signed, put_varint, seal, unseal};

/// A row of the table of blobs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BlobRow {
    /// The file with the content.
    pub(crate) object: ObjectId,
    pub(crate) meta: ObjectMeta,
}

impl BlobRow {
    pub(crate) fn encode(&self, bucket: &str) -> Vec<u8> {
        let mut body = Vec::with_capacity(128);
        self.append(&mut body);
        seal(
            &[bucket.as_bytes(), self.meta.key.as_str().as_bytes()],
            &body,
        )
    }

    /// Appends all but the key.
    pub(super) fn append(&self, body: &mut Vec<u8>) {
        let ObjectMeta {
            key: _,
            size,
            version,
            version_id: _,
            modified,
            attributes,
            crc32c,
        } = &self.meta;
        body.extend(self.object.as_bytes());
        put_varint(body, *size);
        put_bytes(body, version.as_str().as_bytes());
        put_signed(body, modified.as_micros());
        put_option(body, *crc32c, |out, crc| out.extend(crc.to_le_bytes()));
        put_attributes(body, attributes);
    }

    pub(crate) fn decode(bucket: &str, key: &[u8], sealed: &[u8]) -> Result<Self, Error> {
        Self::parse(bucket, key, sealed).map_err(damaged)
    }

    fn parse(bucket: &str, key: &[u8], sealed: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(unseal(&[bucket.as_bytes(), key], sealed)?);
        let row = Self::read(&mut reader, key)?;
        reader.end().map(|()| row)
    }

    /// Reads what [`append`](Self::append) appended.
    pub(super) fn read(reader: &mut Reader<'_>, key: &[u8]) -> Result<Self, Malformed> {
        let key = std::str::from_utf8(key).map_err(|_| Malformed)?;
        Ok(Self {
            object: ObjectId::from_bytes(reader.array()?),
            meta: ObjectMeta {
                key: BlobKey::of_store(key),
                size: reader.varint()?,
                version: Version::parse(reader.text()?).map_err(|_| Malformed)?,
                version_id: None,
                modified: Timestamp::from_micros(reader.signed()?),
                crc32c: reader.option(Reader::array)?.map(u32::from_le_bytes),
                attributes: attributes(reader)?,
            },
        })
    }
}

/// The error of a record that is not what was written.
pub(super) fn damaged(Malformed: Malformed) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "what is known of a blob does not match its checksum: \
         run `isobar local check` on the store",
    )
}

/// Judges what a write asks of the blob that is there.
pub(crate) fn check(condition: &BlobCondition, found: Option<&BlobRow>) -> Result<(), Error> {
    let (kind, message) = match (condition, found) {
        (BlobCondition::IfAbsent, Some(_)) => (
            ErrorKind::AlreadyExists,
            "there is a blob under this key already",
        ),
        (BlobCondition::IfVersion(_), None) => (
            ErrorKind::PreconditionFailed,
            "there is no blob that could have the version",
        ),
        (BlobCondition::IfVersion(version), Some(row)) if row.meta.version != *version => (
            ErrorKind::PreconditionFailed,
            "the blob has another version",
        ),
        (BlobCondition::None | BlobCondition::IfAbsent | BlobCondition::IfVersion(_), _) => {
            return Ok(());
        }
        _ => (
            ErrorKind::Unsupported,
            "the local store does not know this condition",
        ),
    };
    Err(Error::new(kind, message))
}

/// The headers in the order of the format.
pub(super) fn headers(attributes: &Attributes) -> [&Option<String>; 5] {
    [
        &attributes.content_type,
        &attributes.content_disposition,
        &attributes.content_encoding,
        &attributes.content_language,
        &attributes.cache_control,
    ]
}

/// Appends headers and metadata.
pub(super) fn put_attributes(body: &mut Vec<u8>, attributes: &Attributes) {
    for header in headers(attributes) {
        put_option(body, header.as_ref(), |out, text| {
            put_bytes(out, text.as_bytes());
        });
    }
    put_varint(body, attributes.metadata.len() as u64);
    for (name, value) in &attributes.metadata {
        put_bytes(body, name.as_bytes());
        put_bytes(body, value.as_bytes());
    }
}

/// Reads what [`put_attributes`] appended.
pub(super) fn attributes(reader: &mut Reader<'_>) -> Result<Attributes, Malformed> {
    let mut header = || reader.option(|reader| Ok(reader.text()?.to_owned()));
    let mut attributes = Attributes::default();
    attributes.content_type = header()?;
    attributes.content_disposition = header()?;
    attributes.content_encoding = header()?;
    attributes.content_language = header()?;
    attributes.cache_control = header()?;
    for _ in 0..reader.count()? {
        let name = reader.text()?.to_owned();
        attributes.metadata.insert(name, reader.text()?.to_owned());
    }
    Ok(attributes)
}
