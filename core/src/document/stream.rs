//! All that a query finds, one document after the other, read page by page.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::binding::Binding;
use super::pages::Reading;
use super::plan::Prepared;
use super::{Collection, Item, Query};
use crate::driver::document::{Position, Segment};
use crate::error::Result;
use crate::operation::Effect;

/// The documents that a query finds; see [`Collection::stream`] and [`Collection::scan`].
///
/// It ends after the first error. Dropping it ends the request under way.
pub struct Documents<T> {
    binding: Arc<Binding>,
    prepared: Arc<Prepared>,
    segment: Segment,
    limit: usize,
    found: VecDeque<Item<T>>,
    state: State<T>,
}

enum State<T> {
    /// More may follow this place.
    Waiting(Option<Position>),
    Asking(Asking<T>),
    Done,
}

type Asking<T> = Pin<Box<dyn Future<Output = Result<Found<T>>> + Send>>;

struct Found<T> {
    items: Vec<Item<T>>,
    after: Option<Position>,
    is_done: bool,
}

impl<T> fmt::Debug for Documents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("collection", &self.binding.schema.name)
            .field("segment", &self.segment)
            .finish_non_exhaustive()
    }
}

impl<T> Unpin for Documents<T> {}

impl<T: DeserializeOwned + Send> Documents<T> {
    pub(super) fn new(
        collection: &Collection<T>,
        query: &Query,
        (prepared, segment, after): (Prepared, Segment, Option<Position>),
    ) -> Self {
        Self {
            binding: collection.shared_binding(),
            prepared: Arc::new(prepared),
            segment,
            limit: query.page_limit() as usize,
            found: VecDeque::new(),
            state: State::Waiting(after),
        }
    }

    /// Keeps what a page had, and where the next one starts.
    fn hold(&mut self, found: Result<Found<T>>) -> Result<()> {
        self.state = State::Done;
        let found = found?;
        self.found.extend(found.items);
        if !found.is_done {
            self.state = State::Waiting(found.after);
        }
        Ok(())
    }

    fn ask(&self, after: Option<Position>) -> Asking<T>
    where
        T: 'static,
    {
        let (binding, prepared) = (Arc::clone(&self.binding), Arc::clone(&self.prepared));
        let (segment, limit) = (self.segment, self.limit);
        Box::pin(async move {
            let mut reading = Reading::new(&prepared, segment, after);
            let work = async {
                let mut items = Vec::new();
                let records = reading.step(&binding, limit).await?;
                records.decode_into(&mut items).map(|()| items)
            };
            let items = binding.run("document.scan", Effect::Read, work).await?;
            Ok(Found {
                items,
                after: reading.after,
                is_done: reading.is_done,
            })
        })
    }
}

impl<T: DeserializeOwned + Send + 'static> Stream for Documents<T> {
    type Item = Result<Item<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.found.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            let found = match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Waiting(after) => {
                    let after = after.take();
                    self.state = State::Asking(self.ask(after));
                    continue;
                }
                State::Asking(asking) => ready!(asking.as_mut().poll(context)),
            };
            if let Err(error) = self.hold(found) {
                return Poll::Ready(Some(Err(error)));
            }
            if self.found.is_empty() && matches!(self.state, State::Waiting(_)) {
                // A store that never waits must let others run between its pages.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }
}
