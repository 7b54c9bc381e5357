//! Signed requests of the store: a ticket in the query says all that is allowed, and nothing else is.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use isobar::blob::{Attributes, BlobCondition, BlobKey, PresignedRequest, VersionId};
use isobar::document::{Timestamp, Version};
use isobar::driver::blob::{BlobAddress, Presign, PresignAction};
use isobar::driver::{metadata, sortable};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use uuid::Uuid;

use super::now;
use super::row::{attributes, headers, put_attributes};
use crate::config::LocalConfig;
use crate::error::Fault;
use crate::wire::{Malformed, Reader, put_bytes, put_option, put_signed, put_varint};

/// Where signed requests are sent, below the URL of the server.
pub(crate) const PATH: &str = "/.isobar/blobs/";
/// The file with the secret that they are signed with.
const SECRET: &str = "signing-key";
/// What stands before the names of metadata in headers.
const META: &str = "x-isobar-meta-";
/// The header with the checksum that the content must have.
const CRC32C: &str = "x-isobar-crc32c";
const MAC_BYTES: usize = 32;
/// What stands before a version and the action on it, where others have the action.
const VERSION: u8 = 5;
/// The headers of attributes, in the order of the format.
const NAMES: [&str; 5] = [
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-language",
    "cache-control",
];

/// All of a key but unreserved characters and slashes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// Signs requests, and knows those it has signed.
#[derive(Clone)]
pub(crate) struct Signer {
    secret: Vec<u8>,
    url: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// What a signed request may do, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) bucket: String,
    pub(crate) expires: Timestamp,
    pub(crate) action: PresignAction,
}

impl Signer {
    /// The signer of a store that is told where its requests are sent; its secret stays in the
    /// directory of the store.
    pub(crate) fn of(config: &LocalConfig) -> Result<Option<Self>, Fault> {
        let Some(url) = config.blob_url() else {
            return Ok(None);
        };
        let secret = match config.directory() {
            Some(directory) => secret_in(directory)?,
            None => new_secret(),
        };
        Ok(Some(Self {
            secret,
            url: url.to_owned(),
        }))
    }

    pub(crate) fn sign(&self, bucket: &str, presign: &Presign) -> PresignedRequest {
        let ticket = Ticket {
            bucket: bucket.to_owned(),
            expires: now().plus(presign.expires_in),
            action: presign.action.clone(),
        };
        let mut content = ticket.encode();
        let mac = self.mac(&content).finalize().into_bytes();
        content.extend(mac);
        let sealed = sortable::bytes(&content);
        PresignedRequest {
            method: ticket.method(),
            url: format!("{}{}?ticket={sealed}", self.url, ticket.path()),
            headers: ticket.headers(),
            expires: ticket.expires,
        }
    }

    /// The ticket, where this store has issued it.
    pub(crate) fn open(&self, sealed: &str) -> Option<Ticket> {
        let bytes = sortable::read_bytes(sealed)?;
        let (content, mac) = bytes.split_last_chunk::<MAC_BYTES>()?;
        self.mac(content).verify_slice(mac).ok()?;
        Ticket::decode(content).ok()
    }

    fn mac(&self, content: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of every length");
        mac.update(content);
        mac
    }
}

fn new_secret() -> Vec<u8> {
    let halves = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    halves.iter().flat_map(|half| *half.as_bytes()).collect()
}

/// Only the owner may read it; who can read it can read the store anyway.
fn secret_in(directory: &Path) -> io::Result<Vec<u8>> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = directory.join(SECRET);
    let secret = new_secret();
    match fs::read(&path) {
        Ok(found) if found.len() == secret.len() => return Ok(found),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let unfinished = path.with_extension("tmp");
    // A file that was left there may be a link to another place.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    fs::rename(&unfinished, &path)?;
    Ok(secret)
}

impl Ticket {
    pub(crate) fn is_over(&self) -> bool {
        self.expires <= Timestamp::from(SystemTime::now())
    }

    pub(crate) fn method(&self) -> Method {
        match self.action {
            PresignAction::Get { .. } => Method::GET,
            PresignAction::Head { .. } => Method::HEAD,
            PresignAction::Put { .. } | PresignAction::Part { .. } => Method::PUT,
            PresignAction::Delete { .. } => Method::DELETE,
        }
    }

    pub(crate) fn key(&self) -> &BlobKey {
        match &self.action {
            PresignAction::Get { at, .. }
            | PresignAction::Head { at }
            | PresignAction::Delete { at } => &at.key,
            PresignAction::Put { key, .. } | PresignAction::Part { key, .. } => key,
        }
    }

    fn version_id(&self) -> Option<&VersionId> {
        match &self.action {
            PresignAction::Get { at, .. }
            | PresignAction::Head { at }
            | PresignAction::Delete { at } => at.version_id.as_ref(),
            PresignAction::Put { .. } | PresignAction::Part { .. } => None,
        }
    }

    /// The path of the URL, percent-encoded.
    pub(crate) fn path(&self) -> String {
        let key = utf8_percent_encode(self.key().as_str(), ESCAPED);
        let bucket = utf8_percent_encode(&self.bucket, ESCAPED);
        format!("{PATH}{bucket}/{key}")
    }

