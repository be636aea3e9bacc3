package io.kvepp.kvcache;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Two readers beside the writer of an index, who keeps to rules that say which lengths a rank can ever
/// have on a prompt: a reader that mixes two states sees others.
///
/// Each run has an index of its own and says what a reader saw that never was; null for nothing.
final class IndexStress {
    private static final int READERS = 2;
    private static final WorkerWithDpRank STEADY = new WorkerWithDpRank(1, 0);
    private static final WorkerWithDpRank TOGGLED = new WorkerWithDpRank(2, 0);
    private static final int CHURNING = 6;
    private static final int WAY = 300;
    private static final int HELD = 60;

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index;
    private final Duration most;
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicReference<String> wrong = new AtomicReference<>();
    private final AtomicLongArray lookups = new AtomicLongArray(READERS);
    private long eventId;

    /// @param most how long a run may take that finds nothing
    IndexStress(Function<RunMemory, Phase> phases, Duration most) {
        this.most = most;
        index = new PrefixKvIndexer(
                slots,
                new IndexLimits(
                        IndexLimits.ENTRIES_PER_RANK_MAX, 100_000, 64, 8, 1 << 15, KeyMix.random(new Random(1))),
                phases);
        slots.assign(STEADY);
        slots.assign(TOGGLED);
        for (int i = 0; i < CHURNING; i++) {
            slots.assign(churning(i));
        }
    }

