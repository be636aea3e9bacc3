package io.kvepp.router.simulation;

import io.kvepp.kvcache.OverlapScores;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.simulation.ModelledEngine.Job;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// One replay of a trace: requests arrive, a worker is chosen for each, engines work, and their KV
/// events reach the index a little later.
///
/// Of what happens at the same moment, engines come first, by number, then events, then arrivals.
///
/// Confined to the thread that runs it.
final class Simulation {
    /// From a change of a cache to the index.
    static final double EVENT_DELAY_SECONDS = 0.005;

    private final List<TraceRequest> trace;
    private final Policy policy;
    private final double secondsPerTraceSecond;
    private final Router router;
    private final List<ModelledEngine> engines = new ArrayList<>();
    private final ArrayDeque<Told> events = new ArrayDeque<>();
    private final Placement[] placements;
    private final double[] ttftSeconds;
    private long cachedTokens;
    private double lastEnd;

    /// A KV event on its way.
    private record Told(double arrivesAt, Runnable applied) {}

    /// @param secondsPerTraceSecond how long a second of the trace lasts; 0: everything arrives at once
    Simulation(List<TraceRequest> trace, Policy policy, int workers, double secondsPerTraceSecond, long seed) {
        this.trace = trace;
        this.policy = policy;
        this.secondsPerTraceSecond = secondsPerTraceSecond;
        router = new Router(workers, policy.mode(), seed);
        for (int worker = 0; worker < workers; worker++) {
            engines.add(new ModelledEngine(new Listener(worker)));
        }
        placements = new Placement[trace.size()];
        ttftSeconds = new double[trace.size()];
    }

    Replay run() {
        for (int number = 0; number < trace.size(); number++) {
            double arrival = arrival(number);
            advanceTo(arrival);
            arrive(arrival, new Job(number, trace.get(number)));
        }
        advanceTo(Double.POSITIVE_INFINITY);
        long promptTokens = trace.stream().mapToLong(TraceRequest::promptTokens).sum();
        return Replay.of(
                ttftSeconds,
                (double) cachedTokens / promptTokens,
                engines.stream().mapToDouble(ModelledEngine::busySeconds).toArray(),
                lastEnd - arrival(0));
    }

    private double arrival(int number) {
        return trace.get(number).arrivalMillis() / 1e3 * secondsPerTraceSecond;
    }

    private void arrive(double now, Job job) {
        Placement placement =
                policy.oracle() ? router.place(job.request(), foreseen(now, job)) : router.place(job.request());
        placements[job.number()] = placement;
        engines.get(router.worker(placement)).add(now, job);
    }

    private OverlapScores foreseen(double now, Job job) {
        int[] blocks = new int[engines.size()];
        for (int worker = 0; worker < blocks.length; worker++) {
            blocks[worker] = engines.get(worker).blocksFoundIfAdded(now, job);
        }
        return new OverlapScores(blocks, new int[0], new int[0]);
    }

    /// Everything that happens up to this moment.
    private void advanceTo(double moment) {
        while (true) {
            ModelledEngine next = next();
            double engineAt = next.nextEvent();
            double eventAt =
                    events.isEmpty() ? Double.POSITIVE_INFINITY : events.peek().arrivesAt();
            if (Math.min(engineAt, eventAt) > moment || Math.min(engineAt, eventAt) == Double.POSITIVE_INFINITY) {
                return;
            }
            if (engineAt <= eventAt) {
                next.step();
            } else {
                events.remove().applied().run();
            }
        }
    }

    private ModelledEngine next() {
        ModelledEngine next = engines.getFirst();
        for (ModelledEngine engine : engines) {
            next = engine.nextEvent() < next.nextEvent() ? engine : next;
        }
        return next;
    }

    /// What one engine does, as the router hears of it.
    private final class Listener implements EngineListener {
        private final int worker;
        private int heldBlocks;

        Listener(int worker) {
            this.worker = worker;
        }

        @Override
        public void started(double now, Job job, int cachedBlocks, long[] evicted) {
            heldBlocks = cachedBlocks;
            cachedTokens += (long) cachedBlocks * TraceRequest.BLOCK_TOKENS;
            tell(now, () -> router.removed(worker, evicted));
        }

        @Override
        public void computed(double now, Job job) {
            ttftSeconds[job.number()] = now - arrival(job.number());
            placements[job.number()].firstToken();
            int held = heldBlocks;
            tell(now, () -> router.stored(worker, job.request(), held));
        }

        @Override
        public void ended(double now, Job job) {
            placements[job.number()].release();
            lastEnd = now;
        }

        private void tell(double now, Runnable event) {
            if (!policy.oracle()) {
                events.add(new Told(now + EVENT_DELAY_SECONDS, event));
            }
        }
    }
}
