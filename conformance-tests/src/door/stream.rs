//! A response that is read as it comes.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::WireResponse;
use crate::Failure;

/// A response whose content comes in pieces; dropping it is what a client does that goes away.
pub struct WireStream {
    /// The status and the headers; its content comes apart.
    pub head: WireResponse,
    pieces: mpsc::Receiver<Piece>,
    /// What brings the pieces.
    task: AbortHandle,
}

/// Some content, or why no more comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The next bytes.
    Content(Vec<u8>),
    /// The transfer broke off: a client sees that this is not the whole response.
    Broken(String),
}

/// Where pieces go; dropping it is the clean end of the response.
pub type Pieces = mpsc::Sender<Piece>;

/// How long a piece may take that nothing holds up.
const PATIENCE: Duration = Duration::from_secs(10);

impl WireStream {
    /// A response with this head, whose pieces come from a task.
    pub(crate) fn new<F>(head: WireResponse, bring: impl FnOnce(Pieces) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // One, so that whoever does not read holds up whoever writes.
        let (sender, pieces) = mpsc::channel(1);
        let task = tokio::spawn(bring(sender)).abort_handle();
        Self { head, pieces, task }
    }

    /// The next piece; nothing at the clean end.
    pub(crate) async fn next(&mut self) -> Result<Option<Piece>, Failure> {
        let next = tokio::time::timeout(PATIENCE, self.pieces.recv()).await;
        next.map_err(|_| Failure::new("nothing came in 10 s, neither content nor an end"))
    }

    /// Reads on until the content, which is text, is this.
    pub(crate) async fn reads(&mut self, expected: &str) -> Result<(), Failure> {
        let mut read = Vec::new();
        while read.len() < expected.len() {
            match self.next().await? {
                Some(Piece::Content(content)) => read.extend(content),
                other => {
                    let read = String::from_utf8_lossy(&read).into_owned();
                    let what = format!("after {read:?} came {other:?} in place of {expected:?}");
                    return Err(Failure::new(what));
                }
            }
        }
        crate::expect::equal("the content", &*String::from_utf8_lossy(&read), expected)
    }
}

impl Drop for WireStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for WireStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireStream")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}
