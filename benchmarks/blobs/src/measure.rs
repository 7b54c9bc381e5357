//! Times of calls that sides take in turns, and the memory that they need.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;

use crate::side::{PART, Side};

const SMALL: usize = 4 << 10;
/// How often each side writes and reads the large blob.
const ROUNDS: usize = 3;
const MIB: u64 = 1 << 20;

/// Medians of putting and getting blobs of 4 KiB.
pub(crate) async fn small(service: &str, sides: &[Box<dyn Side>], blobs: usize) -> Result<()> {
    let content = Bytes::from(vec![7; SMALL]);
    let (mut puts, mut gets) = (vec![Vec::new(); sides.len()], vec![Vec::new(); sides.len()]);
    let mut turns = Turns::of(sides.len());
    for at in 0..blobs {
        for turn in turns.next_round() {
            let side = &sides[turn];
            let key = format!("{}-{at}", side.name());
            let began = Instant::now();
            side.put(&key, content.clone()).await?;
            puts[turn].push(began.elapsed());
        }
    }
    for at in 0..blobs {
        for turn in turns.next_round() {
            let side = &sides[turn];
            let key = format!("{}-{at}", side.name());
            let began = Instant::now();
            let found = side.get(&key).await?;
            gets[turn].push(began.elapsed());
            ensure!(found == content, "{} gave other content", side.name());
        }
    }
    compare(&format!("{service}_put_4k"), sides, &mut puts);
    compare(&format!("{service}_get_4k"), sides, &mut gets);
    Ok(())
}

/// Medians of writing and reading one large blob as a stream, and the memory that takes.
pub(crate) async fn large(service: &str, sides: &[Box<dyn Side>], mib: u64) -> Result<()> {
    let part = Bytes::from(vec![7; PART]);
    let (parts, size) = parts(mib);
    let (mut puts, mut gets) = (vec![Vec::new(); sides.len()], vec![Vec::new(); sides.len()]);
    let mut peaks = vec![(0, 0); sides.len()];
    let mut turns = Turns::of(sides.len());
    for _ in 0..ROUNDS {
        for at in turns.next_round() {
            let side = &sides[at];
            let memory = Memory::start()?;
            let began = Instant::now();
            side.put_parts("large", &part, parts).await?;
            puts[at].push(began.elapsed());
            peaks[at].0 = memory.grown()?.max(peaks[at].0);
            let memory = Memory::start()?;
            let began = Instant::now();
            let read = side.read("large", Duration::ZERO).await?;
            gets[at].push(began.elapsed());
            peaks[at].1 = memory.grown()?.max(peaks[at].1);
            ensure!(read == size, "{} gave {read} bytes", side.name());
        }
    }
    compare(&format!("{service}_put_streamed"), sides, &mut puts);
    compare(&format!("{service}_get_streamed"), sides, &mut gets);
    for (side, (put, get)) in sides.iter().zip(peaks) {
        let name = side.name();
        println!("memory: {service} {name} = {put} MiB to put, {get} MiB to get");
    }
    Ok(())
}

/// What a reader holds at most that is slower than the store.
pub(crate) async fn slow(service: &str, sides: &[Box<dyn Side>], mib: u64) -> Result<()> {
    let part = Bytes::from(vec![7; PART]);
    let (parts, size) = parts(mib);
    let side = sides.first().context("there is no side")?;
    side.put_parts("large", &part, parts).await?;
    let memory = Memory::start()?;
    let began = Instant::now();
    let read = side.read("large", Duration::from_millis(1)).await?;
    let (grown, seconds) = (memory.grown()?, began.elapsed().as_secs());
    ensure!(read == size, "{read} bytes were read");
    println!("memory: {service} slow reader = {grown} MiB for {mib} MiB in {seconds} s");
    Ok(())
}

fn parts(mib: u64) -> (u64, u64) {
    let size = mib * MIB;
    let parts = size.div_ceil(PART as u64);
    (parts, parts * PART as u64)
}

/// Sides in another order in each round, so that none always follows one whose code it shares, which
/// is then in the caches of the processor.
struct Turns {
    order: Vec<usize>,
    state: u64,
}

impl Turns {
    fn of(sides: usize) -> Self {
        Self {
            order: (0..sides).collect(),
            state: 1,
        }
    }

    fn next_round(&mut self) -> Vec<usize> {
        for last in (1..self.order.len()).rev() {
            // Knuth's multiplier and increment; the upper bits are the better ones.
            self.state = self
                .state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let place = (self.state >> 33) % (last as u64 + 1);
            self.order.swap(last, usize::try_from(place).unwrap_or(0));
        }
        self.order.clone()
    }
}

/// The first side is Isobar.
fn compare(what: &str, sides: &[Box<dyn Side>], times: &mut [Vec<Duration>]) {
    let medians: Vec<Duration> = times.iter_mut().map(|times| median(times)).collect();
    for (side, median) in sides.iter().zip(&medians) {
        println!(
            "{what} {}: {:.3} ms",
            side.name(),
            median.as_secs_f64() * 1e3
        );
    }
    let pairs = sides.iter().zip(&medians).skip(1);
    for (peer, median) in pairs {
        let ratio = medians[0].as_secs_f64() / median.as_secs_f64();
        println!("ratio: {what}_isobar_over_{} = {ratio:.3}", peer.name());
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The resident memory of this process, in MiB, since it was started (`proc_pid_status(5)`).
struct Memory(u64);

impl Memory {
    fn start() -> Result<Self> {
        // Sets the peak back to what is resident now (`proc_pid_clear_refs(5)`).
        std::fs::write("/proc/self/clear_refs", "5")?;
        Ok(Self(resident("VmRSS:")?))
    }

    fn grown(&self) -> Result<u64> {
        Ok(resident("VmHWM:")?.saturating_sub(self.0))
    }
}

fn resident(field: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.context("no memory is told")?.parse::<u64>()? >> 10)
}
