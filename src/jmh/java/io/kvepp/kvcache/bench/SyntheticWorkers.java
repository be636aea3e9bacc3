package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// Workers whose full caches are computed instead of kept: any number of blocks, no memory.
///
/// A prompt has [#PROMPT_BLOCKS] blocks: [#PREFIX_BLOCKS] that begin a [#PREFIXES]th of all prompts
/// on all workers, the rest its own. Every worker holds about `blocksPerWorker` blocks.
///
/// Immutable.
record SyntheticWorkers(int workers, int blocksPerWorker, long seed) {
    static final int PROMPT_BLOCKS = 100;
    static final int PREFIX_BLOCKS = 10;
    static final int PREFIXES = 64;

    private static final int OWN_BLOCKS = PROMPT_BLOCKS - PREFIX_BLOCKS;
    private static final long EXTERNAL_STREAM = 0x45585445524EL;

    int promptsPerWorker() {
        return Math.max(PREFIXES, (blocksPerWorker - PREFIXES * PREFIX_BLOCKS) / OWN_BLOCKS);
    }

    long ownerBlocks() {
        return (long) workers * (PREFIXES * PREFIX_BLOCKS + (long) promptsPerWorker() * OWN_BLOCKS);
    }

    /// The local hashes of one prompt.
    long[] prompt(int worker, int prompt) {
        long[] hashes = new long[PROMPT_BLOCKS];
        for (int i = 0; i < PROMPT_BLOCKS; i++) {
            hashes[i] = local(worker, prompt, i);
        }
        return hashes;
    }

    /// The events with which the worker tells its cache, in order; one for each prompt.
    List<RouterEvent> events(int worker) {
        List<RouterEvent> events = new ArrayList<>(promptsPerWorker());
        for (int prompt = 0; prompt < promptsPerWorker(); prompt++) {
            boolean prefixIsNew = prompt < PREFIXES;
            int from = prefixIsNew ? 0 : PREFIX_BLOCKS;
            long[] local = new long[PROMPT_BLOCKS - from];
            long[] external = new long[local.length];
            for (int i = 0; i < local.length; i++) {
                local[i] = local(worker, prompt, from + i);
                external[i] = external(local[i]);
            }
            OptionalLong parent = prefixIsNew
                    ? OptionalLong.empty()
                    : OptionalLong.of(external(local(worker, prompt, PREFIX_BLOCKS - 1)));
            KvCacheEvent stored = new KvCacheEvent.Stored(parent, external, local);
            events.add(new RouterEvent(Workload.rank(worker), StorageTier.DEVICE, prompt + 1, stored));
        }
        return events;
    }

    private long local(int worker, int prompt, int depth) {
        long prefix = prompt % PREFIXES;
        long number = depth < PREFIX_BLOCKS
                ? prefix * PREFIX_BLOCKS + depth
                : ((worker + 1L) * promptsPerWorker() + prompt) * PROMPT_BLOCKS + PREFIXES * PREFIX_BLOCKS + depth;
        return Mix.hash(seed, number);
    }

    private long external(long local) {
        return Mix.hash(EXTERNAL_STREAM, local);
    }
}
