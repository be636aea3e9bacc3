package io.kvepp.kvevents.engine;

import io.kvepp.eventplane.EngineAddress;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvevents.RankStatus;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.KvEventPublisher;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the messages of one engine rank, which count up by one from 0 for each process of the
/// engine, and writes what they say into the index.
///
/// - When the connection stands, and when messages were missed, the engine is asked to repeat them;
///   live ones wait meanwhile.
/// - A sequence that goes backwards is a new process: the rank starts over. So does one whose last
///   known message the engine no longer repeats byte by byte.
/// - What cannot be repeated is lost: the rank is dropped from the index and goes on cold.
///
/// Confined to the thread that writes the index, but for [#status] and [#started].
final class EngineRank {
    /*
     * What the fields say
     * -------------------
     * next      the sequence expected; 0 while nothing of the process is in the index
     * whole     the index has all since the process began, as far as `next`
     * replay    number of the replay under way, NONE when there is none
     * checked   during a replay: what is repeated is known to come from the process whose messages
     *           are in the index, because none are, or because the last one came again
     */
    private static final Logger LOG = LoggerFactory.getLogger(EngineRank.class);
    private static final long NONE = -1;
    private static final int REPLAYS_MAX = 8;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

    private final EngineEvents engine;
    private final KvIndexer indexer;
    private final EppMetrics metrics;
    private final Replays replays;
    private final EngineEventDecoder decoder;
    private final WaitingMessages waiting = new WaitingMessages();
    private final AtomicLong lastSequence = new AtomicLong();
    private final AtomicLong eventsApplied = new AtomicLong();
    private final AtomicLong coldStarts = new AtomicLong();
    private volatile boolean started;
    private volatile boolean whole;
    private volatile long replay = NONE;

    private long next;
    private byte[] lastPayload = new byte[0];
    private long nextLive;
    private int replaysTried;
    private boolean checked;

    /// Asks the engine to repeat its messages; every question has a number of its own, at least 0.
    @FunctionalInterface
    interface Replays {
        long ask(EngineAddress engine, long fromSequence, Duration pause);
    }

    EngineRank(EngineEvents engine, KvIndexer indexer, EppMetrics metrics, Replays replays) {
        this.engine = engine;
        this.indexer = indexer;
        this.metrics = metrics;
        this.replays = replays;
        decoder = new EngineEventDecoder(engine, indexer);
    }

    EngineEvents engine() {
        return engine;
    }

    EngineAddress address() {
        return new EngineAddress(engine.eventAddress(), engine.replayAddress());
    }

    /// True once the first replay has ended, well or not, or when there can be none.
    boolean started() {
        return started || engine.replayAddress() == null;
    }

    RankStatus status(boolean connected) {
        return new RankStatus(
                new KvEventPublisher(0, engine.worker(), engine.eventAddress()),
                connected,
                replay != NONE ? "recovering" : whole ? "live" : "cold",
                lastSequence.get(),
                eventsApplied.get(),
                coldStarts.get());
    }

    /// The connection stands, for the first time or again: messages may have been missed.
    void connected() {
        if (engine.replayAddress() != null) {
            replaysTried = 0;
            if (!whole) {
                forgetAll();
            }
            startReplay(Duration.ZERO);
        }
    }

    /// A live message.
    void message(long sequence, byte[] payload) {
        if (sequence < nextLive) {
            LOG.info("an engine restarted: source={}", engine.worker());
            forgetAll();
            waiting.clear();
            replay = NONE;
        }
        nextLive = sequence + 1;
        if (replay != NONE) {
            keep(sequence, payload);
        } else if (sequence == next) {
            apply(sequence, payload);
        } else if (sequence < next) {
            metrics.kvEvents("stale", 1);
        } else {
            metrics.kvEvents("gap", 1);
            missed(sequence, payload);
        }
    }

    /// Live messages were dropped here, and nobody knows how many.
    void lost() {
        if (engine.replayAddress() == null) {
            startCold(next);
        } else if (replay == NONE) {
            replaysTried = 0;
            startReplay(Duration.ZERO);
        }
    }

