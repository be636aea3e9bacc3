package io.kvepp.requestplane;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the messages of one connection, each a [TwoPart], until told to pause.
///
/// Memory is taken as bytes arrive, not as lengths announce them.
///
/// Confined to the loop of its connection, where it is told everything; [#close] and [#connection]
/// are for any thread.
abstract class TwoPartDecoder extends ByteToMessageDecoder {
    private @Nullable ChannelHandlerContext context;
    private volatile @Nullable Channel channel;
    private boolean paused;
    private @Nullable Throwable problem;

    /// How long the next message may be.
    abstract long messageBytesMax();

    abstract void onMessage(TwoPart message) throws RequestPlaneException;

    /// The connection is gone; told once, with what was wrong with it, if anything.
    abstract void onEnd(@Nullable Throwable problem);

    /// Null until there is one.
    final @Nullable Channel connection() {
        return channel;
    }

    public final void pause() {
        paused = true;
        if (context != null) {
            context.channel().config().setAutoRead(false);
        }
    }

    /// Goes on with what was read already, then with what comes.
    public final void resume() {
        if (!paused || problem != null || context == null || context.isRemoved()) {
            return;
        }
        paused = false;
        context.channel().config().setAutoRead(true);
        try {
            channelRead(context, Unpooled.EMPTY_BUFFER);
        } catch (Exception e) {
            exceptionCaught(context, e);
        }
    }

    final void close() {
        Channel open = channel;
        if (open != null) {
            var _ = open.close();
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Exception {
        this.context = context;
        channel = context.channel();
        super.handlerAdded(context);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws RequestPlaneException {
        if (paused || in.readableBytes() < TwoPart.LENGTHS_BYTES) {
            return;
        }
        long headerLength = in.getLong(in.readerIndex());
        long bodyLength = in.getLong(in.readerIndex() + Long.BYTES);
        TwoPart.checkLengths(headerLength, bodyLength, messageBytesMax());
        if (in.readableBytes() - TwoPart.LENGTHS_BYTES >= headerLength + bodyLength) {
            in.skipBytes(TwoPart.LENGTHS_BYTES);
            onMessage(TwoPart.take(in, (int) headerLength, (int) bodyLength));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        try {
            super.channelInactive(context);
        } finally {
            onEnd(problem);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (problem == null) {
            problem = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        }
        // Nothing behind it is understood.
        paused = true;
        var _ = context.close();
    }
}
