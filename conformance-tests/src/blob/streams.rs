//! Content that is larger than the memory it may take.

use std::convert::Infallible;
use std::fs;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::iter;
use isobar::blob::PutBlobOptions;

use super::sample::content;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[Case::blob(
    "B-227",
    "256 MiB are streamed in, and out to a slow reader, within 64 MiB of memory",
    "K5 K7",
    |ctx| Box::pin(little_memory(ctx)),
)
.alone()];

const MIB: usize = 1 << 20;
const SIZE: usize = 256;
const MOST: usize = 64 * MIB;

async fn little_memory(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("warm", "up").await?;
    let piece = Bytes::from(content(MIB));
    let mut memory = Memory::begin()?;
    let mut taken = Vec::new();
    let pieces = (0..SIZE).map(|_| {
        taken.push(resident());
        Ok::<_, Infallible>(piece.clone())
    });
    let options = PutBlobOptions::default().with_size((SIZE * MIB) as u64);
    bucket.put_stream("a", iter(pieces), options).await?;
    for bytes in taken {
        memory.note(bytes?);
    }
    memory.check("to store it", MOST)?;
    let mut memory = Memory::begin()?;
    let mut blob = bucket.get("a").await?;
    let mut read = 0;
    while let Some(chunk) = blob.body.chunk().await {
        let chunk = chunk?;
        if read == 0 {
            // What the store sends meanwhile must wait on its way.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        memory.note(resident()?);
        let at = read % MIB;
        let first = chunk.len().min(MIB - at);
        expect::that(chunk[..first] == piece[at..at + first], "other bytes")?;
        read += chunk.len();
    }
    expect::equal("the bytes read", &read, &(SIZE * MIB))?;
    memory.check("to read it", MOST)?;
    bucket.delete("a").await?;
    Ok(())
}

/// The memory of this process, from a moment on.
struct Memory {
    before: usize,
    most: usize,
}

impl Memory {
    fn begin() -> Result<Self, Failure> {
        let before = resident()?;
        Ok(Self {
            before,
            most: before,
        })
    }

    fn note(&mut self, bytes: usize) {
        self.most = self.most.max(bytes);
    }

    fn check(&self, what: &str, most: usize) -> Result<(), Failure> {
        let took = self.most - self.before;
        let mib = took.div_ceil(MIB);
        expect::that(took <= most, &format!("it took {mib} MiB {what}"))
    }
}

/// Bytes of memory that this process holds, as Linux tells.
fn resident() -> Result<usize, Failure> {
    let untold = || Failure::new("the system does not tell how much memory this process holds");
    let told = fs::read_to_string("/proc/self/statm").map_err(|_| untold())?;
    let pages = told.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    let pages: usize = pages.ok_or_else(untold)?;
    Ok(pages * 4_096)
}
