package io.kvepp.routerservice.testing;

import io.kvepp.config.Options;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.kvcache.routed.PrefixFinder;
import io.kvepp.load.ActiveSequences;
import io.kvepp.load.RankCapacities;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.routerservice.Answer;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.Selected;
import io.kvepp.routerservice.SelectionParts;
import io.kvepp.routerservice.SelectionPrompt;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.SelectionService;
import io.kvepp.scheduling.HealthConfig;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.SessionConfig;
import io.kvepp.scheduling.WorkerHealth;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.scheduling.overload.OverloadMonitor;
import io.kvepp.scheduling.overload.OverloadThresholds;
import io.kvepp.scheduling.queue.AdmissionQueues;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/// A [SelectionService] with everything real behind it; the clock and the workers are the test's.
public final class SelectionFleet implements AutoCloseable {
    public static final int BLOCK = 16;
    public static final String MODEL = "m";
    public static final PoolKey POOL = new PoolKey.OfModel(MODEL, PoolKey.DEFAULT_GROUP);
    public static final PoolKey PREFILL_POOL = new PoolKey.OfModel(MODEL, PoolKey.PREFILL_GROUP);
    public static final Duration SILENCE_MAX = Duration.ofMinutes(5);

    public final EppMetrics metrics = new EppMetrics();
    public final AtomicLong nanos = new AtomicLong();
    public final ActiveSequences active = new ActiveSequences(SILENCE_MAX, nanos::get);
    public final OverloadMonitor overload = new OverloadMonitor(OverloadThresholds.NONE, active, _ -> 0);
    public final AdmissionQueues queues;
    public final SelectionService service;

    private final WorkerSlots slots = new WorkerSlots();
    private final WorkerDirectory directory = new WorkerDirectory(slots);
    private final PrefixKvIndexer indexer = new PrefixKvIndexer(slots);
    private final BlockHasher hasher = new BlockHasher(BLOCK, null, null, false);
    private long nextEventId = 1;

    /// A fleet whose requests never wait.
    public SelectionFleet(Worker... workers) {
        this(QueueConfig.from(Options.defaults()), workers);
    }

    public SelectionFleet(QueueConfig queueing, Worker... workers) {
        this(queueing, Map.of(), workers);
    }

    /// `variables`: options of the router, by their environment variables
    public SelectionFleet(QueueConfig queueing, Map<String, String> variables, Worker... workers) {
        Options options = new Options(Map.of(), variables);
        WorkerHealth health = new WorkerHealth(HealthConfig.from(Options.defaults()), nanos::get);
        queues = new AdmissionQueues(
                queueing,
                active,
                (model, ranks, capacities) -> overload.usable(model, health.usable(ranks), capacities),
                nanos::get);
        service = new SelectionService(
                new SelectionParts(
                        PrefixFinder.fromEvents(indexer),
                        active,
                        new WorkerSelector(active, new SplittableRandom(1)),
                        SchedulingConfig.from(options),
                        new SessionAffinity(new SessionConfig(60), nanos::get),
                        health,
                        overload,
                        queues,
                        metrics,
                        SILENCE_MAX,
                        nanos::get),
                directory.snapshot());
        serve(workers);
    }

    /// Puts workers in force.
    public void serve(Worker... workers) {
        var change = directory.update(new WorkerSet(List.of(workers), List.of()));
        service.onWorkers(directory.snapshot());
        queues.onWorkers(
                RankCapacities.of(directory.snapshot()),
                directory.snapshot().models().keySet());
        change.left().forEach(rank -> {
            int slot = slots.slotOf(rank);
            indexer.removeRank(rank);
            directory.release(rank, () -> active.removeRank(slot));
        });
    }

    /// What the directory tells of the workers in force.
    public WorkerDirectory.Snapshot snapshot() {
        return directory.snapshot();
    }

    /// The rank now holds the first blocks of a prompt in a tier.
    public void hold(long workerId, int dpRank, StorageTier tier, int[] tokenIds, int blocks) {
        BlockHashes hashes = hasher.hash(tokenIds);
        KvCacheEvent stored = new KvCacheEvent.Stored(
                OptionalLong.empty(), Arrays.copyOf(hashes.sequence(), blocks), Arrays.copyOf(hashes.local(), blocks));
        indexer.apply(new RouterEvent(new WorkerWithDpRank(workerId, dpRank), tier, nextEventId++, stored));
    }

    public void hold(long workerId, int[] tokenIds, int blocks) {
        hold(workerId, 0, StorageTier.DEVICE, tokenIds, blocks);
    }

    /// The plain request of a prompt, to the workers that answer.
    public static SelectionRequest asking(int[] tokenIds) {
        return SelectionRequest.of(POOL, SelectionPrompt.Tokens.of(tokenIds));
    }

    /// The workers in force.
    public WorkerSet workers() {
        return directory.snapshot().workers();
    }

    /// Books at once.
    public Answer<Selected> book(String id, SelectionRequest request) {
        AtomicReference<Answer<Selected>> answer = new AtomicReference<>();
        var _ = service.selectAndBook(id, request, answer::set);
        if (answer.get() == null) {
            throw new AssertionError("no answer yet");
        }
        return answer.get();
    }

    /// Tokens `from`, `from + 1` and so on.
    public static int[] tokens(int from, int count) {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> from + i);
        return tokens;
    }

    @Override
    public void close() {
        metrics.close();
    }
}
