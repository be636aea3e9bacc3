package io.kvepp.kvcache.bench;

import io.kvepp.worker.WorkerSlots;

/// What [WorkloadGenerator] makes of a trace.
///
/// - `workers`: how many share the requests
/// - `blocksPerWorker`: size of each worker's cache
/// - `copies`: how often the trace is repeated over disjoint contents
/// - `privateHashes`: every worker has external hashes of its own
/// - `eviction`: which of the least recently used blocks go first
/// - `holesEvery`: one inner block of every so many prompts is evicted early; 0 for never
/// - `queries`: whether requests look up, with the exact answer
/// - `seed`: of workers, holes and hashes
///
/// Immutable.
public record WorkloadSpec(
        int workers,
        int blocksPerWorker,
        int copies,
        boolean privateHashes,
        Eviction eviction,
        int holesEvery,
        boolean queries,
        long seed) {
    /// Which end of a prompt is older in a worker's cache.
    public enum Eviction {
        /// As engines do it: a block goes before those it depends on.
        LEAF_FIRST,
        /// The other way round: children stay behind, out of reach, until their parent returns.
        ROOT_FIRST
    }

    public WorkloadSpec {
        check("workers", workers, 1, WorkerSlots.SLOTS_MAX);
        check("blocks-per-worker", blocksPerWorker, 1, 1 << 24);
        check("copies", copies, 1, 1 << 16);
        check("holes", holesEvery, 0, Integer.MAX_VALUE);
    }

    private static void check(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }
}
