//! Services that are busy, and answers that mean nothing.

use std::time::Duration;

use isobar::ErrorKind;
use isobar_fault_proxy::{Answer, Fault};

use super::blobs::OnBlobs;
use super::documents::OnDocuments;
use super::operation::{Nature, Operation};
use super::verdict::{Doubt, End, Expected};
use super::walk::{Walk, walk};
use crate::{Case, Context, Failure};

pub(crate) const CASES: &[Case] = &[
    Case::fault(
        "F-030",
        "a service that throttles a request is asked again when it wants to be",
        "R19 R21",
        |ctx| Box::pin(throttled::<OnDocuments>(ctx)),
    ),
    Case::fault(
        "F-031",
        "a service that asks for more patience than a call has is not waited for",
        "R19 R21 R22",
        |ctx| Box::pin(throttled_for_long::<OnDocuments>(ctx)),
    ),
    Case::fault(
        "F-032",
        "a service that is unavailable for a moment is asked again",
        "R19 R21",
        |ctx| Box::pin(unavailable::<OnDocuments>(ctx)),
    ),
    Case::fault(
        "F-033",
        "a service that stays unavailable is told so in time",
        "R19 R21 R22",
        |ctx| Box::pin(always_unavailable::<OnDocuments>(ctx)),
    ),
    Case::fault(
        "F-040",
        "an answer that ends in the middle loses and doubles nothing",
        "R19 R21",
        |ctx| Box::pin(senseless::<OnDocuments>(ctx, Fault::Truncate)),
    ),
    Case::fault(
        "F-041",
        "an answer that is no message loses and doubles nothing",
        "R19 R21",
        |ctx| Box::pin(senseless::<OnDocuments>(ctx, Fault::Noise)),
    ),
    Case::fault(
        "F-042",
        "an answer whose content means nothing loses and doubles nothing",
        "R19 R21",
        |ctx| Box::pin(senseless::<OnDocuments>(ctx, Fault::Gibberish)),
    ),
    Case::blob_fault(
        "F-130",
        "a service that throttles a request is asked again when it wants to be",
        "R19 R21",
        |ctx| Box::pin(throttled::<OnBlobs>(ctx)),
    ),
    Case::blob_fault(
        "F-131",
        "a service that asks for more patience than a call has is not waited for",
        "R19 R21 R22",
        |ctx| Box::pin(throttled_for_long::<OnBlobs>(ctx)),
    ),
    Case::blob_fault(
        "F-132",
        "a service that is unavailable for a moment is asked again",
        "R19 R21",
        |ctx| Box::pin(unavailable::<OnBlobs>(ctx)),
    ),
    Case::blob_fault(
        "F-133",
        "a service that stays unavailable is told so in time",
        "R19 R21 R22",
        |ctx| Box::pin(always_unavailable::<OnBlobs>(ctx)),
    ),
    Case::blob_fault(
        "F-140",
        "an answer that ends in the middle loses and doubles nothing",
        "R19 R21",
        |ctx| Box::pin(senseless::<OnBlobs>(ctx, Fault::Truncate)),
    ),
    Case::blob_fault(
        "F-141",
        "an answer that is no message loses and doubles nothing",
        "R19 R21",
        |ctx| Box::pin(senseless::<OnBlobs>(ctx, Fault::Noise)),
    ),
    Case::blob_fault(
        "F-142",
        "an answer whose content means nothing loses and doubles nothing",
        "R19 R21",
        |ctx| Box::pin(senseless::<OnBlobs>(ctx, Fault::Gibberish)),
    ),
];

const BUDGET: Duration = Duration::from_secs(10);
const WAIT: Duration = Duration::from_secs(1);
const LONG_WAIT: Duration = Duration::from_mins(1);

fn answered(nature: Nature) -> Expected {
    Expected {
        budget: BUDGET,
        kinds: &[ErrorKind::Throttled],
        end: nature.after_a_moment(),
        doubt: Doubt::Groundless,
    }
}

async fn throttled<O: Operation>(ctx: Context) -> Result<(), Failure> {
    let throttled = Walk {
        budget: BUDGET,
        fault: Fault::Refuse(Answer::Throttled(WAIT)),
        times: 1,
        wait: ctx.heard_of(WAIT),
        expected: |nature| Expected {
            end: End::Success,
            ..answered(nature)
        },
    };
    walk::<O>(&ctx, &throttled).await
}

async fn throttled_for_long<O: Operation>(ctx: Context) -> Result<(), Failure> {
    let throttled = Walk {
        budget: BUDGET,
        fault: Fault::Refuse(Answer::Throttled(LONG_WAIT)),
        times: usize::MAX,
        wait: Duration::ZERO,
        expected: if ctx.heard_of(LONG_WAIT).is_zero() {
            refused
        } else {
            refused_at_once
        },
    };
    walk::<O>(&ctx, &throttled).await
}

fn refused(nature: Nature) -> Expected {
    Expected {
        end: nature.without_a_request(),
        ..answered(nature)
    }
}

fn refused_at_once(nature: Nature) -> Expected {
    Expected {
        budget: Duration::from_secs(1),
        ..refused(nature)
    }
}

const UNAVAILABLE: &[ErrorKind] = &[ErrorKind::Unavailable];

async fn unavailable<O: Operation>(ctx: Context) -> Result<(), Failure> {
    let unavailable = Walk {
        budget: BUDGET,
        fault: Fault::Refuse(Answer::Unavailable(WAIT)),
        times: 1,
        wait: ctx.heard_of(WAIT),
        expected: |nature| Expected {
            kinds: UNAVAILABLE,
            doubt: Doubt::Allowed,
            ..answered(nature)
        },
    };
    walk::<O>(&ctx, &unavailable).await
}

async fn always_unavailable<O: Operation>(ctx: Context) -> Result<(), Failure> {
    let unavailable = Walk {
        budget: BUDGET,
        fault: Fault::Refuse(Answer::Unavailable(Duration::ZERO)),
        times: usize::MAX,
        wait: Duration::ZERO,
        expected: |nature| Expected {
            end: nature.without_a_request(),
            kinds: UNAVAILABLE,
            doubt: Doubt::Allowed,
            ..answered(nature)
        },
    };
    walk::<O>(&ctx, &unavailable).await
}

async fn senseless<O: Operation>(ctx: Context, fault: Fault) -> Result<(), Failure> {
    let senseless = Walk {
        budget: BUDGET,
        fault,
        times: 1,
        wait: Duration::ZERO,
        expected: |nature| Expected {
            kinds: &[
                ErrorKind::Unavailable,
                ErrorKind::Internal,
                ErrorKind::Corrupt,
            ],
            end: End::Either,
            doubt: Doubt::Allowed,
            ..answered(nature)
        },
    };
    walk::<O>(&ctx, &senseless).await
}
