package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Readers beside the writer see only states that existed.
///
/// The writer keeps to rules that say which lengths a rank can ever have on a prompt; a reader that
/// mixes two states sees others. `-Dkvepp.stress.seconds=N` runs each test for N seconds.
class IndexStressTest {
    private static final Duration EACH = Duration.ofSeconds(Long.getLong("kvepp.stress.seconds", 3));
    private static final WorkerWithDpRank STEADY = new WorkerWithDpRank(1, 0);
    private static final WorkerWithDpRank TOGGLED = new WorkerWithDpRank(2, 0);
    private static final int CHURNING = 6;
    private static final int WAY = 300;
    private static final int HELD = 60;

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index = new PrefixKvIndexer(
            slots,
            new IndexLimits(IndexLimits.ENTRIES_PER_RANK_MAX, 100_000, 64, 8, 1 << 15, KeyMix.random(new Random(1))));
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicReference<String> wrong = new AtomicReference<>();
    private final AtomicLong lookups = new AtomicLong();
    private long eventId;

    IndexStressTest() {
        slots.assign(STEADY);
        slots.assign(TOGGLED);
        for (int i = 0; i < CHURNING; i++) {
            slots.assign(churning(i));
        }
    }

    /// The rank always holds all blocks of a long prompt but two, and never both of these: the first
    /// and the last. So it matches all but the last, or nothing. A reader that sees the first before
    /// it goes, and after a long way the last, finds them together.
    @Test
    void blocksThatWereNeverHeldTogetherDoNotMatchTogether() throws InterruptedException {
        long[] prompt = new SplittableRandom(1).longs(WAY).toArray();
        int slot = slots.slotOf(TOGGLED);
        store(TOGGLED, OptionalLong.empty(), prompt);
        remove(TOGGLED, new long[] {prompt[WAY - 1]});
        for (int depth = 1; depth < WAY; depth++) {
            // Another way on at every depth: each block is a node of its own.
            long[] parted = Arrays.copyOf(prompt, depth + 1);
            parted[depth] = -depth;
            store(STEADY, OptionalLong.empty(), parted);
        }
        run(
                () -> {
                    int length = index.findMatches(hashes(prompt)).device(slot);
                    return length == 0 || length == WAY - 1 ? null : "matched " + length;
                },
                round -> {
                    remove(TOGGLED, new long[] {prompt[0]});
                    store(TOGGLED, OptionalLong.of(prompt[WAY - 2]), new long[] {prompt[WAY - 1]});
                    remove(TOGGLED, new long[] {prompt[WAY - 1]});
                    store(TOGGLED, OptionalLong.empty(), new long[] {prompt[0]});
                    churn(round);
                });
    }

    /// The rank holds the whole prompt, or neither its second block nor a late one: so it matches
    /// all or one block. A reader that passes the second before it goes, and comes to the late one
    /// after, finds all between them.
    @Test
    void ofTwoRemovalsTheLaterIsNotSeenAlone() throws InterruptedException {
        long[] prompt = new SplittableRandom(4).longs(WAY).toArray();
        int slot = slots.slotOf(TOGGLED);
        store(TOGGLED, OptionalLong.empty(), prompt);
        partEverywhere(prompt);
        long[] early = {prompt[1]};
        long[] late = {prompt[WAY - 2]};
        run(
                () -> {
                    int length = index.findMatches(hashes(prompt)).device(slot);
                    return length == 1 || length == WAY ? null : "matched " + length;
                },
                round -> {
                    if (round % 2 == 0) {
                        remove(TOGGLED, early);
                        remove(TOGGLED, late);
                    } else {
                        remove(TOGGLED, new long[] {early[0], late[0]});
                    }
                    store(TOGGLED, OptionalLong.of(prompt[WAY - 3]), late);
                    store(TOGGLED, OptionalLong.of(prompt[0]), early);
                });
    }

