package io.kvepp.router.reuse;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Adds up, over the same requests, the prompt tokens whose reuse the fleet *held*, the choice
/// *captured* and the engine *delivered*; and names workers that systematically deliver something
/// else than their events promise: a wrong template, block size or salt, or lost events.
///
/// What was delivered is what the response says where it speaks of the worker that computed the
/// prompt, else the blocks that worker's events did not store anew for the request: an event counts
/// for the oldest request whose prompt it continues. Requests of which neither is known are left
/// out.
///
/// Thread-safe.
public final class ReuseLedger {
    /// After the end of a request its worker's last events may still be on their way.
    static final Duration EVENTS_LATE_MAX = Duration.ofSeconds(1);

    /// Requests that are watched at a time; others are left out.
    static final int WATCHES_MAX = 65_536;

    private static final Logger LOG = LoggerFactory.getLogger(ReuseLedger.class);

    private final EppMetrics metrics;
    private final boolean eventsArrive;
    private final LongSupplier nanoClock;
    private final Map<WorkerWithDpRank, ConcurrentLinkedQueue<ReuseWatch>> byRank = new ConcurrentHashMap<>();
    private final AtomicInteger watches = new AtomicInteger();
    private final ArrayDeque<ReuseWatch> closed = new ArrayDeque<>();
    private final Map<Long, DeliveryRecord> workers = new HashMap<>();
    private final Set<Long> off = ConcurrentHashMap.newKeySet();
    private final Set<Long> metered = new HashSet<>();

    /// `eventsArrive` is false where nothing but own decisions says what workers hold: then responses
    /// alone are believed, and nobody is named.
    public ReuseLedger(EppMetrics metrics, boolean eventsArrive, LongSupplier nanoClock) {
        this.metrics = metrics;
        this.eventsArrive = eventsArrive;
        this.nanoClock = nanoClock;
    }

    /// Follows a request from its decision on; null when nothing could be learnt of it.
    public @Nullable ReuseWatch open(ReuseClaim claim) {
        boolean eventsTell = claim.eventsTell() && eventsArrive;
        if ((!eventsTell && !claim.usageSpeaksOfWorker()) || watches.get() >= WATCHES_MAX) {
            return null;
        }
        ReuseWatch watch = new ReuseWatch(this, claim, eventsTell);
        if (eventsTell) {
            watches.incrementAndGet();
            byRank.compute(claim.worker(), (_, known) -> {
                ConcurrentLinkedQueue<ReuseWatch> queue = known == null ? new ConcurrentLinkedQueue<>() : known;
                queue.add(watch);
                return queue;
            });
        }
        return watch;
    }

    /// A KV event arrived. On the thread that writes the index.
    public void onEvent(RouterEvent event) {
        if (event.tier() != StorageTier.DEVICE || !(event.event() instanceof KvCacheEvent.Stored stored)) {
            return;
        }
        @Nullable ConcurrentLinkedQueue<ReuseWatch> queue = byRank.get(event.worker());
        if (queue != null) {
            for (ReuseWatch watch : queue) {
                if (watch.take(stored)) {
                    return;
                }
            }
        }
    }

    /// Settles requests whose events have come; called about once a second or more often.
    public void tick() {
        long now = nanoClock.getAsLong();
        synchronized (this) {
            while (!closed.isEmpty() && now - closed.getFirst().closedNanos() >= EVENTS_LATE_MAX.toNanos()) {
                ReuseWatch watch = closed.removeFirst();
                unwatch(watch);
                settle(watch.claim(), watch.deliveredTokens());
            }
        }
    }

    /// The workers there are: those that left are forgotten.
    public synchronized void retain(Set<Long> workerIds) {
        workers.keySet().retainAll(workerIds);
        off.retainAll(workerIds);
        metered.removeIf(id -> {
            boolean gone = !workerIds.contains(id);
            if (gone) {
                metrics.unbind(Meter.WORKER_REUSE_OFF, Long.toUnsignedString(id));
            }
            return gone;
        });
    }

    /// Ids of the workers whose deliveries are systematically off.
    public Set<Long> off() {
        return Set.copyOf(off);
    }

    void close(ReuseWatch watch, boolean answered, long cachedTokens) {
        ReuseClaim claim = watch.claim();
        boolean usageKnown = claim.usageSpeaksOfWorker() && cachedTokens >= 0;
        synchronized (this) {
            if (!watch.markClosed(nanoClock.getAsLong())) {
                return;
            }
            if (answered && !usageKnown && watch.eventsTell()) {
                closed.addLast(watch);
                return;
            }
            unwatch(watch);
            if (answered && usageKnown) {
                settle(claim, cachedTokens);
            }
        }
    }

    private void unwatch(ReuseWatch watch) {
        if (watch.eventsTell()) {
            watches.decrementAndGet();
            byRank.computeIfPresent(watch.claim().worker(), (_, queue) -> {
                queue.remove(watch);
                return queue.isEmpty() ? null : queue;
            });
        }
    }

    private void settle(ReuseClaim claim, long deliveredTokens) {
        metrics.reuse(claim.model(), claim.promptTokens(), claim.heldTokens(), claim.capturedTokens(), deliveredTokens);
        if (claim.alone() && eventsArrive) {
            judge(claim, deliveredTokens);
        }
    }

    private void judge(ReuseClaim claim, long deliveredTokens) {
        long id = claim.worker().workerId();
        DeliveryRecord record = workers.computeIfAbsent(id, _ -> new DeliveryRecord());
        record.add(claim.capturedTokens(), deliveredTokens, claim.hashes().blockSizeTokens());
        if (record.isOff() && off.add(id)) {
            if (metered.add(id)) {
                metrics.bind(Meter.WORKER_REUSE_OFF, Long.toUnsignedString(id), () -> off.contains(id) ? 1 : 0);
            }
            LOG.atWarn()
                    .addKeyValue("workerId", Long.toUnsignedString(id))
                    .addKeyValue("model", claim.model())
                    .log("the worker reuses something else than its KV events promise: {}", record);
        } else if (!record.isOff() && off.remove(id)) {
            LOG.atInfo()
                    .addKeyValue("workerId", Long.toUnsignedString(id))
                    .log("the worker reuses what its KV events promise again");
        }
    }
}
