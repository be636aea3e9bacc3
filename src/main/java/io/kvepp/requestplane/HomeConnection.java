package io.kvepp.requestplane;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A connection that a worker opened: it names the call, answers on it, and may be told there to stop.
///
/// Reading is confined to the connection's loop; [#stop], [#kill], [#execute] and [#check] are for
/// any thread.
final class HomeConnection extends TwoPartDecoder implements CallItems.Source, StallWatch.Watched {
    /*
     * Why the answer may be given before the connection ends
     * ------------------------------------------------------
     * Behind the last item the worker sends a sentinel and waits for the caller to close. Closing with the sentinel
     * unread would reset the connection, so it is read, but nobody needs to wait for it.
     */
    private static final byte[] STOP = control("\"stop\"");
    private static final byte[] KILL = control("\"kill\"");
    private static final int NAMING_BYTES_MAX = 4_096;
    private static final Duration NAMING_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration SENTINEL_TIMEOUT = Duration.ofSeconds(2);

    private final Calls calls;
    private final LongSupplier nanoClock;
    private @Nullable Reader reader;
    private volatile Stage stage = Stage.NAMELESS;
    private volatile long since;

    private enum Stage {
        NAMELESS,
        NAMED,
        COMPLETE
    }

    /// Knows who waits for which answer.
    @FunctionalInterface
    interface Calls {
        /// Who is to read the answer of this name; null when nobody waits for it.
        @Nullable
        Reader named(String subject, HomeConnection connection);
    }

    /// Takes the messages of an answer, on the connection's loop.
    interface Reader {
        long messageBytesMax();

        /// True when the answer is complete with it.
        boolean onMessage(TwoPart message) throws RequestPlaneException;

        void onEnd(@Nullable Throwable problem);
    }

    HomeConnection(Calls calls, LongSupplier nanoClock) {
        this.calls = calls;
        this.nanoClock = nanoClock;
        since = nanoClock.getAsLong();
    }

    /// Whether it has said whom it calls, so that it is one call's own.
    boolean isNamed() {
        return stage != Stage.NAMELESS;
    }

    /// Asks the worker to end its answer.
    void stop() {
        send(STOP);
    }

    /// Tells the worker to stop, and closes. A worker that does not hear it sees the end of the
    /// connection.
    void kill() {
        send(KILL);
        close();
    }

    @Override
    public void execute(Runnable task) {
        EventLoop loop = Objects.requireNonNull(connection()).eventLoop();
        if (loop.inEventLoop()) {
            task.run();
            return;
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException _) {
            task.run();
        }
    }

    @Override
    public void check(long nowNanos) {
        long nanos = nowNanos - since;
        switch (stage) {
            case NAMELESS -> closeIf(nanos > NAMING_TIMEOUT.toNanos());
            case NAMED -> {}
            case COMPLETE -> closeIf(nanos > SENTINEL_TIMEOUT.toNanos());
        }
    }

    @Override
    long messageBytesMax() {
        return reader == null ? NAMING_BYTES_MAX : reader.messageBytesMax();
    }

    @Override
    void onMessage(TwoPart message) throws RequestPlaneException {
        if (stage == Stage.COMPLETE) {
            close();
        } else if (reader != null) {
            if (reader.onMessage(message)) {
                since = nanoClock.getAsLong();
                stage = Stage.COMPLETE;
            }
        } else {
            name(ControlHeader.subject(message.header()));
        }
    }

    @Override
    void onEnd(@Nullable Throwable problem) {
        if (reader != null) {
            reader.onEnd(problem);
        }
    }

    private void name(@Nullable String subject) {
        @Nullable Reader named = subject == null ? null : calls.named(subject, this);
        if (named == null) {
            close();
        } else {
            reader = named;
            stage = Stage.NAMED;
        }
    }

    private void closeIf(boolean late) {
        if (late) {
            close();
        }
    }

    private void send(byte[] control) {
        Channel channel = connection();
        if (channel != null) {
            var _ = channel.writeAndFlush(Unpooled.wrappedBuffer(control));
        }
    }

    private static byte[] control(String json) {
        return TwoPart.headerOnly(json.getBytes(StandardCharsets.UTF_8)).toBytes();
    }
}
