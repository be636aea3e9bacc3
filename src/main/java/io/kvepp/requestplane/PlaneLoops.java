package io.kvepp.requestplane;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
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
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

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
    private static final Class<? extends ServerSocketChannel> SERVER_CHANNEL =
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

    /// Listens at `address`; `welcome` sets up each connection on its loop. `option` is what the port
    /// is called where it can be chosen.
    ///
    /// @throws IOException when the port is taken; the message names it
    Channel listen(InetSocketAddress address, int backlog, String option, Consumer<SocketChannel> welcome)
            throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(SERVER_CHANNEL)
                .option(ChannelOption.SO_BACKLOG, backlog)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        welcome.accept(channel);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    option + ": " + address + " (expected: a free port of a local address): "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        return bound.channel();
    }

    /// Closes all connections, those too that are being accepted; does not wait for it.
    @Override
    public void close() {
        var _ = group.shutdownGracefully(QUIET_MILLIS, CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
    }
}