    /// The headers that must be sent.
    pub(crate) fn headers(&self) -> BTreeMap<String, String> {
        let PresignAction::Put {
            attributes,
            condition,
            crc32c,
            ..
        } = &self.action
        else {
            return BTreeMap::new();
        };
        let given = NAMES.iter().zip(headers(attributes));
        let given = given.filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
        let mut required: BTreeMap<String, String> = given.collect();
        let stored = metadata::encode(&attributes.metadata).unwrap_or_default();
        let stored = stored.into_iter();
        required.extend(stored.map(|(name, value)| (format!("{META}{name}"), value)));
        match condition {
            BlobCondition::IfAbsent => {
                required.insert("if-none-match".to_owned(), "*".to_owned());
            }
            BlobCondition::IfVersion(version) => {
                required.insert("if-match".to_owned(), version.as_str().to_owned());
            }
            _ => {}
        }
        if let Some(checksum) = crc32c {
            required.insert(CRC32C.to_owned(), format!("{checksum:08x}"));
        }
        required
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        put_bytes(&mut out, self.bucket.as_bytes());
        put_bytes(&mut out, self.key().as_str().as_bytes());
        put_signed(&mut out, self.expires.as_micros());
        if let Some(id) = self.version_id() {
            out.push(VERSION);
            put_bytes(&mut out, id.as_str().as_bytes());
        }
        match &self.action {
            PresignAction::Get {
                content_disposition,
                content_type,
                ..
            } => {
                out.push(0);
                put_text(&mut out, content_disposition.as_deref());
                put_text(&mut out, content_type.as_deref());
            }
            PresignAction::Head { .. } => out.push(1),
            PresignAction::Delete { .. } => out.push(2),
            PresignAction::Put {
                attributes,
                condition,
                size,
                crc32c,
                ..
            } => {
                out.push(3);
                put_attributes(&mut out, attributes);
                put_condition(&mut out, condition);
                put_option(&mut out, *size, put_varint);
                put_option(&mut out, *crc32c, |out, crc| out.extend(crc.to_le_bytes()));
            }
            PresignAction::Part {
                token,
                number,
                size,
                ..
            } => {
                out.push(4);
                put_bytes(&mut out, token.as_bytes());
                put_varint(&mut out, u64::from(*number));
                put_varint(&mut out, *size);
            }
        }
        out
    }

    fn decode(content: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(content);
        let bucket = reader.text()?.to_owned();
        let key = BlobKey::of_store(reader.text()?);
        let expires = Timestamp::from_micros(reader.signed()?);
        let mut at = BlobAddress::from(key.clone());
        let mut kind = reader.byte()?;
        if kind == VERSION {
            at.version_id = Some(VersionId::new(reader.text()?));
            kind = reader.byte()?;
        }
        let action = match kind {
            0 => PresignAction::Get {
                at,
                content_disposition: text(&mut reader)?,
                content_type: text(&mut reader)?,
            },
            1 => PresignAction::Head { at },
            2 => PresignAction::Delete { at },
            3 => PresignAction::Put {
                key,
                attributes: attributes(&mut reader)?,
                condition: condition(&mut reader)?,
                size: reader.option(Reader::varint)?,
                crc32c: reader.option(Reader::array)?.map(u32::from_le_bytes),
            },
            4 => PresignAction::Part {
                key,
                token: reader.text()?.to_owned(),
                number: u32::try_from(reader.varint()?).map_err(|_| Malformed)?,
                size: reader.varint()?,
            },
            _ => return Err(Malformed),
        };
        reader.end()?;
        Ok(Self {
            bucket,
            expires,
            action,
        })
    }

    /// What a signed put gives its blob.
    pub(crate) fn put(&self) -> Option<(&Attributes, &BlobCondition, Option<u64>, Option<u32>)> {
        match &self.action {
            PresignAction::Put {
                attributes,
                condition,
                size,
                crc32c,
                ..
            } => Some((attributes, condition, *size, *crc32c)),
            _ => None,
        }
    }
}

fn put_text(out: &mut Vec<u8>, text: Option<&str>) {
    put_option(out, text, |out, text| put_bytes(out, text.as_bytes()));
}

fn text(reader: &mut Reader<'_>) -> Result<Option<String>, Malformed> {
    reader.option(|reader| Ok(reader.text()?.to_owned()))
}

fn put_condition(out: &mut Vec<u8>, condition: &BlobCondition) {
    match condition {
        BlobCondition::IfAbsent => out.push(1),
        BlobCondition::IfVersion(version) => {
            out.push(2);
            put_bytes(out, version.as_str().as_bytes());
        }
        _ => out.push(0),
    }
}

fn condition(reader: &mut Reader<'_>) -> Result<BlobCondition, Malformed> {
    Ok(match reader.byte()? {
        0 => BlobCondition::None,
        1 => BlobCondition::IfAbsent,
        2 => {
            let version = Version::parse(reader.text()?).map_err(|_| Malformed)?;
            BlobCondition::IfVersion(version)
        }
        _ => return Err(Malformed),
    })
}
