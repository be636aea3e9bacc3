package io.kvepp.kvcache.routed;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Random decisions, some taken back, time, departures and what other replicas say, against what the
/// contract says of each block.
class RoutedBlocksModelTest {
    private static final int RANKS = 4;
    private static final int STEPS = 20_000;
    private static final Duration TIME_TO_LIVE = Duration.ofMillis(1_230);
    private static final BlockHasher HASHER = new BlockHasher(2, null, null, false);

    private final AtomicLong nanos = new AtomicLong();
    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer indexer = new PrefixKvIndexer(slots);
    private final List<WorkerWithDpRank> ranks = new ArrayList<>();

    /// Of each rank, its blocks, least recently sent first.
    private final Map<WorkerWithDpRank, Map<Long, Held>> model = new HashMap<>();

    private final List<Decided> decided = new ArrayList<>();
    private final Set<Integer> undone = new HashSet<>();
    private int decisions;

    /// When a block expires in nanoseconds, the decision that made it, how many stand for it.
    private record Held(long expiryNanos, int maker, int standing) {}

    private record Decided(WorkerWithDpRank rank, BlockHashes prompt, int blocks, int number, PrefixFinder.Undo undo) {}

    @ParameterizedTest
    @CsvSource({"1, 40", "2, 40", "3, 7", "4, 1", "5, 100000", "6, 100000"})
    void holdsExactlyWhatWasSentAndHasNotExpired(long seed, int blocksPerRankMax) {
        Random random = new Random(seed);
        RoutedBlocks routed =
                new RoutedBlocks(indexer, slots, new RoutedBlocks.Limits(TIME_TO_LIVE, blocksPerRankMax), nanos::get);
        for (int i = 0; i < RANKS; i++) {
            WorkerWithDpRank rank = new WorkerWithDpRank(i, i % 2);
            slots.assign(rank);
            ranks.add(rank);
            model.put(rank, new LinkedHashMap<>());
        }
        for (int step = 0; step < STEPS; step++) {
            WorkerWithDpRank rank = ranks.get(random.nextInt(RANKS));
            switch (random.nextInt(12)) {
                case 0, 1 -> nanos.addAndGet(random.nextLong(400_000_000));
                case 2, 3 -> {
                    routed.expire();
                    model.values().forEach(this::expire);
                }
                case 4 -> {
                    if (random.nextInt(20) == 0) {
                        routed.removeRank(rank, () -> {});
                        model.get(rank).clear();
                    }
                }
                case 5 -> undo(random);
                case 6 -> adopt(routed, rank, prompt(random), random.nextInt(6), blocksPerRankMax);
                default -> {
                    BlockHashes prompt = prompt(random);
                    int blocks = Math.min(prompt.count(), blocksPerRankMax);
                    decided.add(new Decided(rank, prompt, blocks, ++decisions, routed.routed(rank, prompt)));
                    send(model.get(rank), prompt, blocks);
                    dropBeyond(model.get(rank), blocksPerRankMax);
                }
            }
            check(prompt(random));
        }
        long held = model.values().stream().mapToLong(Map::size).sum();
        assertThat(routed.blocks()).isEqualTo(held);
        assertThat(indexer.stats().ownerBlocks().all()).isEqualTo(held);
        assertThat(indexer.stats().rejected().unknownHashes()).isZero();
        assertThat(indexer.stats().rejected().unknownParents()).isZero();
    }

    private void check(BlockHashes prompt) {
        for (WorkerWithDpRank rank : ranks) {
            int expected = 0;
            while (expected < prompt.count() && model.get(rank).containsKey(prompt.sequence()[expected])) {
                expected++;
            }
            assertThat(indexer.findMatches(prompt).device(slots.slotOf(rank))).isEqualTo(expected);
        }
    }

    /// Long after some, and twice after others.
    private void undo(Random random) {
        if (decided.isEmpty()) {
            return;
        }
        int recent = Math.min(decided.size(), random.nextBoolean() ? 3 : 200);
        Decided taken = decided.get(decided.size() - 1 - random.nextInt(recent));
        if (random.nextBoolean()) {
            decided.remove(taken);
        }
        taken.undo.undo();
        if (undone.add(taken.number)) {
            for (int block = 0; block < taken.blocks; block++) {
                model.get(taken.rank)
                        .computeIfPresent(
                                taken.prompt.sequence()[block],
                                (_, held) -> held.maker > taken.number
                                        ? held
                                        : held.standing == 1
                                                ? null
                                                : new Held(held.expiryNanos, held.maker, held.standing - 1));
            }
        }
    }

    private void adopt(RoutedBlocks routed, WorkerWithDpRank rank, BlockHashes prompt, int from, int blocksMax) {
        if (from >= prompt.count()) {
            return;
        }
        Map<Long, Held> blocks = model.get(rank);
        long[] sequence = prompt.sequence();
        boolean expected = blocks.size() + prompt.count() - from <= blocksMax
                && (from == 0 || blocks.containsKey(sequence[from - 1]));
        KvCacheEvent.Stored stored = new KvCacheEvent.Stored(
                from == 0 ? OptionalLong.empty() : OptionalLong.of(sequence[from - 1]),
                Arrays.copyOfRange(sequence, from, prompt.count()),
                Arrays.copyOfRange(prompt.local(), from, prompt.count()));
        assertThat(routed.adopt(new RouterEvent(rank, StorageTier.DEVICE, 1, stored)))
                .isEqualTo(expected);
        if (expected) {
            decisions++;
            send(blocks, prompt, prompt.count());
        }
    }

    private void send(Map<Long, Held> rank, BlockHashes prompt, int blocks) {
        for (int block = blocks - 1; block >= 0; block--) {
            Held before = rank.remove(prompt.sequence()[block]);
            rank.put(
                    prompt.sequence()[block],
                    new Held(
                            nanos.get() + TIME_TO_LIVE.toNanos(),
                            before == null ? decisions : before.maker,
                            before == null ? 1 : before.standing + 1));
        }
    }

    private static void dropBeyond(Map<Long, Held> rank, int blocksMax) {
        Iterator<Long> oldest = rank.keySet().iterator();
        while (rank.size() > blocksMax) {
            oldest.next();
            oldest.remove();
        }
    }

    /// In whole tenths of a second, rounded up.
    private void expire(Map<Long, Held> rank) {
        rank.values().removeIf(held -> (held.expiryNanos + 99_999_999) / 100_000_000 * 100_000_000 <= nanos.get());
    }

    /// From a small tree: each token one of three.
    private static BlockHashes prompt(Random random) {
        return HASHER.hash(random.ints(random.nextInt(13), 0, 3).toArray());
    }
}
