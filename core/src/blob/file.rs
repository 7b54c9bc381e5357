//! The content of a file, read on a thread of its own because core has no runtime.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use bytes::Bytes;
use futures_channel::oneshot;
use futures_core::Stream;
use futures_util::stream::try_unfold;

use crate::error::{Error, ErrorKind, Result};

/// Bytes of one chunk.
const CHUNK: usize = 1 << 20;

type Answer = oneshot::Sender<io::Result<Bytes>>;

/// The size of a file, and its content.
pub(super) async fn open(
    path: &Path,
) -> Result<(u64, impl Stream<Item = io::Result<Bytes>> + Send + use<>)> {
    let (ask, asked) = channel();
    let (opened, answer) = oneshot::channel();
    let file = path.to_owned();
    let thread = std::thread::Builder::new().name("isobar-file".to_owned());
    let spawned = thread.spawn(move || read(&file, opened, &asked));
    spawned.map_err(|error| unreadable(path, error))?;
    let size = answer.await.map_err(|_| gone()).and_then(|size| size);
    let size = size.map_err(|error| unreadable(path, error))?;
    Ok((size, try_unfold(ask, next)))
}

async fn next(ask: Sender<Answer>) -> io::Result<Option<(Bytes, Sender<Answer>)>> {
    let (answer, answered) = oneshot::channel();
    ask.send(answer).map_err(|_| gone())?;
    let chunk = answered.await.map_err(|_| gone())??;
    Ok((!chunk.is_empty()).then_some((chunk, ask)))
}

/// Reads a chunk each time it is asked to, until nobody can ask any more.
fn read(path: &Path, opened: oneshot::Sender<io::Result<u64>>, asked: &Receiver<Answer>) {
    let file = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, mut file) = match file {
        Ok((size, file)) => (Ok(size), Some(file)),
        Err(error) => (Err(error), None),
    };
    let (Ok(()), Some(file)) = (opened.send(size), &mut file) else {
        return;
    };
    while let Ok(answer) = asked.recv() {
        if answer.send(chunk(file)).is_err() {
            return;
        }
    }
}

fn chunk(file: &mut File) -> io::Result<Bytes> {
    let mut chunk = Vec::with_capacity(CHUNK);
    file.take(CHUNK as u64).read_to_end(&mut chunk)?;
    Ok(chunk.into())
}

fn gone() -> io::Error {
    io::Error::other("the thread that read the file is gone")
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let message = format!("the file {} cannot be read", path.display());
    Error::new(ErrorKind::Cancelled, message).with_source(error)
}
