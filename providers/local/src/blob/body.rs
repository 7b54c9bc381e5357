//! The bytes of a blob, read in chunks off the runtime's threads and checked on the way.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::try_unfold;
use isobar::blob::BlobBody;
use isobar::{Error, ErrorKind, Result};

use super::off_runtime;

/// Bytes of one chunk; a blob that is not larger is read in one step.
const CHUNK: u64 = 256 << 10;

/// What is left to read of a file.
#[derive(Debug)]
pub(crate) struct Rest {
    file: File,
    left: u64,
    /// The checksum so far and the one to arrive at, where the whole content is read.
    checksum: Option<(u32, u32)>,
}

impl Rest {
    /// The part `range` of a file that must have `size` bytes.
    pub(crate) fn of(
        mut file: File,
        size: u64,
        range: Range<u64>,
        checksum: Option<u32>,
    ) -> Result<Self, ReadFailure> {
        let found = file.metadata()?.len();
        if found != size {
            return Err(ReadFailure::damaged(format!(
                "the content of the blob has {found} bytes instead of {size}"
            )));
        }
        file.seek(SeekFrom::Start(range.start))?;
        let whole = range == (0..size);
        Ok(Self {
            file,
            left: range.end - range.start,
            checksum: checksum.filter(|_| whole).map(|expected| (0, expected)),
        })
    }

    /// The next bytes; empty at the end.
    pub(crate) fn chunk(&mut self) -> Result<Bytes, ReadFailure> {
        let mut chunk = vec![0; usize::try_from(self.left.min(CHUNK)).unwrap_or(0)];
        self.file.read_exact(&mut chunk)?;
        self.left -= chunk.len() as u64;
        if let Some((so_far, expected)) = &mut self.checksum {
            *so_far = crc32c::crc32c_append(*so_far, &chunk);
            if self.left == 0 && so_far != expected {
                return Err(ReadFailure::damaged(
                    "the content of the blob does not match its checksum",
                ));
            }
        }
        Ok(chunk.into())
    }

    /// A body of the chunk that was read already and all that follow.
    pub(crate) fn into_body(self, first: Bytes) -> BlobBody {
        if self.left == 0 {
            return BlobBody::whole(first);
        }
        BlobBody::new(try_unfold((Some(first), self), next))
    }
}

/// Why a content could not be read.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    Io(io::Error),
    Refused(Error),
}

impl ReadFailure {
    fn damaged(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(Error::new(ErrorKind::Corrupt, what))
    }
}

impl From<io::Error> for ReadFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for ReadFailure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<ReadFailure> for Error {
    fn from(failure: ReadFailure) -> Self {
        match failure {
            ReadFailure::Refused(error) => error,
            ReadFailure::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                let message = "the content of the blob is not where it was put";
                Error::new(ErrorKind::Corrupt, message).with_source(error)
            }
            ReadFailure::Io(error) => Error::new(
                ErrorKind::Unavailable,
                "the content of the blob cannot be read",
            )
            .with_source(error),
        }
    }
}

type Position = (Option<Bytes>, Rest);

async fn next((first, mut rest): Position) -> Result<Option<(Bytes, Position)>> {
    if let Some(first) = first {
        return Ok(Some((first, (None, rest))));
    }
    if rest.left == 0 {
        return Ok(None);
    }
    let (chunk, rest) = off_runtime(move || rest.chunk().map(|chunk| (chunk, rest))).await??;
    Ok(Some((chunk, (None, rest))))
}
