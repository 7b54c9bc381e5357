//! What keeps both sides from writing one state at a switch: a group with a writer changes sides only
//! when no request that may write is under way in it, and new ones wait meanwhile.
//!
//! A request is under way until its answer has been passed on, also when its client leaves before the answer begins, or
//! until the gateway gives it up. What an application goes on doing after that cannot be seen from here.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tokio::time::Instant;

use super::body::{BoxError, GatewayBody};
use crate::config::Effects;
use crate::table::{RouteId, Table};

/// A lock for each group with a writer: requests that may write hold it together, a switch alone. Those that come while
/// a switch waits queue behind it.
#[derive(Debug)]
pub(super) struct Gates(BTreeMap<String, Arc<RwLock<()>>>);

/// A request that may write is under way; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Passage {
    _group: OwnedRwLockReadGuard<()>,
}

/// No request that may write is under way in some groups, until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Closed {
    _groups: Vec<OwnedRwLockWriteGuard<()>>,
}

impl Gates {
    pub(super) fn new(table: &Table) -> Self {
        let written = table.groups().filter(|(_, group)| group.written);
        Self(
            written
                .map(|(name, _)| (name.to_owned(), Arc::default()))
                .collect(),
        )
    }

    /// Begins a request; `None` where it cannot be a second writer.
    pub(super) async fn enter(&self, table: &Table, route: RouteId) -> Option<Passage> {
        let route = table.route(route);
        if route.effects == Effects::None {
            return None;
        }
        let gate = self.0.get(route.group.as_deref()?)?;
        Some(Passage {
            _group: Arc::clone(gate).read_owned().await,
        })
    }

    /// Waits until no request that may write is under way in `groups`; the name of one where that takes too long.
    pub(super) async fn close(
        &self,
        groups: impl IntoIterator<Item = String>,
        limit: Duration,
    ) -> Result<Closed, String> {
        let end = Instant::now() + limit;
        let mut closed = Vec::new();
        for group in groups {
            let Some(gate) = self.0.get(&group) else {
                continue;
            };
            match tokio::time::timeout_at(end, Arc::clone(gate).write_owned()).await {
                Ok(guard) => closed.push(guard),
                Err(_) => return Err(group),
            }
        }
        Ok(Closed { _groups: closed })
    }
}

impl Passage {
    /// The answer; the request ends with its body.
    pub(super) fn of(self, answer: Response<GatewayBody>) -> Response<GatewayBody> {
        answer.map(|body| {
            Passing {
                body,
                _passage: self,
            }
            .boxed_unsync()
        })
    }
}

/// The body of an answer that is under way.
struct Passing {
    body: GatewayBody,
    _passage: Passage,
}

impl Body for Passing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
