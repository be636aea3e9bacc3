//! What the index occupies once everything is applied.

use std::fs;

use serde_json::{Value, json};

use crate::crtc::Crtc;
use crate::workload::Workload;

/// Events that may wait in the queue: it shall not shape the heap.
const WAITING_MAX: usize = 256;

/// Bytes of the index as it stands after the last event, and after its own sweep.
///
/// Both as the smaller of two counts: what glibc has handed out and not got back, and the resident set after
/// `malloc_trim`; each minus the same once the index is dropped.
pub fn measure(workload: &Workload, event_threads: usize) -> Value {
    let index = Crtc::new(event_threads);
    let mut sent = vec![0; workload.workers];
    let (mut waiting, mut stored) = (0, 0);
    for request in workload.requests() {
        stored += request.stored_blocks();
        for event in workload.events(&request, &mut sent) {
            index.enqueue(event);
            waiting += 1;
        }
        if waiting >= WAITING_MAX {
            index.drain();
            waiting = 0;
        }
    }
    index.drain();
    let applied = Footprint::now();
    index.sweep();
    let swept = Footprint::now();
    drop(index);
    let dropped = Footprint::now();
    json!({
        "bytes": applied.beyond(&dropped),
        "swept_bytes": swept.beyond(&dropped),
        "owner_blocks": workload.owner_blocks,
        "stored_blocks": stored,
    })
}

struct Footprint {
    allocated: usize,
    resident: usize,
}

impl Footprint {
    fn now() -> Self {
        // Both are plain calls into glibc that touch nothing of ours.
        let info = unsafe {
            libc::malloc_trim(0);
            libc::mallinfo2()
        };
        Self { allocated: info.uordblks + info.hblkhd, resident: resident_bytes() }
    }

    fn beyond(&self, base: &Self) -> usize {
        let allocated = self.allocated.saturating_sub(base.allocated);
        let resident = self.resident.saturating_sub(base.resident);
        allocated.min(resident)
    }
}

fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells VmRSS");
    let kibibytes = line.trim().trim_end_matches(" kB").parse::<usize>().expect("VmRSS is a number");
    kibibytes * 1024
}
