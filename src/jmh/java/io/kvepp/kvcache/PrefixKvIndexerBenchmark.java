package io.kvepp.kvcache;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// What a lookup costs, and what a block costs that is stored and later removed, alone and beside each
/// other: conversations of 96 blocks that share their first 24 with one in ten others.
///
/// `./mvnw test-compile exec:exec@jmh -Djmh=PrefixKvIndexerBenchmark`; the trace of
/// conversations beside Dynamo's index is `./e2e/bench index`.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class PrefixKvIndexerBenchmark {
    private static final int PROMPT_BLOCKS = 96;
    private static final int SHARED_BLOCKS = 24;
    private static final int PROMPTS_PER_RANK = 128;
    private static final int ASKED_MAX = 4096;

    /// Full ranks, and how the next prompts come and the oldest go.
    @State(Scope.Group)
    public static class Conversations {
        @Param({"16", "128", "1024"})
        public int ranks;

        @Param({"false", "true"})
        public boolean ownNames;

        private final SplittableRandom random = new SplittableRandom(1);
        private final SplittableRandom asking = new SplittableRandom(2);
        private final ArrayDeque<KvCacheEvent.Stored> cached = new ArrayDeque<>();
        private WorkerWithDpRank[] workers = {};
        private PrefixKvIndexer index = new PrefixKvIndexer(new WorkerSlots());
        private BlockHashes[] asked = {};
        private long next;

        @Setup
        public void fill() {
            WorkerSlots slots = new WorkerSlots();
            workers = new WorkerWithDpRank[ranks];
            Arrays.setAll(workers, i -> new WorkerWithDpRank(i, 0));
            Arrays.stream(workers).forEach(slots::assign);
            index = new PrefixKvIndexer(slots);
            asked = new BlockHashes[Math.min(ASKED_MAX, ranks * PROMPTS_PER_RANK)];
            for (int i = 0; i < ranks * PROMPTS_PER_RANK; i++) {
                KvCacheEvent.Stored stored = store();
                asked[i % asked.length] = new BlockHashes(stored.tokensHashes(), stored.tokensHashes(), 16);
            }
        }

        private KvCacheEvent.Stored store() {
            WorkerWithDpRank worker = workers[(int) (next % ranks)];
            long[] local = new SplittableRandom(next).longs(PROMPT_BLOCKS).toArray();
            long[] shared = new SplittableRandom(-random.nextLong(1 + next / 10))
                    .longs(SHARED_BLOCKS)
                    .toArray();
            System.arraycopy(shared, 0, local, 0, SHARED_BLOCKS);
            long[] names = local.clone();
            for (int i = 0; i < names.length; i++) {
                names[i] += ownNames || i >= SHARED_BLOCKS ? worker.workerId() * 0x9E3779B97F4A7C15L : 0;
            }
            KvCacheEvent.Stored stored = new KvCacheEvent.Stored(OptionalLong.empty(), names, local);
            index.apply(new RouterEvent(worker, StorageTier.DEVICE, ++next, stored));
            cached.add(stored);
            return stored;
        }

        private void removeOldest() {
            long[] names = cached.remove().blockHashes();
            long[] leafFirst = new long[PROMPT_BLOCKS];
            Arrays.setAll(leafFirst, i -> names[PROMPT_BLOCKS - 1 - i]);
            WorkerWithDpRank worker = workers[(int) (next % ranks)];
            index.apply(new RouterEvent(worker, StorageTier.DEVICE, next, new KvCacheEvent.Removed(leafFirst)));
        }
    }

    /// A block: the making of its hashes, its store and its removal.
    @Benchmark
    @Group("apply")
    @OperationsPerInvocation(PROMPT_BLOCKS)
    public void apply(Conversations conversations) {
        conversations.removeOldest();
        conversations.store();
    }

    @Benchmark
    @Group("lookup")
    public OverlapScores lookup(Conversations conversations) {
        return conversations.index.findMatches(
                conversations.asked[conversations.asking.nextInt(conversations.asked.length)]);
    }

    @Benchmark
    @Group("beside")
    @GroupThreads(1)
    @OperationsPerInvocation(PROMPT_BLOCKS)
    public void applyBesideLookups(Conversations conversations) {
        conversations.removeOldest();
        conversations.store();
    }

    @Benchmark
    @Group("beside")
    @GroupThreads(1)
    public OverlapScores lookupBesideEvents(Conversations conversations) {
        return lookup(conversations);
    }
}
