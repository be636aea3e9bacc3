package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestIntake.Admission;
import io.kvepp.requestplane.RequestIntake.Admitted;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A connection on which a caller sends requests, each of which is acknowledged in its turn.
///
/// While acknowledgements wait to be read nothing more is read. Memory is taken as bytes arrive, not
/// as lengths announce them.
///
/// Confined to the loop of its connection; [#check] and [#close] are for any thread.
final class ServedConnection extends ByteToMessageDecoder implements StallWatch.Watched {
    private static final Logger LOG = LoggerFactory.getLogger(ServedConnection.class);
    private static final ByteBuf ACCEPTED = Unpooled.unreleasableBuffer(
                    Unpooled.directBuffer(Integer.BYTES).writeInt(0))
            .asReadOnly();

    private final Channel channel;
    private final PlaneTls tls;
    private final TcpRequestServerConfig config;
    private final RequestIntake intake;
    private final StallWatch watch;
    private final Semaphore places;
    private @Nullable Admitted admitted;
    private int skipping;
    private volatile boolean isShaken;
    private volatile boolean isRefused;
    private volatile Stage stage;
    private volatile long since;
    private volatile String endReason = "closed";

    private enum Stage {
        IDLE,
        READING,
        WRITING
    }

    ServedConnection(
            Channel channel, PlaneTls tls, TcpRequestServerConfig config, RequestIntake intake, StallWatch watch) {
        this.channel = channel;
        this.tls = tls;
        this.config = config;
        this.intake = intake;
        this.watch = watch;
        places = new Semaphore(config.connectionRequestsMax());
        since = watch.now();
        stage = tls.accepts() ? Stage.READING : Stage.IDLE;
    }

    /// Why it has ended.
    String endReason() {
        return endReason;
    }

    /// Tells the caller why, and closes.
    void refuse(String text, String reason) {
        endReason = reason;
        isRefused = true;
        enter(Stage.WRITING);
        if (isShaken || !tls.accepts()) {
            var _ = channel.writeAndFlush(refusal(text)).addListener(ChannelFutureListener.CLOSE);
        } else {
            // Before the handshake a caller understands nothing.
            close();
        }
    }

    void close() {
        var _ = channel.close();
    }

    @Override
    public void check(long nowNanos) {
        long nanos = nowNanos - since;
        switch (stage) {
            case IDLE -> {
                if (nanos > config.idleTimeout().toNanos()
                        && places.availablePermits() == config.connectionRequestsMax()) {
                    endReason = "idle";
                    close();
                }
            }
            case READING -> {
                if (nanos > config.frameTimeout().toNanos()) {
                    refuse(
                            "Server unavailable: request: not complete (expected: within " + config.frameTimeout()
                                    + ")",
                            "frame_timeout");
                }
            }
            case WRITING -> {
                if (nanos > config.writeTimeout().toNanos()) {
                    endReason = isRefused ? endReason : "write_timeout";
                    close();
                }
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
        super.channelRead(context, bytes);
        settle();
    }

    /// Acknowledgements of what was read together leave together.
    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        context.flush();
        super.channelReadComplete(context);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
        if (isRefused) {
            return;
        }
        boolean writable = channel.isWritable();
        channel.config().setAutoRead(writable);
        enter(writable ? Stage.IDLE : Stage.WRITING);
        if (writable) {
            channelRead(context, Unpooled.EMPTY_BUFFER);
            context.flush();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent shaken && shaken.isSuccess()) {
            isShaken = true;
            enter(Stage.IDLE);
        }
        super.userEventTriggered(context, event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        try {
            super.channelInactive(context);
        } finally {
            Admitted incomplete = admitted;
            admitted = null;
            if (incomplete != null) {
                intake.abandon(incomplete, "incomplete");
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("a connection of a caller failed: {}", cause.toString());
        close();
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        try {
            if (isRefused) {
                in.skipBytes(in.readableBytes());
            } else if (skipping > 0) {
                skip(in);
            } else if (admitted != null) {
                takeMessage(admitted, in);
            } else if (stage != Stage.WRITING) {
                takeHead(in);
            }
        } catch (RequestPlaneException e) {
            boolean tooLarge = e.reason() == RequestPlaneException.Reason.TOO_LARGE;
            refuse("Server unavailable: malformed request: " + e.getMessage(), tooLarge ? "too_large" : "malformed");
        }
    }

    private void takeHead(ByteBuf in) throws RequestPlaneException {
        IncomingFrame frame = IncomingFrame.read(in, Math.toIntExact(config.messageBytesMax()));
        if (frame == null) {
            return;
        }
        Admission admission = intake.admit(frame, places);
        admitted = admission.admitted();
        if (admitted == null) {
            acknowledge(refusal(admission.refusal()));
            skipping = frame.messageBytes();
        }
    }

    private void skip(ByteBuf in) {
        int now = Math.min(skipping, in.readableBytes());
        in.skipBytes(now);
        skipping -= now;
        if (skipping == 0) {
            restart();
        }
    }

    private void takeMessage(Admitted whose, ByteBuf in) {
        if (in.readableBytes() < whose.messageBytes()) {
            return;
        }
        admitted = null;
        restart();
        RequestIntake.Accepted accepted = intake.accept(whose, in, channel.eventLoop());
        @Nullable Serving serving = accepted.serving();
        if (serving == null) {
            acknowledge(refusal(accepted.refusal()));
        } else {
            acknowledge(ACCEPTED.duplicate());
            serving.start();
        }
    }

    private void acknowledge(ByteBuf text) {
        var _ = channel.write(text);
    }

    /// The next request has its own time.
    private void restart() {
        if (stage == Stage.READING) {
            enter(Stage.IDLE);
        }
    }

    private void settle() {
        boolean within = actualReadableBytes() > 0 || admitted != null || skipping > 0;
        if (stage == Stage.IDLE && within) {
            enter(Stage.READING);
        }
    }

    private void enter(Stage next) {
        since = watch.now();
        stage = next;
    }

    private static ByteBuf refusal(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return Unpooled.buffer(Integer.BYTES + utf8.length)
                .writeInt(utf8.length)
                .writeBytes(utf8);
    }
}
