package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.EventFrames;
import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.msgpack.MalformedMessageException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZEvent;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/// The sockets of a [ZmqEventSubscriber]: one SUB socket with a connection to each publisher, and
/// its monitor.
///
/// Confined to the subscriber's thread.
final class ZmqConnections implements AutoCloseable {
    /*
     * Why one socket
     * --------------
     * A socket of this library costs a dozen file descriptors with its monitor, a connection of a
     * shared socket costs one. The library reads the connections in turn and queues per
     * connection, so a busy publisher cannot starve the others.
     *
     * Why stalled connections are dialled again here
     * ----------------------------------------------
     * The library reconnects after a connection was lost, but gives up for good after a protocol
     * error (a frame over the limit, say). And when it changes a channel's owner from "connecting"
     * to "handshaking" within one turn of its poller, the channel stays unregistered and the
     * handshake never goes on: one connection in 25 to 100, with any peer [1]. A connection that does
     * not stand and about which the monitor is silent for too long is therefore replaced.
     *
     * Why brokers change little here
     * ------------------------------
     * A broker is one more connection of the same socket. What differs is the first frame, which is
     * the whole subject there, so that the socket subscribes to each subject as well as to the topic.
     *
     * Why the loop ticks
     * ------------------
     * Sockets belong to one thread. Commands of others are one volatile value (the wanted set, the
     * latest wins) that the loop looks at on each turn, so nothing queues up and there is no second
     * socket to wake it. The tick bounds how late a change is seen.
     *
     * [1] jeromq 0.6.0, zmq.poll.Poller.run: a cancelled key is still found by keyFor
     */
    private static final Logger LOG = LoggerFactory.getLogger(ZmqConnections.class);
    private static final String MONITOR = "inproc://monitor";
    private static final long TICK_MILLIS = 20;
    private static final int MESSAGES_A_TURN_MAX = 1_000;
    private static final int MONITOR_EVENTS_A_TURN_MAX = 10_000;
    private static final int LOGGED_MAX = 10_000;

    private final String topic;
    private final byte[] topicFrame;
    private final ZmqBrokers configuredBrokers;
    private final BrokerAddresses names = new BrokerAddresses();
    private final Repeats repeats = new Repeats();
    private final LongSupplier nanoClock;
    private final long patienceNanos;
    private final ZContext context = new ZContext();
    private final ZMQ.Socket subscriber;
    private final ZMQ.Socket monitor;
    private final ZMQ.Poller poller;
    private final Map<InetSocketAddress, Dial> dials = new HashMap<>();
    private final Set<String> refused = new HashSet<>();
    private Set<PublisherAddress> applied = Set.of();
    private int appliedNames;
    private Targets targets = Targets.NONE;
    private Standing standing = Standing.NOTHING;
    private @Nullable String lastListenerFailure;

    ZmqConnections(ZmqConfig config, String topic, LongSupplier nanoClock) {
        this.topic = topic;
        this.nanoClock = nanoClock;
        configuredBrokers = config.brokers();
        topicFrame = topic.getBytes(StandardCharsets.UTF_8);
        patienceNanos = ZmqSockets.patience(config).toNanos();
        context.setLinger(0);
        subscriber = ZmqSockets.create(context, SocketType.SUB, config);
        subscriber.subscribe(topicFrame);
        subscriber.monitor(MONITOR, ZMQ.EVENT_ALL);
        monitor = context.createSocket(SocketType.PAIR);
        monitor.connect(MONITOR);
        poller = context.createPoller(2);
        poller.register(subscriber, ZMQ.Poller.POLLIN);
        poller.register(monitor, ZMQ.Poller.POLLIN);
    }

    /// Makes the connections those of the wanted set, and replaces stalled ones.
    void keep(Set<PublisherAddress> wanted) {
        long now = nanoClock.getAsLong();
        int nameVersion = names.version();
        if (!wanted.equals(applied) || nameVersion != appliedNames) {
            apply(Targets.of(wanted, configuredBrokers, names));
            applied = wanted;
            appliedNames = nameVersion;
        }
        readMonitor();
        if (standing.brokers().size() < targets.brokers().size()) {
            names.lookUp(targets.brokers(), now);
        }
        for (Dial dial : dials.values()) {
            if (dial.isStalled(now, patienceNanos)) {
                disconnect(dial);
                connect(dial);
                dial.redialled(now);
            }
        }
    }

    Standing standing() {
        return standing;
    }