    /// A rank that is forgotten has its prompts or nothing, in whatever order its blocks go.
    @Test
    void aRankIsForgottenAtOnce() throws InterruptedException {
        long[] prompt = new SplittableRandom(5).longs(WAY).toArray();
        int slot = slots.slotOf(TOGGLED);
        store(STEADY, OptionalLong.empty(), prompt);
        partEverywhere(prompt);
        AtomicLong stores = new AtomicLong();
        run(
                () -> {
                    long before = stores.get();
                    OverlapScores scores = index.findMatches(hashes(prompt));
                    int length = scores.total(slot);
                    boolean storing = before % 2 != 0 || stores.get() != before;
                    return storing || length == 0 || length == WAY ? null : "matched " + length;
                },
                round -> {
                    stores.incrementAndGet();
                    store(TOGGLED, OptionalLong.empty(), prompt);
                    if (round % 3 == 0) {
                        store(TOGGLED, StorageTier.HOST_PINNED, OptionalLong.empty(), prompt);
                    }
                    stores.incrementAndGet();
                    index.removeRank(TOGGLED);
                });
    }

    /// A rank is dumped as it was after one of its events.
    @Test
    void whatIsDumpedOfARankIsWhatItHeld() throws InterruptedException {
        long[] prompt = new SplittableRandom(6).longs(HELD).toArray();
        store(STEADY, OptionalLong.empty(), prompt);
        partEverywhere(prompt);
        store(TOGGLED, OptionalLong.empty(), prompt);
        run(
                () -> {
                    WorkerSlots others = new WorkerSlots();
                    int slot = others.assign(TOGGLED);
                    PrefixKvIndexer copy = new PrefixKvIndexer(others);
                    index.dump(TOGGLED::equals, copy::apply);
                    int length = copy.findMatches(hashes(prompt)).device(slot);
                    long held = copy.stats().ownerBlocks().all();
                    boolean whole = length == HELD && held == HELD;
                    boolean holed = length == 1 && (held == HELD - 1 || held == HELD - 2);
                    return whole || holed ? null : "matched " + length + " of " + held;
                },
                round -> {
                    remove(TOGGLED, new long[] {prompt[1]});
                    remove(TOGGLED, new long[] {prompt[HELD - 2]});
                    store(TOGGLED, OptionalLong.of(prompt[HELD - 3]), new long[] {prompt[HELD - 2]});
                    store(TOGGLED, OptionalLong.of(prompt[0]), new long[] {prompt[1]});
                });
    }

    /// Another way on at every depth: each block is a node of its own.
    private void partEverywhere(long[] prompt) {
        for (int depth = 1; depth < prompt.length; depth++) {
            long[] parted = Arrays.copyOf(prompt, depth + 1);
            parted[depth] = -depth;
            store(STEADY, OptionalLong.empty(), parted);
        }
    }

    /// A rank that holds a prompt matches it as long as it does, while others part from it, and while
    /// what they stored behind it goes, so that the prompt moves to less memory and its old place is
    /// written again.
    @Test
    void whatStaysHeldStaysFound() throws InterruptedException {
        AtomicReferenceArray<long @Nullable []> held = new AtomicReferenceArray<>(HELD);
        int slot = slots.slotOf(STEADY);
        SplittableRandom random = new SplittableRandom(2);
        run(
                () -> {
                    long @Nullable [] prompt = held.get((int) (lookups.get() % HELD));
                    int length = prompt == null
                            ? 0
                            : index.findMatches(hashes(prompt)).device(slot);
                    return prompt == null || length == prompt.length ? null : "matched " + length;
                },
                round -> {
                    int place = (int) (round % HELD);
                    long @Nullable [] old = held.getAndSet(place, null);
                    if (old != null) {
                        awaitNextLookup();
                        remove(STEADY, reversed(old));
                    }
                    long[] longer = random.longs(HELD).toArray();
                    long[] prompt = Arrays.copyOf(longer, 1 + random.nextInt(HELD / 2));
                    WorkerWithDpRank first = churning((int) (round % CHURNING));
                    store(first, OptionalLong.empty(), longer);
                    store(STEADY, OptionalLong.empty(), prompt);
                    held.set(place, prompt);
                    remove(first, reversed(longer));
                    long[] parted = Arrays.copyOf(prompt, prompt.length / 2 + 1);
                    parted[parted.length - 1] = round;
                    store(churning((int) ((round + 1) % CHURNING)), OptionalLong.empty(), parted);
                    churn(round);
                });
    }

