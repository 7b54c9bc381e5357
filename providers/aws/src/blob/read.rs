//! Reading objects whole and in part.

use aws_sdk_s3::types::ChecksumMode;
use isobar::blob::{BlobBody, BlobKey, ByteRange, ObjectMeta, VersionId};
use isobar::driver::blob::{BlobAddress, Get, Read, content_range};
use isobar::{Error, ErrorKind, Result};

use super::S3Store;
use super::meta::{Stored, stored, unexpected};
use super::{body, checksum};

impl S3Store {
    pub(super) async fn head_blob(&self, bucket: &str, at: &BlobAddress) -> Result<ObjectMeta> {
        self.look(bucket, at).await?.into_meta(&at.key)
    }

    /// What a write has left that was carried out, which stays true where this cannot be asked.
    pub(super) async fn head_written(&self, bucket: &str, key: &BlobKey) -> Result<ObjectMeta> {
        let at = BlobAddress::from(key.clone());
        let left = self.head_blob(bucket, &at).await;
        left.map_err(Error::with_outcome_unknown)
    }

    /// What is stored, our own marks included.
    pub(super) async fn look(&self, bucket: &str, at: &BlobAddress) -> Result<Stored> {
        let request = self.requests.head_object().bucket(bucket);
        let request = request
            .key(at.key.as_str())
            .set_version_id(id_of(at))
            .checksum_mode(ChecksumMode::Enabled);
        let output = self.asked(|| request.clone().send()).await?;
        Ok(stored!(output))
    }

    pub(super) async fn open(&self, bucket: &str, get: &Get) -> Result<Read> {
        let (key, range) = (&get.at.key, get.range);
        let Some(header) = header(range) else {
            return self.nothing(bucket, get).await;
        };
        let pinned = get
            .if_version
            .as_ref()
            .map(|version| version.as_str().to_owned());
        let request = self
            .requests
            .get_object()
            .bucket(bucket)
            .key(key.as_str())
            .set_version_id(id_of(&get.at))
            .set_range(header)
            .set_if_match(pinned);
        let send = || {
            let request = request.clone().customize();
            request.mutate_request(checksum::ask).send()
        };
        let output = match self.asked(send).await {
            Ok(output) => output,
            Err(error) => {
                // The object may be empty or shorter than the range starts: its size decides.
                return match error.provider_code() {
                    Some("InvalidRange") => self.nothing(bucket, get).await,
                    Some("NoSuchKey") if get.if_version.is_some() => Err(replaced(error)),
                    _ => Err(error),
                };
            }
        };
        let mut meta = stored!(output).into_meta(key)?;
        // Without Content-Range the answer is the whole object, which may not be what was asked
        // for (rule K5).
        let selected = match output.content_range.as_deref() {
            None => 0..meta.size,
            Some(text) => match content_range(text) {
                Ok((selected, size)) => {
                    meta.size = size;
                    selected
                }
                // The object is empty, for which Content-Range has no form.
                Err(_) if meta.size == 0 => 0..0,
                Err(error) => return Err(error),
            },
        };
        if range.resolve(meta.size)? != selected {
            return Err(unexpected("S3 answered with another range"));
        }
        Ok(Read {
            meta,
            range: selected,
            body: body::of(output.body),
        })
    }

    /// A range that selects nothing, for which HTTP has no form.
    async fn nothing(&self, bucket: &str, get: &Get) -> Result<Read> {
        let meta = self.head_blob(bucket, &get.at).await;
        let meta = match (meta, &get.if_version) {
            (Err(error), Some(_)) if error.kind() == ErrorKind::NotFound => {
                return Err(replaced(error));
            }
            (Ok(meta), Some(version)) if meta.version != *version => {
                let message = "the blob has another version";
                return Err(Error::new(ErrorKind::PreconditionFailed, message));
            }
            (meta, _) => meta?,
        };
        let selected = get.range.resolve(meta.size)?;
        if !selected.is_empty() {
            let message = "the object changed while it was read";
            return Err(Error::new(ErrorKind::Contention, message));
        }
        Ok(Read {
            meta,
            range: selected,
            body: BlobBody::whole(bytes::Bytes::new()),
        })
    }
}

pub(super) fn id_of(at: &BlobAddress) -> Option<String> {
    at.version_id
        .as_ref()
        .map(|id| VersionId::as_str(id).to_owned())
}

/// Where a version is asked for, an object that is not there does not have it.
fn replaced(error: Error) -> Error {
    let message = "there is no blob that could have the version";
    Error::new(ErrorKind::PreconditionFailed, message).with_source(error)
}

/// The `Range` header, which may be left out; nothing where the range has no form in HTTP.
#[expect(
    clippy::option_option,
    reason = "whether there is a form, and whether the form is a header, are two questions"
)]
fn header(range: ByteRange) -> Option<Option<String>> {
    match range {
        ByteRange::Full => Some(None),
        ByteRange::From(start) => Some(Some(format!("bytes={start}-"))),
        // Servers count in 64 bits with a sign, and take what they cannot read for no range.
        ByteRange::Bounded { start, end } if start < end && i64::try_from(end).is_err() => {
            Some(Some(format!("bytes={start}-")))
        }
        ByteRange::Bounded { start, end } if start < end => {
            Some(Some(format!("bytes={start}-{}", end - 1)))
        }
        ByteRange::Suffix(length) if length > 0 => Some(Some(format!("bytes=-{length}"))),
        ByteRange::Bounded { .. } | ByteRange::Suffix(_) => None,
    }
}
