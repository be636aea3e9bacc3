package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A connection to a worker that carries requests one after another; the worker acknowledges each in
/// its turn.
///
/// Thread-safe; acknowledgements are told on the connection's loop.
final class WorkerConnection extends ByteToMessageDecoder implements StallWatch.Watched {
    private static final int ACK_BYTES_MAX = 64 << 10;
    private static final long NOT_WAITING = Long.MIN_VALUE;

    private final StallWatch watch;
    private final TcpRequestPlaneConfig config;
    private final AtomicInteger load = new AtomicInteger();
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private final Set<Runnable> lossActions = ConcurrentHashMap.newKeySet();
    private @Nullable Throwable problem;
    private volatile @Nullable Channel channel;
    private volatile boolean closed;
    private volatile boolean idle;
    private volatile boolean used;
    private volatile boolean late;
    private volatile long waitingSince = NOT_WAITING;
    private volatile long idleSince;

    /// A request that is not acknowledged yet.
    private record Waiting(CompletableFuture<byte[]> ack, long sinceNanos) {}

    private WorkerConnection(StallWatch watch, TcpRequestPlaneConfig config) {
        this.watch = watch;
        this.config = config;
        idleSince = watch.now();
    }

    /// Connects to a worker; never blocks. A failure is one of CONNECT.
    static CompletableFuture<WorkerConnection> open(
            InetSocketAddress address, PlaneTls tls, PlaneLoops loops, StallWatch watch, TcpRequestPlaneConfig config) {
        CompletableFuture<WorkerConnection> opened = new CompletableFuture<>();
        WorkerConnection connection = new WorkerConnection(watch, config);
        try {
            new Bootstrap()
                    .group(loops.group())
                    .channel(PlaneLoops.CHANNEL)
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .option(
                            ChannelOption.CONNECT_TIMEOUT_MILLIS,
                            Math.toIntExact(config.connectTimeout().toMillis()))
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                            tls.connect(channel.pipeline(), address);
                            channel.pipeline().addLast(connection);
                        }
                    })
                    .connect(address)
                    .addListener((ChannelFutureListener) done -> {
                        SslHandler shaking =
                                done.isSuccess() ? done.channel().pipeline().get(SslHandler.class) : null;
                        if (shaking == null) {
                            connection.onOpened(done.cause(), address, opened);
                        } else {
                            shaking.handshakeFuture()
                                    .addListener(shaken -> connection.onOpened(shaken.cause(), address, opened));
                        }
                    });
        } catch (RuntimeException e) {
            opened.completeExceptionally(notConnected(address, e));
        }
        return opened;
    }

    InetAddress localAddress() {
        return ((InetSocketAddress) Objects.requireNonNull(channel).localAddress()).getAddress();
    }

    /// Whether a request was acknowledged on it.
    boolean wasUsed() {
        return used;
    }

    /// Runs `action` when the worker ends the connection, until [#forget].
    void whenLost(Runnable action) {
        lossActions.add(action);
        if (closed && !idle) {
            action.run();
        }
    }

    void forget(Runnable action) {
        lossActions.remove(action);
    }

    /// Requests that are not acknowledged; -1 once the connection is closed.
    int load() {
        return closed ? -1 : load.get();
    }

    /// Sends `frame`; the future gives the text of the acknowledgement.
    CompletableFuture<byte[]> send(byte[] frame) {
        CompletableFuture<byte[]> ack = new CompletableFuture<>();
        load.incrementAndGet();
        try {
            Objects.requireNonNull(channel).eventLoop().execute(() -> write(frame, ack));
        } catch (RejectedExecutionException _) {
            ack.completeExceptionally(disconnected("closed"));
        }
        return ack;
    }

    void close() {
        Channel open = channel;
        if (open != null) {
            var _ = open.close();
        }
    }

    @Override
    public void check(long nowNanos) {
        long oldest = waitingSince;
        late |= oldest != NOT_WAITING && nowNanos - oldest > config.ackTimeout().toNanos();
        idle |= load.get() == 0
                && nowNanos - idleSince > config.poolIdleTimeout().toNanos();
        if (late || idle) {
            close();
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Exception {
        channel = context.channel();
        super.handlerAdded(context);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws RequestPlaneException {
        if (in.readableBytes() < Integer.BYTES) {
            return;
        }
        long length = in.getUnsignedInt(in.readerIndex());
        TwoPart.checkLength("acknowledgement", length, ACK_BYTES_MAX);
        if (in.readableBytes() - Integer.BYTES < length) {
            return;
        }
        in.skipBytes(Integer.BYTES);
        byte[] text = new byte[(int) length];
        in.readBytes(text);
        Waiting oldest = waiting.poll();
        if (oldest == null) {
            close();
            return;
        }
        used = true;
        Waiting next = waiting.peek();
        waitingSince = next == null ? NOT_WAITING : next.sinceNanos();
        idleSince = watch.now();
        load.decrementAndGet();
        oldest.ack().complete(text);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        try {
            super.channelInactive(context);
        } finally {
            watch.remove(this);
            closed = true;
            RequestPlaneException failure = failure();
            for (Waiting each = waiting.poll(); each != null; each = waiting.poll()) {
                each.ack().completeExceptionally(failure);
            }
            if (!idle) {
                lossActions.forEach(Runnable::run);
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (problem == null) {
            problem = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        }
        close();
    }

    private void onOpened(
            @Nullable Throwable failure, InetSocketAddress address, CompletableFuture<WorkerConnection> opened) {
        if (failure != null) {
            close();
            opened.completeExceptionally(notConnected(address, failure));
        } else {
            watch.add(this);
            if (closed) {
                watch.remove(this);
            }
            opened.complete(this);
        }
    }

    private void write(byte[] frame, CompletableFuture<byte[]> ack) {
        if (closed) {
            ack.completeExceptionally(disconnected("closed"));
            return;
        }
        long now = watch.now();
        if (waiting.isEmpty()) {
            waitingSince = now;
        }
        waiting.add(new Waiting(ack, now));
        Objects.requireNonNull(channel)
                .writeAndFlush(Unpooled.wrappedBuffer(frame))
                .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    private RequestPlaneException failure() {
        if (late) {
            return new RequestPlaneException(
                    Reason.TIMEOUT, "acknowledgement: not complete (expected: within " + config.ackTimeout() + ")");
        }
        return problem instanceof RequestPlaneException known
                ? known
                : disconnected(problem == null ? "closed by the worker" : problem.toString());
    }

    private static RequestPlaneException notConnected(InetSocketAddress address, Throwable failure) {
        return new RequestPlaneException(
                Reason.CONNECT, "worker: " + address + " (expected: a connection): " + failure.getMessage());
    }

    private static RequestPlaneException disconnected(String why) {
        return new RequestPlaneException(
                Reason.DISCONNECTED, "connection to the worker ended before it acknowledged the request: " + why);
    }
}