    private void awaitNextLookup() {
        long before = lookups.get();
        while (lookups.get() == before && wrong.get() == null) {
            Thread.onSpinWait();
        }
    }

    /// Both tiers of a rank that moves its blocks from one to the other are never counted twice, and a
    /// block that is in one of them at any time is always found.
    @Test
    void aBlockThatMovesBetweenTiersCountsOnce() throws InterruptedException {
        long[] prompt = new SplittableRandom(3).longs(HELD).toArray();
        int slot = slots.slotOf(TOGGLED);
        store(TOGGLED, OptionalLong.empty(), prompt);
        run(
                () -> {
                    OverlapScores scores = index.findMatches(hashes(prompt));
                    int all = scores.device(slot) + scores.hostPinned(slot);
                    return all == prompt.length ? null : "matched " + scores.device(slot) + " and " + all;
                },
                round -> {
                    int from = (int) (round % HELD);
                    long[] moving = Arrays.copyOfRange(prompt, from, HELD);
                    OptionalLong parent = from == 0 ? OptionalLong.empty() : OptionalLong.of(prompt[from - 1]);
                    store(TOGGLED, StorageTier.HOST_PINNED, parent, moving);
                    remove(TOGGLED, reversed(moving));
                    store(TOGGLED, StorageTier.DEVICE, parent, moving);
                    index.apply(new RouterEvent(
                            TOGGLED, StorageTier.HOST_PINNED, ++eventId, new KvCacheEvent.Removed(reversed(moving))));
                    churn(round);
                });
    }

    private interface Step {
        void run(long round);
    }

    private interface Look {
        /// What is wrong, or null.
        String look();
    }

    private void run(Look look, Step step) throws InterruptedException {
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!stop.get() && wrong.get() == null) {
                String found = look.look();
                if (found != null) {
                    wrong.set(found);
                }
                lookups.incrementAndGet();
            }
        });
        long end = System.nanoTime() + EACH.toNanos();
        for (long round = 0; System.nanoTime() < end && wrong.get() == null; round++) {
            step.run(round);
        }
        stop.set(true);
        reader.join();
        assertThat(wrong.get()).isNull();
        assertThat(lookups.get()).isPositive();
    }

    /// Other ranks come and go, so that tables grow, shrink and are used again.
    private void churn(long round) {
        WorkerWithDpRank rank = churning((int) (round % CHURNING));
        if (round % 17 == 0) {
            index.removeRank(rank);
        }
        long[] prompt =
                new SplittableRandom(1000 + round % 512).longs(1 + round % 50).toArray();
        store(rank, OptionalLong.empty(), prompt);
    }

    private void store(WorkerWithDpRank rank, OptionalLong parent, long[] local) {
        store(rank, StorageTier.DEVICE, parent, local);
    }

    private void store(WorkerWithDpRank rank, StorageTier tier, OptionalLong parent, long[] local) {
        index.apply(new RouterEvent(rank, tier, ++eventId, new KvCacheEvent.Stored(parent, local, local)));
    }

    private void remove(WorkerWithDpRank rank, long[] names) {
        index.apply(new RouterEvent(rank, StorageTier.DEVICE, ++eventId, new KvCacheEvent.Removed(names)));
    }

    private static long[] reversed(long[] values) {
        long[] reversed = new long[values.length];
        Arrays.setAll(reversed, i -> values[values.length - 1 - i]);
        return reversed;
    }

    private static WorkerWithDpRank churning(int number) {
        return new WorkerWithDpRank(100 + number, 0);
    }

    private static BlockHashes hashes(long[] local) {
        return new BlockHashes(local, local, 16);
    }
}
