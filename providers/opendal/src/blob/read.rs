//! Reading blobs whole and in part.

use futures_util::stream::try_unfold;
use isobar::blob::{BlobBody, BlobCondition, BlobKey, ByteRange, ObjectMeta};
use isobar::document::Version;
use isobar::driver::blob::{Get, Read, unmet};
use isobar::{Error, ErrorKind, Result};
use opendal::BytesRange;
use opendal::options::ReadOptions;
use opendal::raw::{OpRead, OpReader, OpStat, RpRead, oio};

use super::meta::{self, Found};
use super::put::{PAUSE, RETRIES};
use super::{OpendalStore, Place};
use crate::error::{call, failure};
use crate::transport::Answer;

/// How often a file or value is opened that is replaced meanwhile.
const OPENINGS: u32 = 16;

impl OpendalStore {
    pub(super) async fn look(&self, bucket: &str, key: &BlobKey) -> Result<Found> {
        let place = self.place(bucket)?;
        let path = self.service.keys().path(key)?;
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let asked = place.service.stat_dyn(&place.context, &path, OpStat::new());
            let failed = match call(asked).await {
                Ok((told, _)) => {
                    retries.answered();
                    return meta::read(key, &told.into_metadata(), self.service.notes());
                }
                Err(failed) => failed.error,
            };
            tokio::time::sleep(retries.pause_or(failed)?).await;
        }
    }

    /// What a write has left that was carried out, which stays true where this cannot be asked.
    pub(super) async fn look_written(&self, bucket: &str, key: &BlobKey) -> Result<ObjectMeta> {
        let left = self.look(bucket, key).await;
        left.map(|found| found.meta)
            .map_err(Error::with_outcome_unknown)
    }

    pub(super) async fn open(&self, bucket: &str, get: &Get) -> Result<Read> {
        let Some(range) = native(get.range) else {
            return self.nothing(bucket, get).await;
        };
        let place = self.place(bucket)?;
        if !self.service.is_remote() {
            return self.open_at_rest(bucket, get, &place).await;
        }
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let error = match self.send_read(&place, get, range).await {
                Ok((told, stream)) => {
                    retries.answered();
                    return self.described(get, told, stream);
                }
                Err(error) => error,
            };
            match (error.kind(), &get.if_version) {
                (ErrorKind::InvalidArgument, _) => return self.nothing(bucket, get).await,
                (ErrorKind::PreconditionFailed | ErrorKind::NotFound, Some(version)) => {
                    return Err(replaced(version).with_source(error));
                }
                _ => tokio::time::sleep(retries.pause_or(error)?).await,
            }
        }
    }

    async fn send_read(
        &self,
        place: &Place,
        get: &Get,
        range: BytesRange,
    ) -> Result<(RpRead, Box<dyn oio::ReadStreamDyn>)> {
        let options = ReadOptions {
            if_match: get.if_version.as_ref().map(|v| v.as_str().to_owned()),
            ..ReadOptions::default()
        };
        let (_, operation, _): (_, OpRead, OpReader) = options.into();
        let path = self.service.keys().path(&get.at.key)?;
        let opened = call(async {
            let reader = place.service.read_dyn(&place.context, &path, operation)?;
            reader.open_dyn(range).await
        });
        let (opened, _) = opened.await.map_err(|failed| failed.error)?;
        Ok(opened)
    }

    fn described(
        &self,
        get: &Get,
        told: RpRead,
        stream: Box<dyn oio::ReadStreamDyn>,
    ) -> Result<Read> {
        let told = told.into_metadata().ok_or_else(|| {
            let message = "the service told nothing of the blob with its bytes";
            Error::new(ErrorKind::Internal, message)
        })?;
        let meta = meta::read(&get.at.key, &told, self.service.notes())?.meta;
        Ok(Read {
            range: get.range.resolve(meta.size)?,
            body: body(stream),
            meta,
        })
    }

    /// What is opened is of one version where it is the same before and after.
    async fn open_at_rest(&self, bucket: &str, get: &Get, place: &Place) -> Result<Read> {
        let mut before = self.look(bucket, &get.at.key).await?;
        for _ in 0..OPENINGS {
            let selected = get.range.resolve(before.meta.size)?;
            let length = selected.end - selected.start;
            if length == 0 {
                return self.nothing(bucket, get).await;
            }
            let range = BytesRange::new(selected.start, Some(length));
            let (_, stream) = self.send_read(place, get, range).await?;
            let after = self.look(bucket, &get.at.key).await?;
            if after.meta.version == before.meta.version {
                return Ok(Read {
                    meta: after.meta,
                    range: selected,
                    body: body(stream),
                });
            }
            before = after;
        }
        let message = "the blob was replaced whenever it was opened";
        Err(Error::new(ErrorKind::Contention, message))
    }

    /// A range that selects nothing, for which HTTP has no form.
    async fn nothing(&self, bucket: &str, get: &Get) -> Result<Read> {
        let found = match (self.look(bucket, &get.at.key).await, &get.if_version) {
            (Err(error), Some(version)) if error.kind() == ErrorKind::NotFound => {
                return Err(replaced(version).with_source(error));
            }
            (Ok(found), Some(version)) if found.meta.version != *version => {
                return Err(replaced(version));
            }
            (found, _) => found?,
        };
        let selected = get.range.resolve(found.meta.size)?;
        if !selected.is_empty() {
            let message = "the blob changed while it was read";
            return Err(Error::new(ErrorKind::Contention, message));
        }
        Ok(Read {
            meta: found.meta,
            range: selected,
            body: BlobBody::whole(bytes::Bytes::new()),
        })
    }
}

fn replaced(version: &Version) -> Error {
    unmet(&BlobCondition::IfVersion(version.clone()))
}

/// The range as OpenDAL has it; nothing where it selects nothing.
fn native(range: ByteRange) -> Option<BytesRange> {
    match range {
        ByteRange::Full => Some(BytesRange::new(0, None)),
        ByteRange::From(start) => Some(BytesRange::new(start, None)),
        ByteRange::Bounded { start, end } if start < end => {
            Some(BytesRange::new(start, Some(end - start)))
        }
        ByteRange::Suffix(length) if length > 0 => Some(BytesRange::suffix(length)),
        ByteRange::Bounded { .. } | ByteRange::Suffix(_) => None,
    }
}

fn body(stream: Box<dyn oio::ReadStreamDyn>) -> BlobBody {
    BlobBody::new(try_unfold(stream, |mut stream| async move {
        match stream.read_dyn().await {
            Ok(chunk) if chunk.is_empty() => Ok(None),
            Ok(chunk) => Ok(Some((chunk.to_bytes(), stream))),
            Err(error) => Err(cut_off(error)),
        }
    }))
}

/// Whatever ends a body that has begun, the rest can be asked for.
fn cut_off(error: opendal::Error) -> Error {
    let known = failure(error, &Answer::default()).error;
    let message = "the body was cut off";
    Error::new(ErrorKind::Unavailable, message)
        .with_retryable(true)
        .with_source(known)
}
