//! What is measured: the same phases as kv-epp's own driver has.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dynamo_kv_router::protocols::{LocalBlockHash, RouterEvent, WorkerWithDpRank};
use serde_json::{Value, json};

use crate::crtc::Crtc;
use crate::samples::Samples;
use crate::workload::Workload;

const IDLE_PASSES: usize = 3;
/// Wrong counts that are told one by one.
const TOLD_MAX: usize = 64;

type Query = Vec<LocalBlockHash>;

/// Every request in turn: looks up, compares with the exact count, then applies the request's events to the end.
pub fn check(workload: &Workload, event_threads: usize) -> Value {
    let index = Crtc::new(event_threads);
    let mut sent = vec![0; workload.workers];
    let mut matched = 0u64;
    let (mut over, mut under) = ([0u64; 2], [0u64; 2]);
    let mut told = Vec::new();
    for (number, request) in workload.requests().enumerate() {
        let scores = index.find_matches(&workload.query(&request)).scores;
        matched += scores.values().map(|&blocks| u64::from(blocks)).sum::<u64>();
        for (worker, &exact) in workload.expected(number).iter().enumerate() {
            let rank = WorkerWithDpRank::new(worker as u64 + 1, 0);
            let counted = scores.get(&rank).copied().unwrap_or(0);
            let exact = u32::from(exact);
            if counted == exact {
                continue;
            }
            let wrong = if counted > exact { &mut over } else { &mut under };
            wrong[0] += 1;
            wrong[1] += u64::from(counted.abs_diff(exact));
            if told.len() < TOLD_MAX {
                told.push(json!([number, worker, exact, counted]));
            }
        }
        for event in workload.events(&request, &mut sent) {
            index.enqueue(event);
        }
        index.drain();
    }
    json!({
        "matched": matched,
        "over_pairs": over[0], "over_blocks": over[1],
        "under_pairs": under[0], "under_blocks": under[1],
        "wrong": told,
    })
}

/// One measured run of every timed phase, each on a new index.
pub fn run(workload: &Workload, event_threads: usize) -> Value {
    let queries: Vec<Query> = workload.requests().map(|request| workload.query(&request)).collect();
    let index = Crtc::new(event_threads);
    let apply = apply_all(&index, events(workload));
    let idle = look_up_idle(&index, &queries);
    drop(index);
    let (busy_apply, busy) = apply_beside_a_looping_reader(&Crtc::new(event_threads), events(workload), &queries);
    let mixed = apply_beside_one_pass(&Crtc::new(event_threads), events(workload), &queries);
    json!({
        "apply_seconds": apply.as_secs_f64(),
        "idle": idle.summary(),
        "busy_apply_seconds": busy_apply.as_secs_f64(),
        "busy": busy.summary(),
        "mixed_seconds": mixed.as_secs_f64(),
        "event_blocks": workload.requests().map(|request| request.event_blocks()).sum::<usize>(),
        "query_blocks": queries.iter().map(Vec::len).sum::<usize>(),
    })
}

fn events(workload: &Workload) -> Vec<RouterEvent> {
    let mut sent = vec![0; workload.workers];
    workload.requests().flat_map(|request| workload.events(&request, &mut sent)).collect()
}

/// The time until the last event is applied, not only handed over.
fn apply_all(index: &Crtc, events: Vec<RouterEvent>) -> Duration {
    let started = Instant::now();
    for event in events {
        index.enqueue(event);
    }
    index.drain();
    started.elapsed()
}

/// The clock stops before the result is dropped.
fn look_up(index: &Crtc, query: &Query) -> Duration {
    let started = Instant::now();
    let scores = index.find_matches(query);
    let elapsed = started.elapsed();
    black_box(scores);
    elapsed
}

fn look_up_idle(index: &Crtc, queries: &[Query]) -> Samples {
    for query in queries {
        look_up(index, query);
    }
    let mut samples = Samples::default();
    for _ in 0..IDLE_PASSES {
        for query in queries {
            samples.add(look_up(index, query));
        }
    }
    samples
}

fn apply_beside_a_looping_reader(index: &Crtc, events: Vec<RouterEvent>, queries: &[Query]) -> (Duration, Samples) {
    let applied = AtomicBool::new(false);
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut samples = Samples::default();
            start.wait();
            for query in queries.iter().cycle() {
                if applied.load(Ordering::Relaxed) {
                    break;
                }
                samples.add(look_up(index, query));
            }
            samples
        });
        start.wait();
        let apply = apply_all(index, events);
        applied.store(true, Ordering::Relaxed);
        (apply, reader.join().expect("the reader does not panic"))
    })
}

/// The time until both are done: one pass of all queries, and all events applied.
fn apply_beside_one_pass(index: &Crtc, events: Vec<RouterEvent>, queries: &[Query]) -> Duration {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            start.wait();
            for query in queries {
                black_box(index.find_matches(query));
            }
        });
        start.wait();
        let started = Instant::now();
        apply_all(index, events);
        reader.join().expect("the reader does not panic");
        started.elapsed()
    })
}
