package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The index agrees with the model under random events, whatever its sizes are.
class IndexModelTest {
    private static final int EXPECTED_MAX = 40;

    private final WorkerSlots slots = new WorkerSlots();
    private final List<WorkerWithDpRank> ranks = new ArrayList<>();
    private final ArrayDeque<RouterEvent> expected = new ArrayDeque<>();

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        # what                       | seed | steps  | ranks | length | branchings | own | stray | lower | run  | lines | entries  | kept
        short prompts                |  1   | 200000 |   5   |    6   |     6      |  0  |   0   |   0   | 512  |  256  | 16777216 | -1
        short prompts, all tiers     |  2   | 150000 |   5   |    6   |     6      |  0  |   5   |  40   | 512  |   8   | 16777216 | -1
        many ranks                   |  3   | 150000 |  70   |    5   |     2      |  0  |   2   |   5   | 512  |  256  | 16777216 | -1
        tiny runs and pages          |  4   | 100000 |   4   |   24   |     6      | 30  |   2   |  10   |    3 |   1   | 16777216 | -1
        own names                    |  5   | 100000 |   6   |   12   |     4      | 80  |   0   |   0   | 512  |   2   | 16777216 | -1
        own and stray names          |  6   | 150000 |   6   |    8   |     4      | 50  |  30   |  30   |   5  |   4   | 16777216 | -1
        long prompts                 |  7   |  12000 |   6   |  300   |     8      |  0  |   1   |  10   | 512  |  256  | 16777216 | -1
        long prompts, own names      |  8   |  12000 |   6   |  300   |     8      | 60  |   1   |  10   |  64  |   4   | 16777216 | -1
        full ranks                   |  9   |  60000 |   4   |   20   |     5      | 25  |   5   |  20   |   7  |   4   |    23    | -1
        hashes that all collide      | 10   |  60000 |   5   |   10   |     4      | 40  |  10   |  20   |   4  |  256  | 16777216 | 16492674416640
        hashes that often collide    | 11   |  60000 |   5   |   10   |     4      | 40  |  10   |  20   |   4  |  256  | 16777216 | -4611685537391050752
        """)
    void agreesWithTheModel(
            String what,
            long seed,
            int steps,
            int rankCount,
            int length,
            int branchings,
            int own,
            int stray,
            int lower,
            int run,
            int lines,
            long entries,
            long kept) {
        Random random = new Random(seed);
        IndexLimits limits = new IndexLimits(
                entries, 100_000, run, lines, 1 << 15, new KeyMix(random.nextLong(), random.nextLong() | 1, kept));
        PrefixKvIndexer index = new PrefixKvIndexer(slots, limits);
        NaiveIndex model = new NaiveIndex(entries);
        for (int i = 0; i < rankCount; i++) {
            WorkerWithDpRank rank = new WorkerWithDpRank(1000 + i, 0);
            slots.assign(rank);
            ranks.add(rank);
        }
        RandomEvents events =
                new RandomEvents(random, new RandomEvents.Shape(length, branchings, own, stray, lower), ranks, model);
        for (int step = 1; step <= steps; step++) {
            WorkerWithDpRank rank = events.rank();
            if (random.nextInt(1000) == 0) {
                index.removeRank(rank);
                model.removeRank(rank);
            } else {
                RouterEvent event = events.next(rank);
                apply(index, event);
                model.apply(event);
            }
            checkPrompt(index, model, events.prompt(), rank);
            if (step % 1000 == 0) {
                checkCounts(index, model);
            }
            if (step % 5000 == 0) {
                checkDump(index, model, events);
            }
        }
        ranks.forEach(index::removeRank);
        assertThat(index.stats().blocks()).isZero();
        assertThat(index.stats().ownerBlocks().all()).isZero();
        assertThat(index.parts()).isZero();
    }

    /// Every other event among others that are only expected.
    private void apply(PrefixKvIndexer index, RouterEvent event) {
        expected.addFirst(event);
        if (expected.size() > EXPECTED_MAX) {
            expected.removeLast();
        }
        if (event.eventId() % 2 == 0) {
            index.apply(event);
        } else {
            index.together(List.copyOf(expected), () -> index.apply(event));
        }
    }

    private void checkPrompt(PrefixKvIndexer index, NaiveIndex model, long[] prompt, WorkerWithDpRank changed) {
        BlockHashes hashes = new BlockHashes(prompt, prompt, 16);
        OverlapScores scores = index.findMatches(hashes);
        checkRank(scores, model, prompt, changed);
        checkRank(scores, model, prompt, ranks.get((int) (prompt[prompt.length - 1] % ranks.size())));
    }

    private void checkRank(OverlapScores scores, NaiveIndex model, long[] prompt, WorkerWithDpRank rank) {
        // A million descriptions of assertions that hold are slow.
        if (!Arrays.equals(found(scores, rank), model.matches(rank, prompt))) {
            assertThat(found(scores, rank)).as("%s", rank).isEqualTo(model.matches(rank, prompt));
        }
    }

    private void checkCounts(PrefixKvIndexer index, NaiveIndex model) {
        IndexStats stats = index.stats();
        assertThat(stats.rejected()).isEqualTo(model.rejected());
        assertThat(stats.ownerBlocks()).isEqualTo(model.ownerBlocks());
        assertThat(stats.blocks()).isEqualTo(model.blocks());
    }

    /// What the dump says, another index believes.
    private void checkDump(PrefixKvIndexer index, NaiveIndex model, RandomEvents events) {
        PrefixKvIndexer loaded = new PrefixKvIndexer(slots);
        index.dump(loaded::apply);
        assertThat(loaded.stats().rejected()).isEqualTo(IndexStats.NONE.rejected());
        assertThat(loaded.stats().ownerBlocks()).isEqualTo(model.ownerBlocks());
        assertThat(loaded.stats().blocks()).isEqualTo(model.blocks());
        for (int i = 0; i < 20; i++) {
            long[] prompt = events.prompt();
            BlockHashes hashes = new BlockHashes(prompt, prompt, 16);
            MatchDetails details = loaded.findMatchDetails(hashes);
            for (WorkerWithDpRank rank : ranks) {
                int slot = slots.slotOf(rank);
                assertThat(found(details.scores(), rank)).isEqualTo(model.matches(rank, prompt));
                int device = details.scores().device(slot);
                assertThat(device == 0 || model.calls(rank, details.lastDeviceHashes()[slot], prompt, device))
                        .isTrue();
            }
        }
    }

    private int[] found(OverlapScores scores, WorkerWithDpRank rank) {
        int slot = slots.slotOf(rank);
        return new int[] {scores.device(slot), scores.hostPinned(slot), scores.disk(slot)};
    }
}
