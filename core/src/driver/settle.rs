//! One write, sent until it is known what became of it (rule R21).

use std::time::Duration;

use super::{Effect, Failure, Retries, doubtful};
use crate::error::{Error, Result};

/// A write as a request that can be sent more than once, and looked for after a lost answer.
pub trait WriteRequest: Send {
    /// What the store keeps of a document.
    type Row: Send;

    /// Sends it once.
    fn send(&mut self) -> impl Future<Output = Attempt<Self::Row>> + Send;

    /// Asks what is stored after an answer was lost.
    fn look_back(&mut self) -> impl Future<Output = Found<Self::Row>> + Send;

    /// Whether this write, and no other, has left this row, which came with a refusal. Where no row ever does, it need
    /// not be said.
    fn is_ours(&self, _row: &Self::Row) -> bool {
        false
    }

    /// Whether its condition keeps it from having its effect twice, however often it is sent. That
    /// of a create does, unless somebody removes the document in between.
    fn is_once(&self) -> bool;

    /// Turns a put that asks nothing of the store into one on the condition that nothing is
    /// stored; false, and nothing happens, where it is something else.
    fn over_nothing(&mut self) -> bool;

    /// Waits before it is sent again.
    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + Send;
}

/// What became of sending a write once.
#[derive(Debug)]
pub enum Attempt<R> {
    /// It was applied; the row from before, where the store gives it.
    Applied(Option<R>),
    /// Its condition did not hold of this row.
    Refused(Option<R>),
    /// It failed.
    Failed(Failure),
}

/// What is stored where the answer to a write was lost.
#[derive(Debug)]
pub enum Found<R> {
    /// What the write leaves.
    Ours(Option<R>),
    /// Nothing.
    Nothing,
    /// The work of somebody else, before or after; or none that could be told from it.
    Other,
    /// It could not be asked.
    Unknown(Error),
}

/// What became of a write in the end.
#[derive(Debug)]
pub enum Outcome<R> {
    /// It was applied; the row from before, where the store gives it.
    Applied(Option<R>),
    /// An earlier attempt of it had been applied; the row as it is now.
    Recognised(Option<R>),
    /// Its condition did not hold.
    Refused(Refusal<R>),
}

/// A write whose condition did not hold.
#[derive(Debug)]
pub struct Refusal<R> {
    /// The row it did not hold of.
    pub row: Option<R>,
    /// Unknown where the answer to an earlier attempt was lost.
    pub earlier: Effect,
}

impl<R> Refusal<R> {
    /// The error of the write, which says so where an earlier attempt may have been applied.
    pub fn mark(&self, error: Error) -> Error {
        doubtful(error, self.earlier)
    }
}

/// Sends a write until it is known what became of it; `failed` is how an earlier request failed
/// that did the same.
pub async fn settle<W: WriteRequest>(
    request: &mut W,
    mut failed: Option<Failure>,
    mut retries: Retries<'_>,
) -> Result<Outcome<W::Row>> {
    // How an attempt failed that may have been applied.
    let mut lost = None;
    loop {
        let attempt = match failed.take() {
            Some(failure) => Attempt::Failed(failure),
            None => request.send().await,
        };
        let failure = match attempt {
            Attempt::Failed(failure) => failure,
            Attempt::Applied(before) => {
                retries.answered();
                return Ok(Outcome::Applied(before));
            }
            Attempt::Refused(row) => {
                retries.answered();
                let earlier = Effect::None;
                return match lost {
                    None => Ok(Outcome::Refused(Refusal { row, earlier })),
                    Some(error) => refused(request, row, (error, retries)).await,
                };
            }
        };
        let known = failure.effect == Effect::None;
        let harmless = (known && lost.is_none())
            || match request.look_back().await {
                Found::Ours(row) => return Ok(Outcome::Recognised(row)),
                Found::Nothing if request.over_nothing() => true,
                Found::Nothing | Found::Other | Found::Unknown(_) => request.is_once(),
            };
        let again = harmless && (!known || failure.error.retryable());
        let pause = again.then(|| retries.pause(&failure.error)).flatten();
        let Some(pause) = pause else {
            let earlier = lost.map_or(Effect::None, |_| Effect::Unknown);
            return Err(doubtful(failure.error, earlier.max(failure.effect)));
        };
        tracing::debug!(error = %failure.error, "a write is sent again");
        request.sleep(pause).await;
        if failure.effect == Effect::Unknown {
            lost = Some(failure.error);
        }
    }
}

/// What a refusal means after a lost answer: that the write itself may be in its way. While nobody
/// can say what is stored, the refusal says nothing about somebody else.
async fn refused<W: WriteRequest>(
    request: &mut W,
    row: Option<W::Row>,
    (lost, mut retries): (Error, Retries<'_>),
) -> Result<Outcome<W::Row>> {
    let earlier = Effect::Unknown;
    match row {
        Some(row) if request.is_ours(&row) => return Ok(Outcome::Recognised(Some(row))),
        Some(_) => return Ok(Outcome::Refused(Refusal { row, earlier })),
        None => {}
    }
    loop {
        let failed = match request.look_back().await {
            Found::Ours(row) => return Ok(Outcome::Recognised(row)),
            Found::Nothing | Found::Other => {
                return Ok(Outcome::Refused(Refusal { row, earlier }));
            }
            Found::Unknown(failed) => failed,
        };
        let pause = failed.retryable().then(|| retries.pause(&failed)).flatten();
        let Some(pause) = pause else {
            return Err(doubtful(lost, earlier));
        };
        request.sleep(pause).await;
    }
}
