package io.kvepp.requestplane;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/// The threads on which requests and answers are heard and told; nothing on them may block.
///
/// There are few of them, so that what is passed on from a worker to a caller mostly stays on one.
///
/// Thread-safe. Threads start with their first connection.
final class PlaneLoops implements AutoCloseable {
    static final Class<? extends SocketChannel> CHANNEL = NioSocketChannel.class;
    static final Class<? extends ServerSocketChannel> SERVER_CHANNEL = NioServerSocketChannel.class;

    private static final int PROCESSORS_EACH = 2;
    private static final long QUIET_MILLIS = 50;
    private static final long CLOSE_MILLIS_MAX = 1_000;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(
            Math.max(1, Runtime.getRuntime().availableProcessors() / PROCESSORS_EACH),
            new DefaultThreadFactory("request-plane", true),
            NioIoHandler.newFactory());

    EventLoopGroup group() {
        return group;
    }

    /// Closes all connections, those too that are being accepted; does not wait for it.
    @Override
    public void close() {
        var _ = group.shutdownGracefully(QUIET_MILLIS, CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
    }
}