    /// Gives the listener what has arrived, up to a limit, so that other work has its turn.
    void receive(EventListener listener, BooleanSupplier stopped) {
        for (int i = 0; i < MESSAGES_A_TURN_MAX && !stopped.getAsBoolean(); i++) {
            // One more than a message has shows that there were too many.
            List<byte[]> frames = ZmqSockets.receive(subscriber, EventFrames.COUNT + 1);
            if (frames.isEmpty()) {
                return;
            }
            if (isWanted(frames.getFirst())) {
                deliver(frames, listener);
            }
        }
    }

    /// Waits for something to arrive, or for the next look at the wanted set.
    void await() {
        poller.poll(TICK_MILLIS);
    }

    @Override
    public void close() {
        context.close();
    }

    /// Publishers name the topic, brokers carry the subject.
    private boolean isWanted(byte[] frame) {
        return Arrays.equals(frame, topicFrame)
                || (!targets.subjects().isEmpty()
                        && targets.subjects().contains(new String(frame, StandardCharsets.UTF_8)));
    }

    private void apply(Targets next) {
        next.unusable().forEach(this::refuse);
        Iterator<Map.Entry<InetSocketAddress, Dial>> known = dials.entrySet().iterator();
        while (known.hasNext()) {
            Map.Entry<InetSocketAddress, Dial> entry = known.next();
            if (!next.connections().containsKey(entry.getKey())) {
                disconnect(entry.getValue());
                known.remove();
            }
        }
        next.connections().forEach((address, endpoint) -> {
            if (!dials.containsKey(address)) {
                Dial dial = new Dial(endpoint, nanoClock.getAsLong());
                dials.put(address, dial);
                connect(dial);
            }
        });
        next.subjects().stream()
                .filter(subject -> !targets.subjects().contains(subject))
                .forEach(subscriber::subscribe);
        targets.subjects().stream()
                .filter(subject -> !next.subjects().contains(subject))
                .forEach(subscriber::unsubscribe);
        targets = next;
        updateStanding();
    }

    private void readMonitor() {
        boolean changed = false;
        for (int i = 0; i < MONITOR_EVENTS_A_TURN_MAX; i++) {
            @Nullable ZEvent event = ZEvent.recv(monitor, ZMQ.DONTWAIT);
            if (event == null) {
                break;
            }
            @Nullable InetSocketAddress address = TcpEndpoint.parse(String.valueOf(event.getAddress()));
            @Nullable Dial dial = address == null ? null : dials.get(address);
            if (dial != null) {
                boolean before = dial.stands();
                dial.follow(event, nanoClock.getAsLong());
                changed |= before != dial.stands();
            }
        }
        if (changed) {
            updateStanding();
        }
    }

    private void updateStanding() {
        Set<InetSocketAddress> addresses = new HashSet<>();
        dials.forEach((address, dial) -> {
            if (dial.stands()) {
                addresses.add(address);
            }
        });
        Set<String> brokers = new HashSet<>();
        for (String broker : targets.brokers()) {
            @Nullable InetSocketAddress address = names.of(broker);
            if (address != null && addresses.contains(address)) {
                brokers.add(broker);
            }
        }
        standing = new Standing(addresses, brokers);
    }

    private void connect(Dial dial) {
        try {
            subscriber.connect(dial.endpoint());
        } catch (ZMQException | IllegalArgumentException e) {
            refuse(dial.endpoint());
        }
    }

    private void disconnect(Dial dial) {
        try {
            subscriber.disconnect(dial.endpoint());
        } catch (ZMQException | IllegalArgumentException e) {
            // Nothing to disconnect: the connection never stood or the library has dropped it.
            LOG.debug("not disconnected: endpoint={}", dial.endpoint(), e);
        }
    }

    private void refuse(String endpoint) {
        if (refused.size() < LOGGED_MAX && refused.add(endpoint)) {
            LOG.warn("a publisher's endpoint cannot be used: {} (expected: tcp://<ip>:<port>)", endpoint);
        }
    }

    private void deliver(List<byte[]> frames, EventListener listener) {
        try {
            try {
                EventMessage message = EventFrames.decode(topic, frames);
                if (targets.brokers().size() <= 1 || !repeats.isRepeat(message.publisherId(), message.sequence())) {
                    listener.onMessage(message);
                }
            } catch (MalformedMessageException e) {
                listener.onMalformed(String.valueOf(e.getMessage()));
            }
        } catch (RuntimeException e) {
            // The socket must be read on whatever the listener does with one message.
            if (!e.toString().equals(lastListenerFailure)) {
                lastListenerFailure = e.toString();
                LOG.error("the listener of events failed: topic={}", topic, e);
            }
        }
    }
}
