//! What a call takes, and what is printed of it.

#![expect(
    clippy::cast_precision_loss,
    reason = "counts far below what a float has exactly"
)]

use std::alloc::System;
use std::hint::black_box;
use std::time::Instant;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::{Coding, report};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What one call takes.
pub(crate) struct Cost {
    pub(crate) nanoseconds: f64,
    allocations: f64,
    bytes: f64,
}

impl Cost {
    /// The median of ten rounds.
    pub(crate) fn of<T>(coding: &Coding, mut call: impl FnMut() -> T) -> Self {
        let rounds = coding.rounds.max(10) / 10;
        let mut times = Vec::with_capacity(10);
        let region = Region::new(ALLOCATOR);
        for _ in 0..10 {
            let began = Instant::now();
            for _ in 0..rounds {
                black_box(call());
            }
            times.push(began.elapsed().as_secs_f64() * 1e9 / f64::from(rounds));
        }
        let stats = region.change();
        times.sort_by(f64::total_cmp);
        let calls = f64::from(rounds * 10);
        Self {
            nanoseconds: times[5],
            // One vector is the measurement's.
            allocations: (stats.allocations + stats.reallocations) as f64 / calls,
            bytes: stats.bytes_allocated as f64 / calls,
        }
    }

    pub(crate) fn tell(&self, name: &str) {
        report::measured(name, "ns", self.nanoseconds);
        report::measured(name, "allocations", self.allocations);
    }

    /// How many bytes were allocated for each of so many.
    pub(crate) fn bytes_for_each_of(&self, length: usize) -> f64 {
        self.bytes / length as f64
    }
}
