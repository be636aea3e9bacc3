package io.kvepp.requestplane;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An answer on a connection of its own, which is opened to the caller.
///
/// Items are sent by one thread at a time; what the caller says is heard on the connection's loop.
final class TcpAnswer extends TwoPartDecoder implements EndpointAnswer, StallWatch.Watched {
    /*
     * Who closes
     * ----------
     * Behind the last item comes a sentinel, and then the caller closes. Closing first could reset the connection while
     * the caller has not read everything, because what it sent (stop, kill) may be unread here.
     */
    private static final int WAITING_BYTES_MAX = 64 << 10;
    private static final int CONTROL_BYTES_MAX = 4_096;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);
    private static final long NOT_YET = Long.MIN_VALUE;

    private final CallControl control;
    private final AnswerParts parts;
    private final EventLoop loop;
    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream(512);
    private final Object stopping = new Object();
    private final List<Runnable> stopActions = new ArrayList<>();
    private @Nullable CompletableFuture<Void> room;
    private boolean gathers;
    private boolean opened;
    private boolean stopped;
    private volatile boolean lost;
    private volatile boolean stalled;
    private volatile long writingSince = NOT_YET;
    private volatile long completeSince = NOT_YET;

    /// `loop` is where the connection will be.
    TcpAnswer(CallControl control, AnswerParts parts, EventLoop loop) {
        this.control = control;
        this.parts = parts;
        this.loop = loop;
        waiting.writeBytes(AnswerFrames.handshake(control.subject()));
        waiting.writeBytes(AnswerFrames.prologue());
    }

    /// While `on` everything is kept until the answer is complete, so that sending never blocks.
    void gather(boolean on) {
        gathers = on;
    }

    @Override
    public void open() throws IOException {
        if (gathers) {
            throw new IllegalStateException("answer: opened on a loop (expected: a thread that may wait)");
        }
        if (!opened) {
            CompletableFuture<Void> written = new CompletableFuture<>();
            connect(written);
            await(written);
        }
    }

    @Override
    public void send(byte[] value) throws IOException {
        append(AnswerFrames.value(control.codec(), value));
    }

    @Override
    public void sendItem(byte[] item) throws IOException {
        append(AnswerFrames.item(control.codec(), item));
    }

    @Override
    public @Nullable CompletableFuture<Void> offerItem(byte[] item) {
        return offer(AnswerFrames.item(control.codec(), item));
    }

    @Override
    public void onStop(Runnable action) {
        synchronized (stopping) {
            if (!stopped) {
                stopActions.add(action);
                return;
            }
        }
        action.run();
    }

    @Override
    public boolean isStopped() {
        synchronized (stopping) {
            return stopped;
        }
    }

    @Override
    public boolean isGone() {
        return lost;
    }

    boolean isStalled() {
        return stalled;
    }

    /// Sends an error item.
    void fail(EndpointException.ErrorType type, String message) throws IOException {
        append(AnswerFrames.error(control.codec(), type, message));
    }

    /// Ends the answer. `told` hears whether all of it is on its way, on the connection's loop or at
    /// once. After that the connection is only waited for.
    void complete(Consumer<Boolean> told) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        var _ = written.whenComplete((_, failure) -> {
            completeSince = parts.watch().now();
            writingSince = NOT_YET;
            told.accept(failure == null);
        });
        ByteArrayOutputStream end = opened ? new ByteArrayOutputStream() : waiting;
        end.writeBytes(AnswerFrames.complete(control.codec()));
        end.writeBytes(AnswerFrames.sentinel());
        if (!opened) {
            connect(written);
        } else if (lost) {
            written.completeExceptionally(gone());
        } else {
            writingSince = parts.watch().now();
            write(end.toByteArray(), written);
        }
    }

    /// Runs `action` when the connection is closed, by the caller or, after a while, from here.
    void whenClosed(Runnable action) {
        Channel channel = connection();
        if (channel == null) {
            action.run();
        } else {
            channel.closeFuture().addListener(_ -> action.run());
        }
    }

    @Override
    public void check(long nowNanos) {
        long writing = writingSince;
        long complete = completeSince;
        if (writing != NOT_YET && nowNanos - writing > parts.writeTimeout().toNanos()) {
            stalled = true;
            close();
        } else if (complete != NOT_YET && nowNanos - complete > CLOSE_WAIT.toNanos()) {
            close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        boolean writable = context.channel().isWritable();
        writingSince = writable ? NOT_YET : parts.watch().now();
        if (writable) {
            makeRoom();
        }
    }

    @Override
    long messageBytesMax() {
        return CONTROL_BYTES_MAX;
    }

    @Override
    void onMessage(TwoPart message) {
        boolean killed = ControlHeader.isKill(message.header());
        if (killed || ControlHeader.isStop(message.header())) {
            stop(killed);
        }
    }

    /// The caller has closed, or talks nonsense, which is as good as gone.
    @Override
    void onEnd(@Nullable Throwable problem) {
        parts.watch().remove(this);
        stop(true);
    }

    private void append(byte[] frame) throws IOException {
        if (gathers || (!opened && waiting.size() + frame.length <= WAITING_BYTES_MAX)) {
            waiting.writeBytes(frame);
            return;
        }
        open();
        CompletableFuture<Void> free = offer(frame);
        if (free != null) {
            await(free);
        }
    }

    private @Nullable CompletableFuture<Void> offer(byte[] frame) {
        @Nullable Channel channel = connection();
        if (lost || channel == null) {
            return CompletableFuture.failedFuture(gone());
        }
        var _ = channel.writeAndFlush(Unpooled.wrappedBuffer(frame));
        return channel.isWritable() ? null : awaitRoom(channel);
    }

    /// Room may come, or the caller go, while it is being waited for.
    private CompletableFuture<Void> awaitRoom(Channel channel) {
        CompletableFuture<Void> free = new CompletableFuture<>();
        synchronized (stopping) {
            room = free;
        }
        if (lost || channel.isWritable()) {
            makeRoom();
        }
        return free;
    }

    private void makeRoom() {
        @Nullable CompletableFuture<Void> free;
        synchronized (stopping) {
            free = room;
            room = null;
        }
        if (free != null && lost) {
            free.completeExceptionally(gone());
        } else if (free != null) {
            free.complete(null);
        }
    }

    /// Connects and writes what waits.
    private void connect(CompletableFuture<Void> written) {
        opened = true;
        try {
            ChannelFuture connected = new Bootstrap()
                    .group(loop)
                    .channel(PlaneLoops.CHANNEL)
                    .option(
                            ChannelOption.CONNECT_TIMEOUT_MILLIS,
                            Math.toIntExact(parts.connectTimeout().toMillis()))
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                            parts.tls().connect(channel.pipeline(), control.callHome());
                            channel.pipeline().addLast(TcpAnswer.this);
                        }
                    })
                    .connect(control.callHome());
            connected.addListener((ChannelFutureListener) done -> onConnected(done, written));
        } catch (RuntimeException e) {
            stop(true);
            written.completeExceptionally(new IOException("the server stops", e));
        }
    }

    private void onConnected(ChannelFuture connected, CompletableFuture<Void> written) {
        if (!connected.isSuccess()) {
            stop(true);
            written.completeExceptionally(connected.cause());
            return;
        }
        parts.watch().add(this);
        SslHandler tls = connected.channel().pipeline().get(SslHandler.class);
        if (tls == null) {
            writeWaiting(written);
        } else {
            // The handshake has a limit of its own.
            tls.handshakeFuture().addListener(_ -> writeWaiting(written));
        }
    }

    private void writeWaiting(CompletableFuture<Void> written) {
        writingSince = parts.watch().now();
        write(waiting.toByteArray(), written);
    }

    private void write(byte[] bytes, CompletableFuture<Void> written) {
        Channel channel = connection();
        if (channel == null) {
            written.completeExceptionally(gone());
            return;
        }
        channel.writeAndFlush(Unpooled.wrappedBuffer(bytes)).addListener(done -> {
            if (done.isSuccess()) {
                writingSince = channel.isWritable() ? NOT_YET : writingSince;
                written.complete(null);
            } else {
                stop(true);
                close();
                written.completeExceptionally(done.cause());
            }
        });
    }

    private static void await(CompletableFuture<Void> done) throws IOException {
        try {
            done.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
        }
    }

    private static IOException gone() {
        return new IOException("the caller is gone");
    }

    private void stop(boolean gone) {
        List<Runnable> actions;
        synchronized (stopping) {
            lost |= gone;
            stopped = true;
            actions = List.copyOf(stopActions);
            stopActions.clear();
        }
        if (gone) {
            makeRoom();
        }
        if (!actions.isEmpty()) {
            Thread.ofVirtual().name("request-plane-stop").start(() -> actions.forEach(Runnable::run));
        }
    }
}
