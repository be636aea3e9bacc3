package io.kvepp.load.signals;

import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/// How busy each rank is, as its engine says: of engines with Dynamo what they publish, of others
/// their pages.
///
/// What engines publish is heard only once somebody wants to know.
///
/// Thread-safe. Owns the subscribers, and threads until [#close].
public final class EngineLoads implements AutoCloseable {
    private static final String BLOCKS_TOPIC = "kv_metrics";
    private static final String STEPS_TOPIC = "forward-pass-metrics";

    /// An engine tells of itself once a second even when it does nothing.
    private static final Duration STEP_VALID = Duration.ofSeconds(10);

    private final WorkerSlots slots;
    private final AtomicLongArray usedBlocks = new AtomicLongArray(WorkerSlots.SLOTS_MAX);
    private final ReportFeed blocks;
    private final ReportFeed steps;
    private final EngineReports reports;
    private final EnginePages pages;

    /// Where engines tell.
    ///
    /// - `blocks`: the topic `kv_metrics`
    /// - `steps`: the topic `forward-pass-metrics`
    /// - `pages`: how to look at pages
    /// - `http`: with what
    public record Sources(EventSubscriber blocks, EventSubscriber steps, EnginePagesConfig pages, HttpClient http) {}

    /// @param hasRequests whether requests are under way at a rank
    /// @param nanoClock a monotonic clock, in nanoseconds
    public EngineLoads(
            Sources sources,
            WorkerSlots slots,
            Predicate<WorkerWithDpRank> hasRequests,
            EppMetrics metrics,
            LongSupplier nanoClock) {
        this.slots = slots;
        blocks = new ReportFeed(sources.blocks(), BLOCKS_TOPIC, this::acceptBlocks);
        steps = new ReportFeed(sources.steps(), STEPS_TOPIC, this::acceptStep);
        reports = new EngineReports(slots, nanoClock);
        pages = new EnginePages(sources.pages(), sources.http(), reports, hasRequests, metrics, nanoClock);
        metrics.bind(Meter.ENGINE_REQUESTS, "waiting", () -> reports.sum(EngineReport::waitingRequests));
        metrics.bind(Meter.ENGINE_REQUESTS, "running", () -> reports.sum(EngineReport::runningRequests));
    }

    /// From now on blocks in use are kept up to date.
    public void wantBlocks() {
        blocks.want();
    }

    /// From now on requests that wait or run are kept up to date.
    public void wantRequests() {
        steps.want();
    }

    /// Replaces the set of workers.
    public void update(WorkerSet workers) {
        blocks.update(workers.loadPublishers());
        steps.update(workers.loadPublishers());
        pages.update(workers.workers());
    }

    /// Blocks in use on the rank; 0 when its engine has said nothing.
    public long usedBlocks(int slot) {
        return usedBlocks.get(slot);
    }

    /// The share of its blocks in use, 0 to 1; 0 when its engine has said nothing of shares.
    public double usedShare(int slot) {
        return reports.of(slot).usedShare();
    }

    /// Requests that wait in the rank's engine, whoever sent them; 0 when it has said nothing.
    public int waitingRequests(int slot) {
        return reports.of(slot).waitingRequests();
    }

    /// The slot has a new owner.
    public void forget(int slot) {
        usedBlocks.set(slot, 0);
        reports.forget(slot);
    }

    @Override
    public void close() {
        blocks.close();
        steps.close();
        pages.close();
    }

    private void acceptBlocks(byte[] payload) throws MalformedMessageException {
        EngineLoad load = EngineLoad.decode(payload);
        int slot = slots.slotOf(load.worker());
        Long used = load.usedBlocks();
        if (slot != WorkerSlots.NONE && used != null) {
            usedBlocks.set(slot, used);
            if (slots.slotOf(load.worker()) != slot) {
                // It left meanwhile and has been forgotten, or its slot is somebody else's.
                usedBlocks.set(slot, 0);
            }
        }
    }

    private void acceptStep(byte[] payload) throws MalformedMessageException {
        ForwardPass pass = ForwardPass.decode(payload);
        EngineReport report =
                new EngineReport(pass.queued().total(), pass.scheduled().total(), 0);
        reports.set(pass.worker(), report, STEP_VALID);
    }
}
