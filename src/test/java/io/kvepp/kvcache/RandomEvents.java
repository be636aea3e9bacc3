package io.kvepp.kvcache;

import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

/// Events of a few ranks about few prompts, so that shared prefixes, holes, restores, duplicates and
/// contradictions are common.
///
/// Confined to one thread.
final class RandomEvents {
    /// - `lengthMax`: blocks of a prompt
    /// - `branchings`: at how many depths prompts part, two ways each
    /// - `ownNames`: of ranks that call blocks otherwise than the rest, in percent
    /// - `strayNames`: stored names that are those of another block or rank, per thousand
    /// - `lowerTiers`: events of other tiers than the first, in percent
    record Shape(int lengthMax, int branchings, int ownNames, int strayNames, int lowerTiers) {}

    private final Random random;
    private final Shape shape;
    private final List<WorkerWithDpRank> ranks;
    private final NaiveIndex model;
    private long eventId;

    RandomEvents(Random random, Shape shape, List<WorkerWithDpRank> ranks, NaiveIndex model) {
        this.random = random;
        this.shape = shape;
        this.ranks = ranks;
        this.model = model;
    }

    WorkerWithDpRank rank() {
        return ranks.get(
                random.nextBoolean() ? random.nextInt(Math.min(3, ranks.size())) : random.nextInt(ranks.size()));
    }

    RouterEvent next(WorkerWithDpRank rank) {
        StorageTier tier = random.nextInt(100) < shape.lowerTiers
                ? StorageTier.values()[1 + random.nextInt(3)]
                : StorageTier.DEVICE;
        int kind = random.nextInt(1000);
        KvCacheEvent event = kind < 2 ? new KvCacheEvent.Cleared() : kind < 400 ? removed(rank) : stored(rank);
        return new RouterEvent(rank, tier, ++eventId, event);
    }

    /// A path of local hashes.
    long[] prompt() {
        long[] local = new long[1 + random.nextInt(shape.lengthMax)];
        int branch = 0;
        for (int i = 0; i < local.length; i++) {
            if (i % Math.max(1, shape.lengthMax / shape.branchings) == 0 && random.nextInt(3) == 0) {
                branch = 2 * branch + 1 & 0xFF;
            }
            local[i] = 1000L * branch + i;
        }
        return local;
    }

    private KvCacheEvent stored(WorkerWithDpRank rank) {
        long[] prompt = prompt();
        int from = random.nextInt(3) == 0 ? 0 : random.nextInt(prompt.length);
        int to = random.nextInt(4) == 0 ? from + 1 : prompt.length;
        long[] names = new long[to - from];
        for (int i = 0; i < names.length; i++) {
            names[i] = random.nextInt(1000) < shape.strayNames ? strayName(rank) : name(rank, prompt, from + i + 1);
        }
        OptionalLong parent = from == 0 ? OptionalLong.empty() : OptionalLong.of(name(rank, prompt, from));
        if (random.nextInt(1000) < shape.strayNames) {
            parent = OptionalLong.of(strayName(rank));
        }
        return new KvCacheEvent.Stored(parent, names, Arrays.copyOfRange(prompt, from, to));
    }

    private long strayName(WorkerWithDpRank rank) {
        if (random.nextBoolean()) {
            return model.name(random.nextInt(3) == 0 ? rank() : rank, random);
        }
        long[] extremes = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, random.nextInt(50)};
        return extremes[random.nextInt(extremes.length)];
    }

    private KvCacheEvent removed(WorkerWithDpRank rank) {
        if (random.nextInt(4) == 0) {
            long[] some = new long[1 + random.nextInt(3)];
            Arrays.setAll(some, _ -> model.name(rank, random));
            return new KvCacheEvent.Removed(some);
        }
        long[] prompt = prompt();
        int from = random.nextInt(prompt.length);
        long[] names = new long[prompt.length - from];
        boolean leafFirst = random.nextInt(4) != 0;
        for (int i = 0; i < names.length; i++) {
            names[i] = name(rank, prompt, leafFirst ? prompt.length - i : from + i + 1);
        }
        return new KvCacheEvent.Removed(names);
    }

    /// What the rank calls the block at `depth`: what all call it, or what it alone does.
    private long name(WorkerWithDpRank rank, long[] prompt, int depth) {
        long name = 17;
        for (int i = 0; i < depth; i++) {
            name = 31 * name + prompt[i];
        }
        name *= 0x9E3779B97F4A7C15L;
        return Long.remainderUnsigned(rank.workerId() * 37, 100) < shape.ownNames ? name + rank.workerId() : name;
    }
}
