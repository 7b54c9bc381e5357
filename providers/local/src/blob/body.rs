//! The bytes of a blob, read a chunk ahead off the runtime's threads.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::try_unfold;
use isobar::blob::BlobBody;
use isobar::driver::blob::Buffers;
use isobar::{Error, ErrorKind, Result};

use super::{BlockingWork, begin_off_runtime};

/// Bytes of one chunk; a blob that is not larger is read in one step.
const CHUNK: u64 = 256 << 10;
/// Chunks that are under way: read ahead, and with whoever reads the blob.
const CHUNKS: usize = 4;

/// What is left to read of a file.
#[derive(Debug)]
pub(crate) struct Rest {
    file: File,
    left: u64,
    buffers: Buffers,
}

impl Rest {
    /// The part `range` of a file that must have `size` bytes.
    pub(crate) fn of(mut file: File, size: u64, range: Range<u64>) -> Result<Self, ReadFailure> {
        let found = file.metadata()?.len();
        if found != size {
            return Err(ReadFailure::damaged(format!(
                "the content of the blob has {found} bytes instead of {size}"
            )));
        }
        file.seek(SeekFrom::Start(range.start))?;
        let left = range.end - range.start;
        let chunk = usize::try_from(left.min(CHUNK)).unwrap_or(0);
        Ok(Self {
            file,
            left,
            buffers: Buffers::new(chunk, CHUNKS),
        })
    }

    /// The next bytes; empty at the end. Whoever reads all of them compares their checksum.
    pub(crate) fn chunk(&mut self) -> Result<Bytes, ReadFailure> {
        let mut chunk = self.buffers.take();
        chunk.resize(usize::try_from(self.left.min(CHUNK)).unwrap_or(0), 0);
        self.file.read_exact(&mut chunk)?;
        self.left -= chunk.len() as u64;
        Ok(self.buffers.lend(chunk))
    }

    /// A body of the chunk that was read already and all that follow.
    pub(crate) fn into_body(self, first: Bytes) -> Result<BlobBody> {
        if self.left == 0 {
            return Ok(BlobBody::whole(first));
        }
        let position = Position {
            read: Some(first),
            ahead: Some(ahead(self)?),
        };
        Ok(BlobBody::new(try_unfold(position, next)))
    }
}

/// Where the reading of a body is.
struct Position {
    /// A chunk that nobody has been given.
    read: Option<Bytes>,
    /// The chunk that is read meanwhile.
    ahead: Option<BlockingWork<Result<(Bytes, Rest), ReadFailure>>>,
}

fn ahead(mut rest: Rest) -> Result<BlockingWork<Result<(Bytes, Rest), ReadFailure>>> {
    begin_off_runtime(move || rest.chunk().map(|chunk| (chunk, rest)))
}

async fn next(mut position: Position) -> Result<Option<(Bytes, Position)>> {
    if let Some(chunk) = position.read.take() {
        return Ok(Some((chunk, position)));
    }
    let Some(reading) = position.ahead.take() else {
        return Ok(None);
    };
    let (chunk, rest) = reading.end().await??;
    if rest.left > 0 {
        position.ahead = Some(ahead(rest)?);
    }
    Ok(Some((chunk, position)))
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
