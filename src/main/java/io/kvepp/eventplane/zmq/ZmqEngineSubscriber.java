package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.EngineAddress;
import io.kvepp.eventplane.EngineListener;
import io.kvepp.eventplane.EngineSubscriber;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// Receives what engines tell over ZMQ, connected to each directly.
///
/// Addresses must be `tcp://<ip>:<port>`; another text is never connected.
///
/// Thread-safe. Owns one thread (and the library's own) from [#start] to [#close].
public final class ZmqEngineSubscriber implements EngineSubscriber {
    /*
     * Sockets belong to one thread. It looks at what others want (the set of engines, the questions)
     * on each turn; the tick bounds how late that is seen.
     */
    private static final Logger LOG = LoggerFactory.getLogger(ZmqEngineSubscriber.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
    private static final long TICK_MILLIS = 20;

    private final ZmqConfig config;
    private final LongSupplier nanoClock;
    private final long patienceNanos;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final ConcurrentLinkedQueue<EngineReplay.ReplayRequest> requests = new ConcurrentLinkedQueue<>();
    private volatile Set<EngineAddress> wanted = Set.of();
    private volatile Set<EngineAddress> connected = Set.of();
    private @Nullable Thread thread;

    // Confined to the thread.
    private final Map<EngineAddress, EngineSocket> sockets = new HashMap<>();
    private final Map<EngineAddress, EngineReplay> replays = new HashMap<>();
    private long socketsOpened;

    /// @param nanoClock a monotonic clock, in nanoseconds
    public ZmqEngineSubscriber(ZmqConfig config, LongSupplier nanoClock) {
        this.config = config;
        this.nanoClock = nanoClock;
        patienceNanos = ZmqSockets.patience(config).toNanos();
    }

    @Override
    public synchronized void start(EngineListener listener) {
        if (thread != null || isStopped()) {
            throw new IllegalStateException("started twice, or after close");
        }
        thread = Thread.ofPlatform().name("engine-events").start(() -> run(listener));
    }

    @Override
    public void subscribe(Set<EngineAddress> engines) {
        wanted = Set.copyOf(engines);
    }

    @Override
    public boolean connected(EngineAddress engine) {
        return connected.contains(engine);
    }

    @Override
    public void replay(EngineAddress engine, long replay, long fromSequence, Duration pause) {
        requests.add(
                new EngineReplay.ReplayRequest(engine, replay, fromSequence, nanoClock.getAsLong() + pause.toNanos()));
    }

    @Override
    public synchronized void close() {
        stop.countDown();
        if (thread == null || thread.equals(Thread.currentThread())) {
            return;
        }
        try {
            if (!thread.join(CLOSE_WAIT)) {
                LOG.warn("the listener of engine events did not return within {}", CLOSE_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(EngineListener listener) {
        try {
            do {
                try (ZContext context = new ZContext()) {
                    receive(context, listener);
                } catch (RuntimeException | AssertionError e) {
                    // The library asserts that a message it began to hand out stays whole, which an
                    // engine that dies in the middle breaks.
                    LOG.error("the sockets of engines failed and are set up again", e);
                } finally {
                    replays.values().forEach(replay -> replay.abandon(listener));
                    sockets.clear();
                    replays.clear();
                    connected = Set.of();
                }
            } while (!stop.await(config.reconnectMax().toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Returns when stopped; throws when the sockets are beyond use.
    private void receive(ZContext context, EngineListener listener) throws InterruptedException {
        ZMQ.Poller poller = poller(context);
        while (!isStopped()) {
            boolean changed = applyWanted(context);
            changed |= takeRequests(context);
            long now = nanoClock.getAsLong();
            sockets.values().forEach(socket -> socket.keep(now, patienceNanos, listener));
            updateConnected();
            sockets.values().forEach(socket -> socket.receive(listener));
            changed |= goOnWithReplays(now, listener);
            if (changed) {
                poller.close();
                poller = poller(context);
            }
            await(poller);
        }
    }

    /// Waits for messages, changes of what is wanted, or the end.
    private void await(ZMQ.Poller poller) throws InterruptedException {
        if (sockets.isEmpty()) {
            // The library returns at once when there is nothing to poll.
            var _ = stop.await(TICK_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            poller.poll(TICK_MILLIS);
        }
    }

    private boolean applyWanted(ZContext context) {
        Set<EngineAddress> engines = wanted;
        boolean changed = sockets.entrySet().removeIf(entry -> {
            boolean gone = !engines.contains(entry.getKey());
            if (gone) {
                entry.getValue().close();
            }
            return gone;
        });
        for (EngineAddress engine : engines) {
            if (!sockets.containsKey(engine)) {
                sockets.put(engine, new EngineSocket(context, config, engine, socketsOpened++, nanoClock.getAsLong()));
                changed = true;
            }
        }
        return changed;
    }

    private boolean takeRequests(ZContext context) {
        boolean changed = false;
        for (EngineReplay.@Nullable ReplayRequest request = requests.poll();
                request != null;
                request = requests.poll()) {
            @Nullable EngineReplay replaced = replays.put(request.engine(), new EngineReplay(context, config, request));
            if (replaced != null) {
                replaced.close();
            }
            changed = true;
        }
        changed |= replays.entrySet().removeIf(entry -> {
            boolean gone = !sockets.containsKey(entry.getKey());
            if (gone) {
                entry.getValue().close();
            }
            return gone;
        });
        return changed;
    }

    /// True when a socket was opened or closed.
    private boolean goOnWithReplays(long nowNanos, EngineListener listener) {
        boolean changed = false;
        Iterator<EngineReplay> all = replays.values().iterator();
        while (all.hasNext()) {
            EngineReplay replay = all.next();
            switch (replay.go(nowNanos, listener)) {
                case WAITING -> {}
                case ASKED -> changed = true;
                case OVER -> {
                    replay.close();
                    all.remove();
                    changed = true;
                }
            }
        }
        return changed;
    }

    private ZMQ.Poller poller(ZContext context) {
        ZMQ.Poller poller = context.createPoller(2 * sockets.size() + replays.size() + 1);
        sockets.values().forEach(socket -> socket.register(poller));
        replays.values().forEach(replay -> replay.register(poller));
        return poller;
    }

    private void updateConnected() {
        Set<EngineAddress> now = new HashSet<>();
        sockets.forEach((engine, socket) -> {
            if (socket.stands()) {
                now.add(engine);
            }
        });
        if (!now.equals(connected)) {
            connected = Set.copyOf(now);
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }
}
