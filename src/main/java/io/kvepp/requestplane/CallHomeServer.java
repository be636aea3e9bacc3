package io.kvepp.requestplane;

import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Accepts the connections that workers open, and hands each to the call whose subject it names.
///
/// A connection that names no expected subject, names none in time, or comes while too many have
/// not named theirs is closed.
///
/// Thread-safe.
final class CallHomeServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CallHomeServer.class);
    private static final int NAMELESS_CONNECTIONS_MAX = 256;
    private static final int BACKLOG = 1_024;

    private final InetSocketAddress bindAddress;
    private final PlaneTls tls;
    private final PlaneLoops loops;
    private final StallWatch watch;
    private final Map<String, TcpCall> expected = new ConcurrentHashMap<>();
    private final Semaphore nameless = new Semaphore(NAMELESS_CONNECTIONS_MAX);
    private volatile @Nullable Listening server;

    private record Listening(Channel channel, int port) {}

    CallHomeServer(InetSocketAddress bindAddress, PlaneTls tls, PlaneLoops loops, StallWatch watch) {
        this.bindAddress = bindAddress;
        this.tls = tls;
        this.loops = loops;
        this.watch = watch;
    }

    void start() throws IOException {
        Channel listening = loops.listen(bindAddress, BACKLOG, "request-plane-port", this::welcome);
        server = new Listening(listening, ((InetSocketAddress) listening.localAddress()).getPort());
    }

    /// @throws IllegalStateException before the start
    void requireStarted() {
        if (server == null) {
            throw new IllegalStateException("not started (expected: start before the first call)");
        }
    }

    /// What a worker that is connected to `localAddress` of this machine is told to call.
    String addressFor(InetAddress localAddress) {
        Listening listening = Objects.requireNonNull(server);
        InetAddress host = bindAddress.getAddress().isAnyLocalAddress() ? localAddress : bindAddress.getAddress();
        String text = host.getHostAddress();
        return (text.contains(":") ? "[" + text + "]" : text) + ":" + listening.port();
    }

    /// The next connection that names `subject` belongs to `call`, which ends the wait with [#forget].
    void expect(String subject, TcpCall call) {
        expected.put(subject, call);
    }

    void forget(String subject) {
        expected.remove(subject);
    }

    @Override
    public void close() {
        Listening listening = server;
        if (listening != null) {
            var _ = listening.channel().close();
        }
    }

    private void welcome(SocketChannel channel) {
        if (!nameless.tryAcquire()) {
            LOG.debug("connection closed: {} connections have not named a subject", NAMELESS_CONNECTIONS_MAX);
            var _ = channel.close();
            return;
        }
        HomeConnection connection = new HomeConnection(this::named, watch::now);
        watch.add(connection);
        channel.closeFuture().addListener(_ -> {
            watch.remove(connection);
            if (!connection.isNamed()) {
                nameless.release();
            }
        });
        tls.accept(channel.pipeline());
        channel.pipeline().addLast(connection);
    }

    private HomeConnection.@Nullable Reader named(String subject, HomeConnection connection) {
        @Nullable TcpCall call = expected.remove(subject);
        if (call == null) {
            return null;
        }
        nameless.release();
        call.onHome(connection);
        return call;
    }
}
