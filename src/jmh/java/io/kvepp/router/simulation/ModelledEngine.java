package io.kvepp.router.simulation;

import java.util.ArrayDeque;
import java.util.PriorityQueue;

/// A worker's engine as a model with fixed speeds: prompts are computed one after the other in the
/// order of their arrival, answers generated side by side.
///
/// A prompt waits until a slot for its answer is free and its blocks fit. What its cache holds of it
/// then need not be computed.
///
/// Confined to the thread that simulates.
final class ModelledEngine {
    static final int CACHE_BLOCKS = 4_096;
    static final int SLOTS = 64;
    static final double PREFILL_TOKENS_PER_SECOND = 8_000;
    static final double DECODE_TOKENS_PER_SECOND = 50;

    private final EngineListener listener;
    private final ModelledCache cache;
    private final ArrayDeque<Job> waiting;
    private final PriorityQueue<Answer> answers;
    private Job computing = Job.NONE;
    private double computedAt = Double.POSITIVE_INFINITY;
    private double busySeconds;

    /// `number` identifies the request.
    record Job(int number, TraceRequest request) {
        static final Job NONE = new Job(-1, TraceRequest.of(0, 0, 0, new long[0]));

        int outputBlocks() {
            return (request.promptTokens() % TraceRequest.BLOCK_TOKENS + request.outputTokens())
                            / TraceRequest.BLOCK_TOKENS
                    + 1;
        }

        long[] blocks() {
            return request.hashes().sequence();
        }
    }

    private record Answer(double endsAt, Job job) implements Comparable<Answer> {
        @Override
        public int compareTo(Answer other) {
            int byTime = Double.compare(endsAt, other.endsAt);
            return byTime == 0 ? Integer.compare(job.number(), other.job.number()) : byTime;
        }
    }

    ModelledEngine(EngineListener listener) {
        this.listener = listener;
        cache = new ModelledCache(CACHE_BLOCKS);
        waiting = new ArrayDeque<>();
        answers = new PriorityQueue<>();
    }

    private ModelledEngine(ModelledEngine other, EngineListener listener) {
        this.listener = listener;
        cache = other.cache.copy();
        waiting = new ArrayDeque<>(other.waiting);
        answers = new PriorityQueue<>(other.answers);
        computing = other.computing;
        computedAt = other.computedAt;
    }

    /// A request arrives.
    void add(double now, Job job) {
        waiting.add(job);
        startNext(now);
    }

    /// When something happens next; infinite when nothing does.
    double nextEvent() {
        return Math.min(
                computedAt,
                answers.isEmpty() ? Double.POSITIVE_INFINITY : answers.peek().endsAt());
    }

    /// Lets happen what is next.
    void step() {
        double now = nextEvent();
        if (now == computedAt) {
            Job done = computing;
            computing = Job.NONE;
            computedAt = Double.POSITIVE_INFINITY;
            listener.computed(now, done);
            answers.add(new Answer(now + done.request().outputTokens() / DECODE_TOKENS_PER_SECOND, done));
        } else {
            Job done = answers.remove().job();
            cache.release(done.blocks(), done.outputBlocks());
            listener.ended(now, done);
        }
        startNext(now);
    }

    /// How many blocks of the request it would find in its cache if the request came now and nothing
    /// came after.
    int blocksFoundIfAdded(double now, Job job) {
        int[] found = {-1};
        ModelledEngine future = new ModelledEngine(this, new EngineListener() {
            @Override
            public void started(double at, Job started, int cachedBlocks, long[] evicted) {
                found[0] = started.number() == job.number() ? cachedBlocks : found[0];
            }

            @Override
            public void computed(double at, Job done) {}

            @Override
            public void ended(double at, Job done) {}
        });
        future.add(now, job);
        while (found[0] < 0) {
            future.step();
        }
        return found[0];
    }

    /// Time spent computing prompts.
    double busySeconds() {
        return busySeconds;
    }

    private void startNext(double now) {
        if (!computing.equals(Job.NONE) || waiting.isEmpty() || answers.size() >= SLOTS) {
            return;
        }
        Job next = waiting.peek();
        if (!cache.fits(next.blocks(), next.outputBlocks())) {
            return;
        }
        waiting.remove();
        int cached = cache.prefix(next.blocks());
        long[] evicted = cache.use(next.blocks(), next.outputBlocks());
        computing = next;
        int tokens = Math.max(1, next.request().promptTokens() - cached * TraceRequest.BLOCK_TOKENS);
        computedAt = now + tokens / PREFILL_TOKENS_PER_SECOND;
        busySeconds += tokens / PREFILL_TOKENS_PER_SECOND;
        listener.started(now, next, cached, evicted);
    }
}
