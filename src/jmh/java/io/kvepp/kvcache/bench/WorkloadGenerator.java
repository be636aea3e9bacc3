package io.kvepp.kvcache.bench;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Makes a workload of a trace: workers with caches of a fixed size that serve its requests.
///
/// Each request looks its prompt up, then goes to a random worker. That worker stores what it lacks
/// of the prompt (one event for each stretch of missing blocks), then evicts its least recently used
/// blocks down to its size (one event).
///
/// *Confined* to one thread.
public final class WorkloadGenerator {
    /*
     * Which block is the oldest
     * -------------------------
     * Leaf first, a prompt's blocks are used from its last to its first: a block is then always
     * newer than every block that follows it on the worker, so the oldest is always a leaf.
     */
    private static final int[] NO_ROWS = new int[0];
    private static final short[] NO_DEPTHS = new short[0];

    private final WorkloadSpec spec;
    private final PromptTree tree;
    private final BlockLru[] caches;
    private final HeldBlocks held;
    private final WorkloadFile file;
    private final RandomGenerator random;
    private int[] rows = new int[64];
    private int events;

    private WorkloadGenerator(WorkloadSpec spec, PromptTree tree) {
        this.spec = spec;
        this.tree = tree;
        caches = new BlockLru[spec.workers()];
        Arrays.setAll(caches, worker -> new BlockLru());
        held = new HeldBlocks(spec.queries() ? tree.blocks() : 0, spec.workers());
        file = new WorkloadFile(spec.workers());
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(spec.seed());
    }

    /// Returns the workload; the same arguments always give the same one.
    public static WorkloadFile generate(Trace trace, WorkloadSpec spec) {
        return new WorkloadGenerator(spec, new PromptTree(trace, spec.copies(), spec.seed())).generate();
    }

    private WorkloadFile generate() {
        for (int block = 0; block < tree.blocks(); block++) {
            file.row(tree.externalHash(block), tree.localHash(block));
        }
        int served = 0;
        for (int copy = 0; copy < tree.copies(); copy++) {
            for (int prompt = 0; prompt < tree.prompts(); prompt++) {
                serve(tree.path(copy, prompt), ++served);
            }
        }
        return file;
    }

    private void serve(int[] path, int number) {
        if (spec.queries()) {
            file.request(path, held.prefixes(path));
        } else {
            file.request(NO_ROWS, NO_DEPTHS);
        }
        int worker = random.nextInt(spec.workers());
        int eventsAt = file.word(0);
        events = 0;
        store(worker, path);
        use(caches[worker], path);
        evict(worker);
        if (spec.holesEvery() > 0 && number % spec.holesEvery() == 0) {
            evictOneInside(worker, path);
        }
        file.word(eventsAt, events);
    }

    private void store(int worker, int[] path) {
        BlockLru cache = caches[worker];
        int parentRow = BlockLru.NONE;
        int depth = 0;
        while (depth < path.length) {
            int row = cache.rowOf(path[depth]);
            if (row != BlockLru.NONE) {
                parentRow = row;
                depth++;
                continue;
            }
            int count = 0;
            for (; depth < path.length && cache.rowOf(path[depth]) == BlockLru.NONE; depth++) {
                int added = newRow(worker, path[depth]);
                cache.add(path[depth], added);
                hold(worker, path[depth], true);
                note(count++, added);
            }
            file.event(worker, WorkloadFile.STORED, parentRow, rows, count);
            events++;
            parentRow = rows[count - 1];
        }
    }

    /// How the worker's events name a block that it stores now.
    private int newRow(int worker, int block) {
        return spec.privateHashes() ? file.row(tree.externalHash(block, worker), tree.localHash(block)) : block;
    }

    private void use(BlockLru cache, int[] path) {
        for (int i = 0; i < path.length; i++) {
            cache.touch(
                    switch (spec.eviction()) {
                        case LEAF_FIRST -> path[path.length - 1 - i];
                        case ROOT_FIRST -> path[i];
                    });
        }
    }

    private void evict(int worker) {
        BlockLru cache = caches[worker];
        int count = 0;
        while (cache.size() > spec.blocksPerWorker()) {
            note(count++, takeOut(worker, cache.oldestBlock()));
        }
        if (count > 0) {
            file.event(worker, WorkloadFile.REMOVED, BlockLru.NONE, rows, count);
            events++;
        }
    }

    private void evictOneInside(int worker, int[] path) {
        if (path.length <= 2) {
            return;
        }
        int block = path[1 + random.nextInt(path.length - 2)];
        if (caches[worker].rowOf(block) != BlockLru.NONE) {
            note(0, takeOut(worker, block));
            file.event(worker, WorkloadFile.REMOVED, BlockLru.NONE, rows, 1);
            events++;
        }
    }

    private int takeOut(int worker, int block) {
        int row = caches[worker].rowOf(block);
        caches[worker].remove(block);
        hold(worker, block, false);
        return row;
    }

    private void hold(int worker, int block, boolean holds) {
        if (!spec.queries()) {
            return;
        }
        if (holds) {
            held.add(worker, block);
        } else {
            held.remove(worker, block);
        }
    }

    private void note(int index, int row) {
        if (index == rows.length) {
            rows = Arrays.copyOf(rows, 2 * index);
        }
        rows[index] = row;
    }
}
