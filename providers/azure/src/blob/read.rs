//! Reading blobs whole and in part.

use std::num::NonZero;
use std::ops::Range;

use azure_storage_blob::models::{
    BlobClientDownloadOptions, BlobClientGetPropertiesOptions, HttpRange,
};
use isobar::blob::{BlobBody, ByteRange, ObjectMeta};
use isobar::driver::Failure;
use isobar::driver::blob::{BlobAddress, Get, Read, content_range};
use isobar::{Error, ErrorKind, Result};

use super::BlobStore;
use super::body;
use super::client::attempt;
use super::failure::is_unreadable;
use super::meta::{Stored, etag, text, unexpected};

/// The client reads larger blobs in several requests, each with a buffer of this size; none is as
/// large.
const ONE_REQUEST: NonZero<usize> = NonZero::<usize>::MIN.saturating_add((1 << 48) - 1);
/// No blob has so many bytes, nor the client ranges that start there.
const NO_BLOB: u64 = 1 << 48;
/// How often the last bytes of a blob are asked for that is replaced all the time.
const SUFFIX_ATTEMPTS: u32 = 5;

impl BlobStore {
    /// What is stored, our own marks included.
    pub(super) async fn look(&self, bucket: &str, at: &BlobAddress) -> Result<Stored> {
        self.reading(|| self.look_once(bucket, at)).await
    }

    pub(super) async fn look_once(
        &self,
        bucket: &str,
        at: &BlobAddress,
    ) -> Result<Stored, Failure> {
        let known = |error| Failure {
            error,
            effect: isobar::driver::Effect::None,
        };
        let client = self.blob(bucket, &at.key).map_err(known)?;
        let options = BlobClientGetPropertiesOptions {
            version_id: version_id(at),
            ..BlobClientGetPropertiesOptions::default()
        };
        let answer = attempt(0, client.get_properties(Some(options))).await?;
        let size = length(answer.headers()).map_err(known)?;
        Stored::read(&at.key, answer.headers(), size).map_err(known)
    }

    pub(super) async fn open(&self, bucket: &str, get: &Get) -> Result<Read> {
        match get.range {
            ByteRange::Suffix(0) => self.nothing(bucket, get).await,
            ByteRange::Suffix(_) => self.suffix(bucket, get).await,
            ByteRange::Bounded { start, end } if start == end => self.nothing(bucket, get).await,
            ByteRange::From(start) | ByteRange::Bounded { start, .. } if start >= NO_BLOB => {
                self.nothing(bucket, get).await
            }
            _ => self.part(bucket, get).await,
        }
    }

    /// The last bytes, which Azure cannot be asked for: those of the version that was there a
    /// moment ago (rule K5).
    async fn suffix(&self, bucket: &str, get: &Get) -> Result<Read> {
        for _ in 0..SUFFIX_ATTEMPTS {
            let meta = self.expected(bucket, get).await?;
            let range = get.range.resolve(meta.size)?;
            if range.is_empty() {
                return Ok(empty(meta, range));
            }
            let pinned = Get {
                at: get.at.clone(),
                range: range.into(),
                if_version: Some(meta.version),
            };
            match self.part(bucket, &pinned).await {
                Err(error)
                    if error.kind() == ErrorKind::PreconditionFailed
                        && get.if_version.is_none() => {}
                read => return read,
            }
        }
        let message = "the blob was replaced again and again while its end was read";
        Err(Error::new(ErrorKind::Contention, message))
    }

    async fn part(&self, bucket: &str, get: &Get) -> Result<Read> {
        let client = self.blob(bucket, &get.at.key)?;
        let sent = self.reading(|| {
            let options = BlobClientDownloadOptions {
                range: range(get.range),
                if_match: get.if_version.as_ref().map(etag),
                version_id: version_id(&get.at),
                partition_size: Some(ONE_REQUEST),
                parallel: Some(NonZero::<usize>::MIN),
                ..BlobClientDownloadOptions::default()
            };
            attempt(0, client.download(Some(options)))
        });
        let answer = match sent.await {
            Ok(answer) => answer,
            Err(error) => {
                // The blob may be empty or shorter than the range starts: its size decides.
                return match error.provider_code() {
                    Some("InvalidRange") => self.nothing(bucket, get).await,
                    _ if is_unreadable(&error) => self.nothing(bucket, get).await,
                    _ if error.kind() == ErrorKind::NotFound && get.if_version.is_some() => {
                        Err(replaced(error))
                    }
                    _ => Err(error),
                };
            }
        };
        let headers = &answer.headers;
        // Without Content-Range the answer is the whole blob, which may not be what was asked for
        // (rule K5).
        let (selected, size) = match text(headers, "content-range") {
            None => {
                let size = length(headers)?;
                (0..size, size)
            }
            Some(text) => match content_range(&text) {
                Ok(told) => told,
                // What Azurite says of a range beyond the end.
                Err(_) => return self.nothing(bucket, get).await,
            },
        };
        let meta = Stored::read(&get.at.key, headers, size)?.meta;
        if get.range.resolve(size)? != selected {
            return Err(unexpected("Azure answered with another range"));
        }
        Ok(Read {
            meta,
            range: selected,
            body: body::arriving(answer.body),
        })
    }

    /// A range that selects nothing, for which HTTP has no form.
    async fn nothing(&self, bucket: &str, get: &Get) -> Result<Read> {
        let meta = self.expected(bucket, get).await?;
        let selected = get.range.resolve(meta.size)?;
        if !selected.is_empty() {
            let message = "the blob changed while it was read";
            return Err(Error::new(ErrorKind::Contention, message));
        }
        Ok(empty(meta, selected))
    }

    /// The blob, which must have the version that is asked for.
    async fn expected(&self, bucket: &str, get: &Get) -> Result<ObjectMeta> {
        let found = self.look(bucket, &get.at).await.map(|stored| stored.meta);
        match (found, &get.if_version) {
            (Err(error), Some(_)) if error.kind() == ErrorKind::NotFound => Err(replaced(error)),
            (Ok(meta), Some(version)) if meta.version != *version => {
                let message = "the blob has another version";
                Err(Error::new(ErrorKind::PreconditionFailed, message))
            }
            (found, _) => found,
        }
    }
}

fn empty(meta: ObjectMeta, range: Range<u64>) -> Read {
    Read {
        meta,
        range,
        body: BlobBody::whole(bytes::Bytes::new()),
    }
}

/// Where a version is asked for, a blob that is not there does not have it.
pub(super) fn replaced(error: Error) -> Error {
    let message = "there is no blob that could have the version";
    Error::new(ErrorKind::PreconditionFailed, message).with_source(error)
}

pub(super) fn version_id(at: &BlobAddress) -> Option<String> {
    at.version_id.as_ref().map(|id| id.as_str().to_owned())
}

fn length(headers: &azure_core::http::headers::Headers) -> Result<u64> {
    let length = text(headers, "content-length").and_then(|length| length.parse().ok());
    length.ok_or_else(|| unexpected("Azure did not tell the size of the blob"))
}

/// The range in the client's form; nothing for the whole blob.
fn range(range: ByteRange) -> Option<HttpRange> {
    match range {
        ByteRange::From(start) => Some(HttpRange::from(start..)),
        ByteRange::Bounded { start, end } => Some(HttpRange::from(start..end)),
        ByteRange::Full | ByteRange::Suffix(_) => None,
    }
}
