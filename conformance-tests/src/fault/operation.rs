//! What meets faults: an operation of one kind of store, and how one sees how often it was done.

use std::fmt;
use std::time::Duration;

use isobar::Capabilities;
use isobar_fault_proxy::Proxy;

use super::verdict::{End, Stored, Told};
use crate::{Context, Failure};

/// One operation on what lies below a name of its own.
pub(super) trait Operation: Copy + fmt::Debug + Send + Sync + 'static {
    /// What is kept from before it until it is run.
    type Prepared: Send + Sync;
    /// What it is carried out on.
    type Store: Clone + Send + Sync + 'static;

    /// Those that a store has that declares this much.
    fn all(capabilities: Capabilities) -> Vec<Self>;

    /// A store that no other case sees, and what it declares.
    fn store(
        ctx: &Context,
    ) -> impl Future<Output = Result<(Self::Store, Capabilities), Failure>> + Send;

    /// The same store through connections of its own with a proxy before it, under a time budget.
    fn behind_a_proxy(
        ctx: &Context,
        direct: &Self::Store,
        budget: Duration,
    ) -> impl Future<Output = Result<(Self::Store, Proxy), Failure>> + Send;

    /// What is expected of it whatever happens.
    fn nature(self) -> Nature;

    /// Stores what it needs.
    fn prepare(
        self,
        store: &Self::Store,
        name: &str,
    ) -> impl Future<Output = Result<Self::Prepared, Failure>> + Send;

    /// Runs it once; one end for each part of it that can fail on its own.
    fn run(
        self,
        store: &Self::Store,
        name: &str,
        prepared: &Self::Prepared,
    ) -> impl Future<Output = Result<Vec<Result<(), Told>>, Failure>> + Send;

    /// What of each part is stored.
    fn look(
        self,
        store: &Self::Store,
        name: &str,
    ) -> impl Future<Output = Result<Vec<Stored>, Failure>> + Send;
}

/// What is expected of an operation whatever happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nature {
    /// Whether it succeeds although a connection breaks or a service is busy for a moment: its
    /// effect can be told from that of others, and repeating it cannot undo their work.
    pub(super) recovers: bool,
    /// Whether parts of it can succeed while others fail.
    pub(super) is_divided: bool,
    /// Whether an answer with other content in it than the store's can be noticed.
    pub(super) is_checked: bool,
}

impl Nature {
    /// How it must end where a fault passes.
    pub(super) fn after_a_moment(self) -> End {
        if self.recovers {
            End::Success
        } else {
            End::Either
        }
    }

    /// How it must end where from one of its requests on none is answered.
    pub(super) fn without_a_request(self) -> End {
        if self.is_divided {
            End::Either
        } else {
            End::Failure
        }
    }
}
