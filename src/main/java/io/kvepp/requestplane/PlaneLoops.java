package io.kvepp.requestplane;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/// The threads on which requests and answers are heard and told, one for each processor; nothing on
/// them may block.
///
/// Where Linux can be asked directly it is: every answer comes over a connection of its own, and what
/// the JDK asks the system about each costs as much as the rest.
///
/// Thread-safe. Threads start with their first connection.
final class PlaneLoops implements AutoCloseable {
    static final Class<? extends SocketChannel> CHANNEL =
            Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
    static final Class<? extends ServerSocketChannel> SERVER_CHANNEL =
            Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;

    private static final long QUIET_MILLIS = 50;
    private static final long CLOSE_MILLIS_MAX = 1_000;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(
            Runtime.getRuntime().availableProcessors(),
            new DefaultThreadFactory("request-plane", true),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());

    EventLoopGroup group() {
        return group;
    }

    /// Closes all connections, those too that are being accepted; does not wait for it.
    @Override
    public void close() {
        var _ = group.shutdownGracefully(QUIET_MILLIS, CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
    }
}
