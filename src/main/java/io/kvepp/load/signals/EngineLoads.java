package io.kvepp.load.signals;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.LoadPublisher;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How many cache blocks the running requests of each rank hold, as its engine says.
///
/// Listens only once somebody wants to know: engines tell it several times a request.
///
/// Thread-safe. Owns the subscriber from [#start] to [#close].
public final class EngineLoads implements AutoCloseable {
    private static final String TOPIC = "kv_metrics";
    private static final Logger LOG = LoggerFactory.getLogger(EngineLoads.class);

    private final EventSubscriber subscriber;
    private final WorkerSlots slots;
    private final AtomicLongArray usedBlocks = new AtomicLongArray(WorkerSlots.SLOTS_MAX);
    private final AtomicLong malformed = new AtomicLong();
    private List<LoadPublisher> publishers = List.of();
    private boolean wanted;

    public EngineLoads(EventSubscriber subscriber, WorkerSlots slots) {
        this.subscriber = subscriber;
        this.slots = slots;
    }

    /// Called once.
    public void start() {
        subscriber.start(new EventListener() {
            @Override
            public void onMessage(EventMessage message) {
                accept(message);
            }

            @Override
            public void onMalformed(String detail) {
                skip(detail);
            }

            @Override
            public void onInterrupted(PublisherAddress publisher) {
                // The next message says all there is to know.
            }
        });
    }

    /// From now on the numbers are kept up to date.
    public synchronized void want() {
        wanted = true;
        subscribe();
    }

    /// Replaces the set of publishers.
    public synchronized void update(List<LoadPublisher> all) {
        publishers = List.copyOf(all);
        subscribe();
    }

    /// Blocks in use on the rank; 0 when its engine has said nothing.
    public long usedBlocks(int slot) {
        return usedBlocks.get(slot);
    }

    /// The slot has a new owner.
    public void forget(int slot) {
        usedBlocks.set(slot, 0);
    }

    @Override
    public void close() {
        subscriber.close();
    }

    private void subscribe() {
        Set<PublisherAddress> addresses = publishers.stream()
                .filter(publisher -> publisher.topic().equals(TOPIC))
                .map(publisher -> new PublisherAddress(publisher.publisherId(), publisher.endpoint()))
                .filter(subscriber::reaches)
                .collect(Collectors.toSet());
        subscriber.subscribe(wanted ? addresses : Set.of());
    }

    private void accept(EventMessage message) {
        EngineLoad load;
        try {
            load = EngineLoad.decode(message.payload());
        } catch (MalformedMessageException e) {
            skip(String.valueOf(e.getMessage()));
            return;
        }
        int slot = slots.slotOf(load.worker());
        Long blocks = load.usedBlocks();
        if (slot != WorkerSlots.NONE && blocks != null) {
            set(load.worker(), slot, blocks);
        }
    }

    /// A rank that left meanwhile has been forgotten, or its slot is somebody else's.
    private void set(WorkerWithDpRank worker, int slot, long blocks) {
        usedBlocks.set(slot, blocks);
        if (slots.slotOf(worker) != slot) {
            usedBlocks.set(slot, 0);
        }
    }

    private void skip(String detail) {
        if (malformed.getAndIncrement() == 0) {
            LOG.warn("a message of the topic kv_metrics is not read, further ones in silence: {}", detail);
        }
    }
}
