package io.kvepp.nats;

import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.ErrorListener;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.Subscription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connection to a NATS server, kept up for ever: a server that is not there (yet) is tried
/// again until [#close].
///
/// Core NATS only: what is published while the connection is down, here or by others, is lost.
///
/// Source: the NATS client protocol.
///
/// Thread-safe. Owns one thread (and the library's own) from [#start] to [#close].
public final class NatsConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NatsConnection.class);
    private static final Duration FLUSH_MAX = Duration.ofSeconds(5);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
    private static final Duration PING = Duration.ofSeconds(10);

    private final NatsConfig config;
    private final List<NatsSubscription> subscriptions = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService worker;
    private volatile @Nullable Connection connection;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean closed;
    private @Nullable String lastProblem;

    public NatsConnection(NatsConfig config) {
        this.config = config;
        worker = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("nats").daemon().factory());
    }

    /// Connects, now and then for ever, unless it does already; returns at once.
    public void start() {
        if (started.compareAndSet(false, true)) {
            onWorker(this::connect);
        }
    }

    public boolean connected() {
        @Nullable Connection current = connection;
        return current != null && current.getStatus() == Connection.Status.CONNECTED;
    }

    /// Sends a message, or drops it while the connection is down; false when it was dropped.
    public boolean publish(String subject, byte[] body) {
        @Nullable Connection current = connection;
        if (current == null || current.getStatus() != Connection.Status.CONNECTED) {
            return false;
        }
        try {
            current.publish(subject, body);
            return true;
        } catch (IllegalStateException e) {
            // Closed between the two lines, or its queue is full.
            LOG.debug("not published", e);
            return false;
        }
    }

    /// Sends a question and gives the first answer. The future fails when nobody listens, nobody
    /// answers within `timeout`, or the connection is down.
    public CompletableFuture<byte[]> request(String subject, byte[] body, Duration timeout) {
        @Nullable Connection current = connection;
        if (current == null || current.getStatus() != Connection.Status.CONNECTED) {
            return CompletableFuture.failedFuture(
                    new IOException("nats-server: not connected (expected: a connection to " + config.server() + ")"));
        }
        try {
            return current.requestWithTimeout(subject, body, timeout).thenApply(Message::getData);
        } catch (IllegalStateException | IllegalArgumentException e) {
            return CompletableFuture.failedFuture(new IOException("question not sent: " + e.getMessage(), e));
        }
    }

    /// A subscription to nothing yet; it lasts across interruptions until it is closed.
    public NatsSubscription subscription(NatsListener listener) {
        NatsSubscription subscription = new NatsSubscription(this, config, listener);
        subscriptions.add(subscription);
        return subscription;
    }

    @Override
    public void close() {
        closed = true;
        subscriptions.forEach(NatsSubscription::close);
        onWorker(this::disconnect);
        worker.shutdown();
        try {
            if (!worker.awaitTermination(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                worker.shutdownNow();
            }
        } catch (InterruptedException e) {
            worker.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /// Runs a task on the one thread that changes the connection; dropped after [#close].
    void onWorker(Runnable task) {
        try {
            worker.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    LOG.error("NATS: a step failed", e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("closed", e);
        }
    }

    /// The connection, or null while there is none. On the worker.
    @Nullable
    Connection current() {
        return connected() ? connection : null;
    }

    void forget(NatsSubscription subscription) {
        subscriptions.remove(subscription);
    }

    /// True when the server has done everything sent before. On the worker.
    static boolean flushed(Connection connection) {
        try {
            connection.flush(FLUSH_MAX);
            return true;
        } catch (TimeoutException | IllegalStateException e) {
            LOG.debug("not flushed", e);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void connect() {
        if (closed) {
            return;
        }
        try {
            connection = Nats.connect(options());
            LOG.info("connected to NATS");
            subscriptions.forEach(NatsSubscription::apply);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            problem(e.toString());
            retry();
        }
    }

    private void retry() {
        try {
            var _ = worker.schedule(this::connect, config.reconnect().toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed", e);
        }
    }

    private void disconnect() {
        @Nullable Connection current = connection;
        connection = null;
        if (current == null) {
            return;
        }
        try {
            current.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Options options() {
        Options.Builder builder = new Options.Builder()
                .server(config.server())
                .connectionTimeout(config.connectTimeout())
                .reconnectWait(config.reconnect())
                .maxReconnects(-1)
                .reconnectBufferSize(0)
                .pingInterval(PING)
                .connectionName("kv-epp")
                .reportNoResponders()
                .connectionListener((_, event) -> onEvent(event))
                .errorListener(new Problems());
        if (config.usesTls()) {
            builder.sslContext(config.tls().context());
        }
        switch (config.auth()) {
            case NatsAuth.UserPassword(var user, var password) ->
                builder.userInfo(user.toCharArray(), password.toCharArray());
            case NatsAuth.Token(var token) -> builder.token(token.toCharArray());
            case NatsAuth.NKey(var seed) -> builder.authHandler(Nats.staticCredentials(null, seed.toCharArray()));
            case NatsAuth.CredentialsFile(var path) -> builder.authHandler(Nats.credentials(readable(path)));
        }
        return builder.build();
    }

    private static String readable(String path) {
        if (!Files.isReadable(Path.of(path))) {
            throw new IllegalArgumentException("nats-credentials-file: " + path + " (expected: a readable file)");
        }
        return path;
    }

    /// A problem that stays the same is logged once.
    private synchronized void problem(String text) {
        if (!text.equals(lastProblem)) {
            lastProblem = text;
            LOG.warn("NATS: {}", text);
        }
    }

    /// The library reconnects and subscribes again by itself.
    private void onEvent(ConnectionListener.Events event) {
        switch (event) {
            case DISCONNECTED -> {
                problem("the connection was lost and is made again");
                subscriptions.forEach(NatsSubscription::interrupted);
            }
            case RESUBSCRIBED -> {
                LOG.info("connected to NATS again");
                forgetProblem();
                subscriptions.forEach(subscription -> onWorker(subscription::resumed));
            }
            case CONNECTED -> forgetProblem();
            case CLOSED, RECONNECTED, DISCOVERED_SERVERS, LAME_DUCK -> {}
        }
    }

    private synchronized void forgetProblem() {
        lastProblem = null;
    }

    private final class Problems implements ErrorListener {
        @Override
        public void errorOccurred(Connection source, String error) {
            problem(error);
        }

        @Override
        public void exceptionOccurred(Connection source, Exception e) {
            LOG.debug("NATS", e);
        }

        @Override
        public void slowConsumerDetected(Connection source, io.nats.client.Consumer consumer) {
            problem("messages were dropped, because more wait than nats-pending-messages-max or"
                    + " nats-pending-bytes-max allow");
        }

        @Override
        public String supplyMessage(
                String label,
                @Nullable Connection source,
                io.nats.client.@Nullable Consumer consumer,
                @Nullable Subscription subscription,
                Object... more) {
            return label;
        }
    }
}
