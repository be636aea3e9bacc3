package io.kvepp.kvcache.routed;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Random decisions, time and departures, against what the contract says of each block.
class RoutedBlocksModelTest {
    private static final int RANKS = 4;
    private static final int STEPS = 20_000;
    private static final Duration TIME_TO_LIVE = Duration.ofMillis(1_230);
    private static final BlockHasher HASHER = new BlockHasher(2, null, null, false);

    private final AtomicLong nanos = new AtomicLong();
    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer indexer = new PrefixKvIndexer(slots);
    private final List<WorkerWithDpRank> ranks = new ArrayList<>();

    /// Of each rank, when each block expires in nanoseconds, least recently sent first.
    private final Map<WorkerWithDpRank, Map<Long, Long>> model = new HashMap<>();

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
            switch (random.nextInt(10)) {
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
                default -> {
                    BlockHashes prompt = prompt(random);
                    routed.routed(rank, prompt);
                    send(model.get(rank), prompt, blocksPerRankMax);
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

    private void send(Map<Long, Long> rank, BlockHashes prompt, int blocksMax) {
        for (int block = Math.min(prompt.count(), blocksMax) - 1; block >= 0; block--) {
            rank.remove(prompt.sequence()[block]);
            rank.put(prompt.sequence()[block], nanos.get() + TIME_TO_LIVE.toNanos());
        }
        Iterator<Long> oldest = rank.keySet().iterator();
        while (rank.size() > blocksMax) {
            oldest.next();
            oldest.remove();
        }
    }

    /// In whole tenths of a second, rounded up.
    private void expire(Map<Long, Long> rank) {
        rank.values().removeIf(expiry -> (expiry + 99_999_999) / 100_000_000 * 100_000_000 <= nanos.get());
    }

    /// From a small tree: each token one of three.
    private static BlockHashes prompt(Random random) {
        return HASHER.hash(random.ints(random.nextInt(13), 0, 3).toArray());
    }
}