    /// A message that the engine repeats.
    void replayed(long number, long sequence, byte[] payload) {
        if (number != replay || sequence < next - 1) {
            return;
        }
        if (sequence == next - 1) {
            if (Arrays.equals(payload, lastPayload)) {
                checked = true;
            } else {
                startOver();
            }
        } else if (!checked) {
            startOver();
        } else {
            if (sequence > next) {
                startCold(sequence);
            }
            apply(sequence, payload);
        }
    }

    void replayEnd(long number, boolean complete) {
        if (number != replay) {
            return;
        }
        if (!complete) {
            retryOrGiveUp();
        } else if (checked) {
            // From an engine that has said nothing yet nothing is missing.
            whole |= next == 0;
            metrics.kvRecovery("range");
            takeWaiting();
        } else {
            startOver();
        }
    }

    /// The rank is gone.
    void remove() {
        replay = NONE;
        forgetAll();
    }

    private void keep(long sequence, byte[] payload) {
        if (!waiting.add(sequence, payload)) {
            metrics.kvEvents("overflow", 1);
        }
    }

    private void missed(long sequence, byte[] payload) {
        if (engine.replayAddress() == null) {
            startCold(sequence);
            apply(sequence, payload);
        } else {
            replaysTried = 0;
            keep(sequence, payload);
            startReplay(Duration.ZERO);
        }
    }

    private void startReplay(Duration pause) {
        checked = next == 0;
        replay = replays.ask(address(), Math.max(0, next - 1), pause);
    }

    /// What is in the index is of another process, or may be.
    private void startOver() {
        LOG.info("an engine restarted, or has forgotten what it said: source={}", engine.worker());
        forgetAll();
        startReplay(Duration.ZERO);
    }

    private void retryOrGiveUp() {
        if (replaysTried < REPLAYS_MAX) {
            startReplay(FIRST_PAUSE.multipliedBy(1L << replaysTried++));
            return;
        }
        LOG.warn(
                "an engine does not repeat its messages: source={} endpoint={}",
                engine.worker(),
                engine.replayAddress());
        metrics.kvRecovery("failed");
        if (checked) {
            whole = false;
        } else {
            startCold(0);
        }
        takeWaiting();
    }

    /// The replay is over; live messages that waited continue it.
    private void takeWaiting() {
        for (WaitingMessages.@Nullable Message message = waiting.first(); message != null; message = waiting.first()) {
            if (message.sequence() > next) {
                if (replaysTried < REPLAYS_MAX) {
                    startReplay(FIRST_PAUSE.multipliedBy(1L << replaysTried++));
                    return;
                }
                startCold(message.sequence());
            }
            waiting.removeFirst();
            if (message.sequence() == next) {
                apply(message.sequence(), message.payload());
            }
        }
        replay = NONE;
        started = true;
    }

    /// What was said before this sequence is lost.
    private void startCold(long sequence) {
        forgetAll();
        coldStarts.incrementAndGet();
        next = sequence;
        whole = false;
    }

    private void forgetAll() {
        indexer.removeRank(engine.worker());
        decoder.forgetBlocks();
        next = 0;
        whole = false;
        lastPayload = new byte[0];
    }

    private void apply(long sequence, byte[] payload) {
        whole |= sequence == 0;
        next = sequence + 1;
        lastPayload = payload;
        lastSequence.set(sequence);
        try {
            decoder.apply(sequence, payload);
        } catch (MalformedMessageException e) {
            LOG.debug("malformed KV events: source={} {}", engine.worker(), e.getMessage());
            metrics.kvEvents("malformed", 1);
            startCold(sequence + 1);
            lastPayload = payload;
        }
        count("applied", decoder.takeApplied());
        count("ignored", decoder.takeIgnored());
    }

    private void count(String outcome, int events) {
        if (events > 0) {
            metrics.kvEvents(outcome, events);
        }
        if (outcome.equals("applied")) {
            eventsApplied.addAndGet(events);
        }
    }
}
