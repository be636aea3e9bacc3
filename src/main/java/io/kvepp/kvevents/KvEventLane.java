package io.kvepp.kvevents;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A thread that writes the index, and the bounded queue before it. What is handed in is done
/// in that order. The limits of the queues are shared evenly by all lanes.
///
/// When its queue is empty the thread rests for a moment before it waits to be woken: under load
/// it then finds several messages at once, and nobody has to wake it for each.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
final class KvEventLane implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KvEventLane.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
    private static final long IDLE_MILLIS = 100;
    private static final long REST_NANOS = 50_000;
    private static final int BATCH_ITEMS_MAX = 64;
    private static final long NONE = Long.MIN_VALUE;

    private final String name;
    private final LinkedBlockingQueue<Item> queue;
    private final long bytesMax;
    private final Runnable onIdle;
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicInteger waitingMessages = new AtomicInteger();
    private final CountDownLatch stop = new CountDownLatch(1);

    /// The thread's own.
    private final ArrayDeque<Item> taken = new ArrayDeque<>(BATCH_ITEMS_MAX);

    private boolean rested;

    /// When the first of the taken messages was received, the one that is being handled included.
    private volatile long oldestTakenNanos = NONE;

    private volatile @Nullable Thread thread;

    /// What waits in the queue.
    private sealed interface Item {
        record Message(Runnable handling, long bytes, long receivedNanos) implements Item {}

        record Task(Runnable task) implements Item {}
    }

    /// @param onIdle called on the lane whenever the queue is empty, again and again
    KvEventLane(String name, KvEventsConfig config, Runnable onIdle) {
        this.name = name;
        queue = new LinkedBlockingQueue<>(Math.max(1, config.queuedMessagesMax() / config.lanes()));
        bytesMax = config.queuedBytesMax() / config.lanes();
        this.onIdle = onIdle;
    }

    synchronized void start() {
        if (thread != null || isStopped()) {
            throw new IllegalStateException("started twice, or after close");
        }
        thread = Thread.ofPlatform().name(name).start(this::run);
    }

    /// Hands in the handling of a message; false when the queue is full. Never waits.
    boolean offer(Runnable handling, long bytes, long receivedNanos) {
        waitingMessages.incrementAndGet();
        if (queuedBytes.addAndGet(bytes) <= bytesMax && queue.offer(new Item.Message(handling, bytes, receivedNanos))) {
            return true;
        }
        waitingMessages.decrementAndGet();
        queuedBytes.addAndGet(-bytes);
        return false;
    }

    /// Messages handed in that are not done yet.
    int waitingMessages() {
        return waitingMessages.get();
    }

    /// When the oldest message that is not done yet was received; empty when there is none.
    OptionalLong oldestReceivedNanos() {
        long taken = oldestTakenNanos;
        if (taken != NONE) {
            return OptionalLong.of(taken);
        }
        for (Item item : queue) {
            if (item instanceof Item.Message message) {
                return OptionalLong.of(message.receivedNanos);
            }
        }
        return OptionalLong.empty();
    }

    private void noteOldestTaken() {
        long oldest = NONE;
        for (Item item : taken) {
            if (item instanceof Item.Message message) {
                oldest = message.receivedNanos;
                break;
            }
        }
        oldestTakenNanos = oldest;
    }

    /// Hands in a task. Waits while the queue is full; dropped once the lane is closed. On the lane
    /// itself the task is done at once.
    void post(Runnable task) {
        if (Thread.currentThread().equals(thread)) {
            task.run();
            return;
        }
        try {
            Item item = new Item.Task(task);
            while (!isStopped() && !queue.offer(item, IDLE_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.debug("waiting for the index to catch up");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        stop.countDown();
        @Nullable Thread running = thread;
        if (running == null || running.equals(Thread.currentThread())) {
            return;
        }
        try {
            if (!running.join(CLOSE_WAIT)) {
                LOG.warn("the index did not finish within {}", CLOSE_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        String lastFailure = "";
        while (!isStopped()) {
            try {
                step();
            } catch (InterruptedException e) {
                LOG.warn("the thread of KV events was interrupted; it goes on until it is closed");
            } catch (RuntimeException e) {
                // One item must not end the lane; a failure that repeats is logged once.
                if (!lastFailure.equals(e.toString())) {
                    lastFailure = e.toString();
                    LOG.error("a KV event could not be handled", e);
                }
            }
        }
    }

    private void step() throws InterruptedException {
        if (taken.isEmpty() && queue.drainTo(taken, BATCH_ITEMS_MAX) == 0) {
            await();
        } else {
            rested = false;
            noteOldestTaken();
            try {
                handle(taken.remove());
            } finally {
                noteOldestTaken();
            }
        }
    }

    private void await() throws InterruptedException {
        if (!rested) {
            rested = true;
            LockSupport.parkNanos(REST_NANOS);
            return;
        }
        onIdle.run();
        @Nullable Item item = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (item != null) {
            taken.add(item);
        }
    }

    private void handle(Item item) {
        switch (item) {
            case Item.Message message -> {
                queuedBytes.addAndGet(-message.bytes);
                try {
                    message.handling.run();
                } finally {
                    waitingMessages.decrementAndGet();
                }
            }
            case Item.Task(var task) -> task.run();
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }
}
