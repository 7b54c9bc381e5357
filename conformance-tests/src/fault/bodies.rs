//! Bodies that are cut off, fall silent, or are not what is stored.

use std::time::{Duration, Instant};

use isobar::blob::{ByteRange, GetBlobOptions};
use isobar::{Bucket, Capability, ErrorKind};
use isobar_fault_proxy::{Fault, Proxy};

use super::connections::BROKEN;
use super::verdict::{Doubt, End, Expected, Stored, Told, judge};
use crate::blob::sample::content;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob_fault(
        "B-224",
        "a body that is cut off goes on at its byte, of the same version or not at all",
        "K5 R21",
        |ctx| Box::pin(resumed(ctx)),
    )
    .needs(&[Capability::PinnedReads]),
    Case::blob_fault(
        "B-225",
        "a body that is cut off for good, shortened or changed is never given as the blob",
        "K5 K8 R19",
        |ctx| Box::pin(never_as_whole(ctx)),
    ),
    Case::blob_fault(
        "F-123",
        "a body that falls silent goes on through another connection",
        "K5 R22",
        |ctx| Box::pin(silent_once(ctx)),
    )
    .needs(&[Capability::PinnedReads]),
    Case::blob_fault(
        "F-124",
        "where every body falls silent, reading ends in time",
        "R22",
        |ctx| Box::pin(always_silent(ctx)),
    ),
];

const BUDGET: Duration = Duration::from_secs(10);
const IMPATIENT: Duration = Duration::from_secs(3);
const SIZE: usize = 200_000;
const KEY: &str = "a";
const GET: &str = "GET ";

/// A blob, directly and behind a proxy.
async fn stored(ctx: &Context, budget: Duration) -> Result<(Bucket, Bucket, Proxy), Failure> {
    let direct = ctx.bucket().await?;
    direct.put(KEY, content(SIZE)).await?;
    let (behind, proxy) = ctx.bucket_behind_a_proxy(&direct, budget).await?;
    Ok((direct, behind, proxy))
}

fn ranges() -> [(ByteRange, std::ops::Range<usize>); 3] {
    [
        (ByteRange::Full, 0..SIZE),
        ((1_000..150_000).into(), 1_000..150_000),
        (ByteRange::Suffix(120_000), SIZE - 120_000..SIZE),
    ]
}

async fn read(bucket: &Bucket, range: ByteRange) -> isobar::Result<Vec<u8>> {
    let options = GetBlobOptions::default().with_range(range);
    let blob = bucket.get_with(KEY, options).await?;
    blob.bytes().await.map(Vec::from)
}

async fn resumed(ctx: Context) -> Result<(), Failure> {
    let (direct, behind, proxy) = stored(&ctx, BUDGET).await?;
    let (whole, version) = (content(SIZE), direct.head(KEY).await?.version);
    for (range, selected) in ranges() {
        let asked = proxy.count(GET);
        proxy.plan(Fault::Truncate.on(GET));
        let found = read(&behind, range).await?;
        expect::equal("what was read", &found, &whole[selected.clone()].to_vec())?;
        expect::equal("the cut bodies", &proxy.clear(), &1)?;
        expect::equal("the requests", &(proxy.count(GET) - asked), &2)?;
        let last = proxy.requests().pop().unwrap_or_default();
        let last = String::from_utf8_lossy(&last).to_lowercase();
        let pinned = last.contains(&version.as_str().to_lowercase());
        let again = format!("range: bytes={}-", selected.start);
        let goes_on = last.contains("range: bytes=") && !last.contains(&again);
        expect::that(
            pinned && goes_on,
            &format!("{range:?} is resumed by {last}"),
        )?;
    }
    proxy.plan(Fault::Truncate.on(GET));
    let blob = behind.get(KEY).await?;
    direct.put(KEY, content(2 * SIZE)).await?;
    let ended = blob.bytes().await;
    expect::kind(
        "reading on what was replaced",
        ended,
        ErrorKind::PreconditionFailed,
    )?;
    Ok(())
}

/// What is read is right, or an error of a kind that says why.
async fn never_as_whole(ctx: Context) -> Result<(), Failure> {
    let (_direct, behind, proxy) = stored(&ctx, BUDGET).await?;
    let whole = content(SIZE);
    for (fault, times, kinds) in [
        (Fault::Truncate, usize::MAX, BROKEN),
        (Fault::Shorten, usize::MAX, DIFFERENT),
        (Fault::Shorten, 1, DIFFERENT),
        (Fault::Flip, 1, &[ErrorKind::Corrupt]),
    ] {
        for (range, selected) in ranges() {
            // Nothing tells that a part has the right bytes but the checksum of the whole.
            if matches!(fault, Fault::Flip) && range != ByteRange::Full {
                continue;
            }
            let what = format!("{fault:?} of {range:?}");
            proxy.plan(fault.clone().on(GET).times(times));
            let ended = read(&behind, range).await;
            expect::that(proxy.clear() > 0, "no request met the fault")?;
            match ended {
                Ok(found) => {
                    expect::equal(&what, &found, &whole[selected].to_vec())?;
                }
                Err(error) => {
                    let told = Told::from(&error);
                    let right = kinds.contains(&told.kind) && !told.outcome_unknown;
                    expect::that(right, &format!("{what}: {}", told.text))?;
                }
            }
        }
    }
    Ok(())
}

/// What a store may say whose answers do not fit together.
const DIFFERENT: &[ErrorKind] = &[
    ErrorKind::Corrupt,
    ErrorKind::Internal,
    ErrorKind::Unavailable,
];

async fn silent_once(ctx: Context) -> Result<(), Failure> {
    let (_direct, behind, proxy) = stored(&ctx, IMPATIENT).await?;
    proxy.plan(Fault::Stall.on(GET));
    let began = Instant::now();
    let found = read(&behind, ByteRange::Full).await?;
    expect::equal("the silent bodies", &proxy.clear(), &1)?;
    expect::equal("the blob", &found, &content(SIZE))?;
    let took = began.elapsed();
    expect::that(took < 2 * IMPATIENT, &format!("it took {took:?}"))
}

async fn always_silent(ctx: Context) -> Result<(), Failure> {
    let (_direct, behind, proxy) = stored(&ctx, IMPATIENT).await?;
    proxy.plan(Fault::Stall.on(GET));
    proxy.plan(Fault::HoleBefore.on(GET).times(usize::MAX));
    let blob = behind.get(KEY).await?;
    let began = Instant::now();
    let ended = blob.bytes().await.map(drop);
    let expected = Expected {
        budget: IMPATIENT,
        kinds: BROKEN,
        end: End::Failure,
        doubt: Doubt::Groundless,
    };
    let ended = ended.map_err(|error| Told::from(&error));
    judge(&ended, &Stored::Nothing, began.elapsed(), &expected).map_err(Failure::new)
}
