//! Times of single lookups.

use std::time::Duration;

use serde_json::{Value, json};

/// Samples that are kept; of more, the newest.
const KEPT_MAX: usize = 1 << 22;

/// Nanoseconds of single lookups.
#[derive(Default)]
pub struct Samples {
    nanos: Vec<u32>,
    taken: usize,
}

impl Samples {
    pub fn add(&mut self, elapsed: Duration) {
        let nanos = u32::try_from(elapsed.as_nanos()).unwrap_or(u32::MAX);
        if self.nanos.len() < KEPT_MAX {
            self.nanos.push(nanos);
        } else {
            self.nanos[self.taken % KEPT_MAX] = nanos;
        }
        self.taken += 1;
    }

    /// Their number, and percentiles in microseconds by nearest rank; no percentiles without samples.
    pub fn summary(mut self) -> Value {
        self.nanos.sort_unstable();
        let micros = |share: f64| {
            let rank = (share * self.nanos.len() as f64).ceil() as usize;
            self.nanos.get(rank.max(1) - 1).map(|&n| f64::from(n) / 1e3)
        };
        json!({
            "lookups": self.taken,
            "p50_us": micros(0.5),
            "p99_us": micros(0.99),
            "p999_us": micros(0.999),
        })
    }
}