    /// The rank always holds all blocks of a long prompt but two, and never both of these: the first
    /// and the last. So it matches all but the last, or nothing. A reader that sees the first before
    /// it goes, and after a long way the last, finds them together.
    @Nullable
    String blocksThatWereNeverHeldTogetherDoNotMatchTogether() throws InterruptedException {
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
        return run(
                reader -> {
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
    @Nullable
    String ofTwoRemovalsTheLaterIsNotSeenAlone() throws InterruptedException {
        long[] prompt = new SplittableRandom(4).longs(WAY).toArray();
        int slot = slots.slotOf(TOGGLED);
        store(TOGGLED, OptionalLong.empty(), prompt);
        partEverywhere(prompt);
        long[] early = {prompt[1]};
        long[] late = {prompt[WAY - 2]};
        return run(
                reader -> {
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
                    awaitLookupsAt(round);
                    store(TOGGLED, OptionalLong.of(prompt[WAY - 3]), late);
                    store(TOGGLED, OptionalLong.of(prompt[0]), early);
                });
    }

    /// A rank that is forgotten has its prompts or nothing, in whatever order its blocks go.
    @Nullable
    String aRankIsForgottenAtOnce() throws InterruptedException {
        long[] prompt = new SplittableRandom(5).longs(WAY).toArray();
        int slot = slots.slotOf(TOGGLED);
        store(STEADY, OptionalLong.empty(), prompt);
        partEverywhere(prompt);
        AtomicLong stores = new AtomicLong();
        return run(
                reader -> {
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
                    awaitLookupsAt(round);
                });
    }

    /// A rank is dumped as it was after one of its events.
    @Nullable
    String whatIsDumpedOfARankIsWhatItHeld() throws InterruptedException {
        long[] prompt = new SplittableRandom(6).longs(HELD).toArray();
        store(STEADY, OptionalLong.empty(), prompt);
        partEverywhere(prompt);
        store(TOGGLED, OptionalLong.empty(), prompt);
        return run(
                reader -> {
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

    /// Of two prompts with much between them the rank never holds the first whole while the second is
    /// not. Meanwhile another rank parts from all of them, and goes again.
    @Nullable
    String whatIsDumpedInPiecesIsOneState() throws InterruptedException {
        SplittableRandom random = new SplittableRandom(10);
        List<long[]> prompts = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            prompts.add(random.longs(HELD).toArray());
            store(TOGGLED, OptionalLong.empty(), prompts.getLast());
        }
        long[] first = prompts.getFirst();
        long[] second = prompts.getLast();
        return run(
                reader -> {
                    WorkerSlots others = new WorkerSlots();
                    int slot = others.assign(TOGGLED);
                    PrefixKvIndexer copy = new PrefixKvIndexer(others);
                    index.dump(TOGGLED::equals, copy::apply);
                    int one = copy.findMatches(hashes(first)).device(slot);
                    int other = copy.findMatches(hashes(second)).device(slot);
                    long held = copy.stats().ownerBlocks().all();
                    boolean possible = one <= other && held == 48L * HELD + one + other;
                    return possible ? null : "matched " + one + " and " + other + " of " + held;
                },
                round -> {
                    long[] prompt = prompts.get(random.nextInt(prompts.size()));
                    long[] parted = Arrays.copyOf(prompt, 1 + random.nextInt(HELD));
                    parted[parted.length - 1] = round;
                    store(STEADY, OptionalLong.empty(), parted);
                    remove(STEADY, reversed(parted));
                    if (round % 4000 < 1000) {
                        remove(TOGGLED, new long[] {first[HELD - 1]});
                        remove(TOGGLED, new long[] {second[HELD - 1]});
                        store(TOGGLED, OptionalLong.of(second[HELD - 2]), new long[] {second[HELD - 1]});
                        store(TOGGLED, OptionalLong.of(first[HELD - 2]), new long[] {first[HELD - 1]});
                    }
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
    @Nullable
    String whatStaysHeldStaysFound() throws InterruptedException {
        AtomicReferenceArray<long @Nullable []> held = new AtomicReferenceArray<>(HELD);
        int slot = slots.slotOf(STEADY);
        SplittableRandom random = new SplittableRandom(2);
        return run(
                reader -> {
                    long @Nullable [] prompt = held.get((int) (lookups.get(reader) % HELD));
                    int length = prompt == null
                            ? 0
                            : index.findMatches(hashes(prompt)).device(slot);
                    return prompt == null || length == prompt.length ? null : "matched " + length;
                },
                round -> {
                    int place = (int) (round % HELD);
                    long @Nullable [] old = held.getAndSet(place, null);
                    if (old != null) {
                        awaitLookups();
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

    /// In every other pair of rounds: readers of the turn come to its end, and in the others they do not.
    private void awaitLookupsAt(long round) {
        if ((round & 2) != 0) {
            awaitLookups();
        }
    }

    private void awaitLookups() {
        for (int reader = 0; reader < READERS; reader++) {
            long before = lookups.get(reader);
            while (lookups.get(reader) == before && wrong.get() == null) {
                Thread.onSpinWait();
            }
        }
    }

    /// A rank that holds prompts matches them while thousands of others come, so that tables grow, and
    /// most of them go again, so that what is left moves together; and while so many ranks hold the
    /// same that owners change their form.
    @Nullable
    String whatStaysHeldStaysFoundWhileTheIndexGrowsAndShrinks() throws InterruptedException {
        Tide tide = new Tide();
        int slot = slots.slotOf(STEADY);
        @Nullable
        String found = run(
                reader -> {
                    long[] prompt = tide.steady[(int) (lookups.get(reader) % tide.steady.length)];
                    int length = index.findMatches(hashes(prompt)).device(slot);
                    return length == prompt.length ? null : "matched " + length;
                },
                _ -> tide.step());
        return found != null || tide.ebbed ? found : "memory never went back";
    }

    /// Prompts come up to a number, and then nine of ten go.
    private final class Tide {
        private static final int PROMPTS_MAX = 4000;
        private static final int BLOCKS = 24;
        private static final int SHARING = 40;

        private final long[][] steady = new long[50][];
        private final List<long[]> others = new ArrayList<>();
        private final SplittableRandom random = new SplittableRandom(7);
        private boolean rising = true;
        private long bytesMost;
        private boolean ebbed;

        Tide() {
            for (int i = 0; i < steady.length; i++) {
                steady[i] = random.longs(BLOCKS).toArray();
                store(STEADY, OptionalLong.empty(), steady[i]);
            }
            for (int i = 0; i < SHARING; i++) {
                slots.assign(sharing(i));
            }
        }

        void step() {
            if (rising) {
                others.add(random.longs(BLOCKS).toArray());
                store(churning(0), OptionalLong.empty(), others.getLast());
                long[] shared = steady[random.nextInt(steady.length)];
                store(
                        sharing(random.nextInt(SHARING)),
                        OptionalLong.empty(),
                        Arrays.copyOf(shared, 1 + random.nextInt(BLOCKS)));
            } else {
                int gone = random.nextInt(others.size());
                remove(churning(0), reversed(others.get(gone)));
                others.set(gone, others.getLast());
                others.removeLast();
            }
            if (rising && others.size() == PROMPTS_MAX) {
                bytesMost = index.stats().bytes();
                rising = false;
                for (int i = 0; i < SHARING; i++) {
                    index.removeRank(sharing(i));
                }
            } else if (!rising && others.size() == PROMPTS_MAX / 10) {
                ebbed |= index.stats().bytes() < 3 * bytesMost / 4;
                rising = true;
            }
        }

        private static WorkerWithDpRank sharing(int number) {
            return new WorkerWithDpRank(200 + number, 0);
        }
    }

    /// Both tiers of a rank that moves its blocks from one to the other are never counted twice, and a
    /// block that is in one of them at any time is always found.
    @Nullable
    String aBlockThatMovesBetweenTiersCountsOnce() throws InterruptedException {
        long[] prompt = new SplittableRandom(3).longs(HELD).toArray();
        int slot = slots.slotOf(TOGGLED);
        store(TOGGLED, OptionalLong.empty(), prompt);
        return run(
                reader -> {
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
                    removeFromHost(reversed(moving));
                    churn(round);
                });
    }

    /// The rank has the prompt on its device or in both of two tiers, and is forgotten at times with much
    /// else; every event begins a turn, so that readers of so long a way never see the end of one. They
    /// come to the end all the same, and with the truth.
    @Nullable
    String readersOfAWriterThatNeverRestsGetTheirAnswers() throws InterruptedException {
        long[] prompt = new SplittableRandom(8).longs(WAY).toArray();
        SplittableRandom random = new SplittableRandom(9);
        int slot = slots.slotOf(TOGGLED);
        store(TOGGLED, OptionalLong.empty(), prompt);
        partEverywhere(prompt);
        long[] last = {prompt[WAY - 1]};
        OptionalLong before = OptionalLong.of(prompt[WAY - 2]);
        @Nullable
        String found = run(
                reader -> {
                    OverlapScores scores = index.findMatches(hashes(prompt));
                    int all = scores.total(slot);
                    boolean held = all == WAY || all == WAY - 1;
                    return held ? null : "matched " + scores.device(slot) + " and " + all;
                },
                round -> {
                    store(TOGGLED, StorageTier.HOST_PINNED, before, last);
                    remove(TOGGLED, last);
                    store(TOGGLED, before, last);
                    removeFromHost(last);
                    remove(TOGGLED, last);
                    store(TOGGLED, before, last);
                    if (round % 5000 == 0) {
                        for (int i = 0; i < 500; i++) {
                            store(
                                    churning(1),
                                    OptionalLong.empty(),
                                    random.longs(WAY).toArray());
                        }
                        index.removeRank(churning(1));
                    }
                });
        return found != null || index.stats().readers().waits() > 0 ? found : "nobody waited";
    }

    private interface Step {
        void run(long round);
    }

    private interface Look {
        /// What is wrong, or null.
        @Nullable
        String look(int reader);
    }

    private @Nullable String run(Look look, Step step) throws InterruptedException {
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            int reader = i;
            readers.add(Thread.ofPlatform().start(() -> read(reader, look)));
        }
        long end = System.nanoTime() + most.toNanos();
        for (long round = 0; System.nanoTime() < end && wrong.get() == null; round++) {
            step.run(round);
        }
        stop.set(true);
        for (int i = 0; i < READERS; i++) {
            readers.get(i).join();
            if (lookups.get(i) == 0) {
                wrong.compareAndSet(null, "reader " + i + " looked up nothing");
            }
        }
        return wrong.get();
    }

    private void read(int reader, Look look) {
        while (!stop.get() && wrong.get() == null) {
            @Nullable String found;
            try {
                found = look.look(reader);
            } catch (RuntimeException e) {
                found = e.toString();
            }
            if (found != null) {
                wrong.compareAndSet(null, found);
            }
            lookups.incrementAndGet(reader);
        }
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

    private void removeFromHost(long[] names) {
        index.apply(new RouterEvent(TOGGLED, StorageTier.HOST_PINNED, ++eventId, new KvCacheEvent.Removed(names)));
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
