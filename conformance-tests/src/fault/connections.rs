//! Connections that are slow, break, or fall silent.

use std::time::Duration;

use isobar::ErrorKind;
use isobar_fault_proxy::Fault;

use super::blobs::OnBlobs;
use super::documents::OnDocuments;
use super::operation::{Nature, Operation};
use super::verdict::{Doubt, End, Expected};
use super::walk::{Walk, walk};
use crate::{Case, Context, Failure};

pub(crate) const CASES: &[Case] = &[
    Case::fault(
        "F-001",
        "requests that take longer than usual are waited for",
        "R21 R22",
        |ctx| Box::pin(delayed::<OnDocuments>(ctx)),
    ),
    Case::fault(
        "F-010",
        "a connection that breaks before a request arrives loses and doubles nothing",
        "R21 R22",
        |ctx| Box::pin(broken::<OnDocuments>(ctx, Fault::CutBefore)),
    ),
    Case::fault(
        "F-011",
        "a connection that breaks before the answer to a request loses and doubles nothing",
        "R21 R22",
        |ctx| Box::pin(broken::<OnDocuments>(ctx, Fault::CutAfter)),
    ),
    Case::fault(
        "F-012",
        "where every connection breaks, each call says so in time",
        "R19 R21 R22",
        |ctx| Box::pin(always_broken::<OnDocuments>(ctx)),
    ),
    Case::fault(
        "F-020",
        "where requests are swallowed, each call ends in time and says what is known",
        "R21 R22",
        |ctx| Box::pin(silent::<OnDocuments>(ctx, Fault::HoleBefore)),
    ),
    Case::fault(
        "F-021",
        "where answers are swallowed, each call ends in time and says what is known",
        "R21 R22",
        |ctx| Box::pin(silent::<OnDocuments>(ctx, Fault::HoleAfter)),
    ),
    Case::fault(
        "F-022",
        "a request that arrives after it was given up has its effect once at most",
        "R21 R22",
        |ctx| Box::pin(silent::<OnDocuments>(ctx, Fault::Late(LATE))),
    ),
    Case::blob_fault(
        "F-101",
        "requests that take longer than usual are waited for",
        "R21 R22",
        |ctx| Box::pin(delayed::<OnBlobs>(ctx)),
    ),
    Case::blob_fault(
        "F-110",
        "a connection that breaks before a request arrives loses and doubles nothing",
        "R21 R22",
        |ctx| Box::pin(broken::<OnBlobs>(ctx, Fault::CutBefore)),
    ),
    Case::blob_fault(
        "F-111",
        "a connection that breaks before the answer to a request loses and doubles nothing",
        "R21 R22",
        |ctx| Box::pin(broken::<OnBlobs>(ctx, Fault::CutAfter)),
    ),
    Case::blob_fault(
        "F-112",
        "where every connection breaks, each call says so in time",
        "R19 R21 R22",
        |ctx| Box::pin(always_broken::<OnBlobs>(ctx)),
    ),
    Case::blob_fault(
        "F-120",
        "where requests are swallowed, each call ends in time and says what is known",
        "R21 R22",
        |ctx| Box::pin(silent::<OnBlobs>(ctx, Fault::HoleBefore)),
    ),
    Case::blob_fault(
        "F-121",
        "where answers are swallowed, each call ends in time and says what is known",
        "R21 R22",
        |ctx| Box::pin(silent::<OnBlobs>(ctx, Fault::HoleAfter)),
    ),
    Case::blob_fault(
        "F-122",
        "a request that arrives after it was given up has its effect once at most",
        "R21 R22",
        |ctx| Box::pin(silent::<OnBlobs>(ctx, Fault::Late(LATE))),
    ),
];

/// Longer than a healthy store needs, also on a busy machine.
const BUDGET: Duration = Duration::from_secs(10);
/// Short enough to be waited for.
const IMPATIENT: Duration = Duration::from_millis(2_500);
/// After an attempt that has a time limit of its own was given up.
const LATE: Duration = Duration::from_millis(1_500);

/// What one who hears nothing may say.
pub(super) const BROKEN: &[ErrorKind] = &[ErrorKind::Unavailable, ErrorKind::DeadlineExceeded];

fn survived(nature: Nature) -> Expected {
    Expected {
        budget: BUDGET,
        kinds: BROKEN,
        end: nature.after_a_moment(),
        doubt: Doubt::Allowed,
    }
}

async fn delayed<O: Operation>(ctx: Context) -> Result<(), Failure> {
    let delayed = Walk {
        budget: BUDGET,
        fault: Fault::Delay(Duration::from_millis(300)),
        times: 1,
        wait: Duration::ZERO,
        expected: |nature| Expected {
            end: End::Success,
            ..survived(nature)
        },
    };
    walk::<O>(&ctx, &delayed).await
}

async fn broken<O: Operation>(ctx: Context, fault: Fault) -> Result<(), Failure> {
    let broken = Walk {
        budget: BUDGET,
        fault,
        times: 1,
        wait: Duration::ZERO,
        expected: survived,
    };
    walk::<O>(&ctx, &broken).await
}

async fn always_broken<O: Operation>(ctx: Context) -> Result<(), Failure> {
    let broken = Walk {
        budget: BUDGET,
        fault: Fault::CutBefore,
        times: usize::MAX,
        wait: Duration::ZERO,
        expected: |nature| Expected {
            end: nature.without_a_request(),
            ..survived(nature)
        },
    };
    walk::<O>(&ctx, &broken).await
}

async fn silent<O: Operation>(ctx: Context, fault: Fault) -> Result<(), Failure> {
    let silent = Walk {
        budget: IMPATIENT,
        fault,
        times: 1,
        wait: Duration::ZERO,
        expected: |_| Expected {
            budget: IMPATIENT,
            kinds: BROKEN,
            end: End::Either,
            doubt: Doubt::Allowed,
        },
    };
    walk::<O>(&ctx, &silent).await
}
