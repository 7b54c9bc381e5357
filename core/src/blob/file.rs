//! The content of a file, read ahead on a thread of its own because core has no runtime.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use bytes::Bytes;
use futures_channel::oneshot;
use futures_core::Stream;
use futures_util::stream::try_unfold;

use crate::driver::blob::Buffers;
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a chunk at most; where parts are not larger, each chunk is one, which nobody copies.
const CHUNK: u64 = 8 << 20;
/// Chunks that are remembered until nobody has them any more: read ahead, waiting, and under way.
const CHUNKS: usize = 8;

type Answer = oneshot::Sender<io::Result<Bytes>>;

/// A file that was opened, of which nothing has been read.
pub(super) struct OpenFile {
    /// Its size in bytes.
    pub(super) size: u64,
    begin: Sender<Begin>,
}

/// What the thread waits for before it reads.
struct Begin {
    chunk: usize,
    asked: Receiver<Answer>,
}

/// Opens a file.
pub(super) async fn open(path: &Path) -> Result<OpenFile> {
    let (begin, told) = channel();
    let (opened, answer) = oneshot::channel();
    let file = path.to_owned();
    let thread = std::thread::Builder::new().name("isobar-file".to_owned());
    let spawned = thread.spawn(move || read(&file, opened, &told));
    spawned.map_err(|error| unreadable(path, error))?;
    let size = answer.await.map_err(|_| gone()).and_then(|size| size);
    let size = size.map_err(|error| unreadable(path, error))?;
    Ok(OpenFile { size, begin })
}

impl OpenFile {
    /// The content, for an upload in parts of this many bytes.
    pub(super) fn content(
        self,
        part_bytes: u64,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let (ask, asked) = channel();
        let chunk = part_bytes.min(CHUNK).min(self.size).max(1);
        let chunk = usize::try_from(chunk).unwrap_or(usize::MAX);
        // Where the thread is gone, the first question finds that out.
        let _ = self.begin.send(Begin { chunk, asked });
        try_unfold(ask, next)
    }
}

async fn next(ask: Sender<Answer>) -> io::Result<Option<(Bytes, Sender<Answer>)>> {
    let (answer, answered) = oneshot::channel();
    ask.send(answer).map_err(|_| gone())?;
    let chunk = answered.await.map_err(|_| gone())??;
    Ok((!chunk.is_empty()).then_some((chunk, ask)))
}

/// Reads a chunk ahead of each time it is asked to, until nobody can ask any more.
fn read(path: &Path, opened: oneshot::Sender<io::Result<u64>>, told: &Receiver<Begin>) {
    let file = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, mut file) = match file {
        Ok((size, file)) => (Ok(size), Some(file)),
        Err(error) => (Err(error), None),
    };
    let (Ok(()), Some(file)) = (opened.send(size), &mut file) else {
        return;
    };
    let Ok(Begin { chunk, asked }) = told.recv() else {
        return;
    };
    let mut buffers = Buffers::new(chunk, CHUNKS);
    loop {
        let ahead = next_chunk(file, chunk, &mut buffers);
        let ended = ahead.as_ref().map_or(true, Bytes::is_empty);
        let Ok(answer) = asked.recv() else {
            return;
        };
        if answer.send(ahead).is_err() || ended {
            return;
        }
    }
}

/// The next bytes, fewer than a chunk only at the end.
fn next_chunk(file: &mut File, chunk: usize, buffers: &mut Buffers) -> io::Result<Bytes> {
    let mut buffer = buffers.take();
    buffer.resize(chunk, 0);
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(buffers.lend(buffer))
}

fn gone() -> io::Error {
    io::Error::other("the thread that read the file is gone")
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let message = format!("the file {} cannot be read", path.display());
    Error::new(ErrorKind::Cancelled, message).with_source(error)
}
