//! Many writers in bad weather, and what comes after it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use isobar::document::{Idempotency, Update, UpdateOptions, Value};
use isobar::{Capability, Collection, Error, ErrorKind};
use isobar_fault_proxy::{Answer, Fault, Proxy};

use super::connections::BROKEN;
use super::verdict::{Doubt, End, Expected, Stored, Told, judge};
use crate::document::sample::{NOTES, field, note};
use crate::{Case, Context, Failure, emulator, expect};

pub(crate) const CASES: &[Case] = &[
    Case::fault(
        "F-050",
        "of what many writers are told in bad weather, all is true",
        "R19 R21 R22",
        |ctx| Box::pin(all_is_true(ctx)),
    ),
    Case::fault(
        "F-060",
        "after a connection that has fallen silent, the next call gets through",
        "R22",
        |ctx| Box::pin(next_call(ctx)),
    ),
    Case::fault(
        "F-061",
        "where nobody listens, a call says so at once and without doubt",
        "R19 R21",
        |ctx| Box::pin(nobody_listens(ctx)),
    ),
];

pub(super) const BUDGET: Duration = Duration::from_secs(10);
pub(super) const WRITERS: usize = 6;
pub(super) const STEPS: usize = 12;
const COUNTER: (&str, &str) = ("all", "counter");

/// How many increments are there for sure, and how many perhaps.
#[derive(Debug, Default)]
struct Tally {
    done: usize,
    unknown: usize,
}

async fn all_is_true(ctx: Context) -> Result<(), Failure> {
    let direct = ctx.collection(&NOTES).await?;
    direct
        .create(&note("all", "counter", [("n", 0.into())]))
        .await?;
    let (behind, proxy) = ctx.behind_a_proxy(&NOTES, BUDGET).await?;
    cloud_over(&proxy, &mut ctx.random());
    let writers = (0..WRITERS).map(|writer| {
        let (behind, direct) = (behind.clone(), direct.clone());
        tokio::spawn(write_in_bad_weather(behind, direct, writer))
    });
    let mut tally = Tally::default();
    for ended in join_all(writers).await {
        let own = ended.map_err(|error| Failure::new(error.to_string()))??;
        tally.done += own.done;
        tally.unknown += own.unknown;
    }
    let counter = direct.fetch(COUNTER).await?.value;
    let Value::Int(count) = field(&counter, "n")? else {
        return Err(Failure::new("the counter is not a whole number"));
    };
    let count = usize::try_from(*count).unwrap_or(usize::MAX);
    let right = tally.done..=tally.done + tally.unknown;
    expect::that(
        right.contains(&count),
        &format!("{count} is counted after {tally:?}"),
    )?;
    expect::that(proxy.clear() > WRITERS, "hardly any request met a fault")
}

/// Something happens to about every fourth request.
pub(super) fn cloud_over(proxy: &Proxy, random: &mut fastrand::Rng) {
    for _ in 0..WRITERS * STEPS {
        let fault = match random.u8(..8) {
            0 | 1 => Fault::CutBefore,
            2 | 3 => Fault::CutAfter,
            4 => Fault::Truncate,
            5 => Fault::Delay(Duration::from_millis(40)),
            6 => Fault::Refuse(Answer::Throttled(Duration::ZERO)),
            _ => Fault::Refuse(Answer::Unavailable(Duration::ZERO)),
        };
        proxy.plan(fault.after(random.usize(..7)));
    }
}

async fn write_in_bad_weather(
    behind: Collection<Value>,
    direct: Collection<Value>,
    writer: usize,
) -> Result<Tally, Failure> {
    let exact = behind.capabilities().has(Capability::ExactWrites);
    let mut tally = Tally::default();
    for step in 0..STEPS {
        let (owner, id) = (format!("writer-{writer}"), step.to_string());
        let created = behind.create(&note(&owner, &id, [])).await.map(drop);
        let there = direct.get((owner.as_str(), id.as_str())).await?.is_some();
        let stored = if there { Stored::Once } else { Stored::Before };
        told_the_truth(created, &stored)?;

        let mut options = UpdateOptions::default();
        if exact {
            options = options.with_idempotency(Idempotency::Exact);
        }
        let update = Update::new().increment("n", 1_i64);
        match behind.update_with(COUNTER, update, options).await {
            Ok(_) => tally.done += 1,
            Err(error) if error.outcome_unknown() => tally.unknown += 1,
            refused @ Err(_) => told_the_truth(refused.map(drop), &Stored::Before)?,
        }
    }
    Ok(tally)
}

pub(super) fn told_the_truth(ended: Result<(), Error>, stored: &Stored) -> Result<(), Failure> {
    let ended = ended.map_err(|error| Told::from(&error));
    let expected = Expected {
        budget: BUDGET,
        kinds: &[
            ErrorKind::Unavailable,
            ErrorKind::DeadlineExceeded,
            ErrorKind::Throttled,
            ErrorKind::Contention,
            ErrorKind::Internal,
        ],
        end: End::Either,
        doubt: Doubt::Allowed,
    };
    judge(&ended, stored, Duration::ZERO, &expected).map_err(Failure::new)
}

/// Whatever a driver has in its pool, a dead connection is not used for ever.
async fn next_call(ctx: Context) -> Result<(), Failure> {
    let budget = Duration::from_millis(2_500);
    let direct = ctx.collection(&NOTES).await?;
    direct.create(&note("a", "1", [])).await?;
    let (behind, proxy) = ctx.behind_a_proxy(&NOTES, budget).await?;
    behind.fetch(("a", "1")).await?;
    proxy.plan(Fault::HoleBefore);
    let first = behind.get(("a", "1")).await;
    let expected = Expected {
        budget,
        kinds: BROKEN,
        end: End::Either,
        doubt: Doubt::Groundless,
    };
    let first = first.map(drop).map_err(|error| Told::from(&error));
    judge(&first, &Stored::Nothing, Duration::ZERO, &expected).map_err(Failure::new)?;
    let found = behind.get(("a", "1")).await?;
    expect::that(found.is_some(), "the next call finds nothing")
}

async fn nobody_listens(ctx: Context) -> Result<(), Failure> {
    let port = emulator::free_port();
    let port = port.map_err(|error| Failure::new(format!("there is no port: {error}")))?;
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let notes = ctx.at_address(&NOTES, nobody, BUDGET)?;
    let began = Instant::now();
    let ended = notes.create(&note("a", "1", [])).await.map(drop);
    let expected = Expected {
        budget: BUDGET / 2,
        kinds: &[ErrorKind::Unavailable],
        end: End::Failure,
        doubt: Doubt::Groundless,
    };
    let ended = ended.map_err(|error| Told::from(&error));
    judge(&ended, &Stored::Before, began.elapsed(), &expected).map_err(Failure::new)?;
    let read = notes.get(("a", "1")).await.map(drop);
    let read = read.map_err(|error| Told::from(&error));
    judge(&read, &Stored::Nothing, Duration::ZERO, &expected).map_err(Failure::new)
}
