//! Connections that are slow, break, or fall silent.

use std::time::Duration;

use isobar::ErrorKind;
use isobar_fault_proxy::Fault;

use super::operation::Operation;
use super::verdict::{Doubt, End, Expected};
use super::walk::{Walk, walk};
use crate::{Case, Context, Failure};

pub(crate) const CASES: &[Case] = &[
    Case::fault(
        "F-001",
        "requests that take longer than usual are waited for",
        "R21 R22",
        |ctx| Box::pin(delayed(ctx)),
    ),
    Case::fault(
        "F-010",
        "a connection that breaks before a request arrives loses and doubles nothing",
        "R21 R22",
        |ctx| Box::pin(broken(ctx, Fault::CutBefore)),
    ),
    Case::fault(
        "F-011",
        "a connection that breaks before the answer to a request loses and doubles nothing",
        "R21 R22",
        |ctx| Box::pin(broken(ctx, Fault::CutAfter)),
    ),
    Case::fault(
        "F-012",
        "where every connection breaks, each call says so in time",
        "R19 R21 R22",
        |ctx| Box::pin(always_broken(ctx)),
    ),
    Case::fault(
        "F-020",
        "where requests are swallowed, each call ends in time and says what is known",
        "R21 R22",
        |ctx| Box::pin(silent(ctx, Fault::HoleBefore)),
    ),
    Case::fault(
        "F-021",
        "where answers are swallowed, each call ends in time and says what is known",
        "R21 R22",
        |ctx| Box::pin(silent(ctx, Fault::HoleAfter)),
    ),
    Case::fault(
        "F-022",
        "a request that arrives after it was given up has its effect once at most",
        "R21 R22",
        |ctx| Box::pin(silent(ctx, Fault::Late(LATE))),
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

fn survived(operation: Operation) -> Expected {
    Expected {
        budget: BUDGET,
        kinds: BROKEN,
        end: if operation.recovers() {
            End::Success
        } else {
            End::Either
        },
        doubt: Doubt::Allowed,
    }
}

async fn delayed(ctx: Context) -> Result<(), Failure> {
    let delayed = Walk {
        budget: BUDGET,
        fault: Fault::Delay(Duration::from_millis(300)),
        times: 1,
        wait: Duration::ZERO,
        expected: |operation| Expected {
            end: End::Success,
            ..survived(operation)
        },
    };
    walk(&ctx, &delayed).await
}

async fn broken(ctx: Context, fault: Fault) -> Result<(), Failure> {
    let broken = Walk {
        budget: BUDGET,
        fault,
        times: 1,
        wait: Duration::ZERO,
        expected: survived,
    };
    walk(&ctx, &broken).await
}

async fn always_broken(ctx: Context) -> Result<(), Failure> {
    let broken = Walk {
        budget: BUDGET,
        fault: Fault::CutBefore,
        times: usize::MAX,
        wait: Duration::ZERO,
        expected: |operation| Expected {
            end: operation.without_a_request(),
            ..survived(operation)
        },
    };
    walk(&ctx, &broken).await
}

async fn silent(ctx: Context, fault: Fault) -> Result<(), Failure> {
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
    walk(&ctx, &silent).await
}
