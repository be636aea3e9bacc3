package io.kvepp.nats;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The messages of a changing set of subjects.
///
/// Thread-safe. Owns a thread of the library's while there is a connection; ends with [#close] or
/// with the connection.
public final class NatsSubscription implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NatsSubscription.class);

    private final NatsConnection connection;
    private final NatsConfig config;
    private final NatsListener listener;
    private volatile Set<String> wanted = Set.of();
    private volatile Set<String> standing = Set.of();
    private volatile boolean closed;
    private volatile @Nullable String lastListenerFailure;

    // Confined to the connection's worker.
    private final Set<String> subscribed = new HashSet<>();
    private @Nullable Dispatcher dispatcher;

    NatsSubscription(NatsConnection connection, NatsConfig config, NatsListener listener) {
        this.connection = connection;
        this.config = config;
        this.listener = listener;
    }

    /// Replaces the set of subjects; takes effect a moment later.
    public void subscribe(Set<String> subjects) {
        wanted = Set.copyOf(subjects);
        connection.onWorker(this::apply);
    }

    /// True while the server sends the messages of the subject.
    public boolean stands(String subject) {
        return connection.connected() && standing.contains(subject);
    }

    /// The listener is not called after it returns, but for a message it has in hand.
    @Override
    public void close() {
        closed = true;
        standing = Set.of();
        connection.forget(this);
        connection.onWorker(() -> {
            @Nullable Connection current = connection.current();
            if (dispatcher != null && current != null) {
                current.closeDispatcher(dispatcher);
            }
            dispatcher = null;
        });
    }

    /// Any thread of the library.
    void interrupted() {
        standing = Set.of();
    }

    // Everything below runs on the worker.

    /// The library has subscribed to everything again; what is wanted since is added.
    void resumed() {
        apply();
        deliver(listener::onInterruption);
    }

    void apply() {
        @Nullable Connection current = connection.current();
        if (current == null || closed) {
            return;
        }
        if (dispatcher == null) {
            dispatcher = current.createDispatcher(this::onMessage);
            dispatcher.setPendingLimits(config.pendingMessagesMax(), config.pendingBytesMax());
        }
        Dispatcher open = dispatcher;
        Set<String> subjects = wanted;
        subscribed.removeIf(subject -> {
            boolean gone = !subjects.contains(subject);
            if (gone) {
                open.unsubscribe(subject);
            }
            return gone;
        });
        for (String subject : subjects) {
            if (subscribed.add(subject)) {
                open.subscribe(subject);
            }
        }
        if (NatsConnection.flushed(current) && !closed) {
            standing = subjects;
        }
    }

    private void onMessage(Message message) {
        if (!closed) {
            deliver(() -> listener.onMessage(message.getSubject(), message.getData()));
        }
    }

    /// The subscription goes on whatever the listener does with one message.
    private void deliver(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            if (!e.toString().equals(lastListenerFailure)) {
                lastListenerFailure = e.toString();
                LOG.error("a listener of NATS messages failed", e);
            }
        }
    }
}
