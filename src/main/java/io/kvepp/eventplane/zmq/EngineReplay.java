package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.EngineAddress;
import io.kvepp.eventplane.EngineListener;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// One question to an engine to repeat its messages: a DEALER socket of its own, asked once.
///
/// The question is an empty frame and the first sequence (64-bit big-endian). An answer is an empty
/// frame, with vLLM the topic, then sequence and payload of one message; an empty payload ends them.
///
/// Source: vLLM `kv_events`, SGLang likewise without the topic.
///
/// Confined to the subscriber's thread.
final class EngineReplay implements AutoCloseable {
    private static final byte[] DELIMITER = new byte[0];
    private static final int FRAMES_MIN = 3;
    private static final int FRAMES_MAX = 4;
    private static final int MESSAGES_A_TURN_MAX = 1_000;
    private static final long SILENCE_MAX_NANOS = Duration.ofSeconds(5).toNanos();

    private final ZContext context;
    private final ZmqConfig config;
    private final EngineAddress engine;
    private final long number;
    private final long fromSequence;
    private final long askNanos;
    private ZMQ.@Nullable Socket socket;
    private long lastAnswerNanos;

    EngineReplay(ZContext context, ZmqConfig config, ReplayRequest request) {
        this.context = context;
        this.config = config;
        engine = request.engine();
        number = request.number();
        fromSequence = request.fromSequence();
        askNanos = request.askNanos();
    }

    /// What is asked of whom, and when at the earliest.
    record ReplayRequest(EngineAddress engine, long number, long fromSequence, long askNanos) {}

    enum Progress {
        WAITING,
        ASKED,
        OVER
    }

    /// Asks when it is time, and gives the listener what has arrived.
    Progress go(long nowNanos, EngineListener listener) {
        ZMQ.@Nullable Socket open = socket;
        if (open == null) {
            if (nowNanos - askNanos < 0) {
                return Progress.WAITING;
            }
            ask(nowNanos, listener);
            return Progress.ASKED;
        }
        for (int i = 0; i < MESSAGES_A_TURN_MAX; i++) {
            List<byte[]> frames = ZmqSockets.receive(open, FRAMES_MAX + 1);
            if (frames.isEmpty()) {
                break;
            }
            lastAnswerNanos = nowNanos;
            if (isEnd(frames, listener)) {
                listener.onReplayEnd(engine, number, true);
                return Progress.OVER;
            }
        }
        if (nowNanos - lastAnswerNanos > SILENCE_MAX_NANOS) {
            abandon(listener);
            return Progress.OVER;
        }
        return Progress.WAITING;
    }

    /// There will be no more answers.
    void abandon(EngineListener listener) {
        listener.onReplayEnd(engine, number, false);
    }

    void register(ZMQ.Poller poller) {
        ZMQ.@Nullable Socket open = socket;
        if (open != null) {
            poller.register(open, ZMQ.Poller.POLLIN);
        }
    }

    @Override
    public void close() {
        if (socket != null) {
            socket.close();
        }
    }

    private void ask(long nowNanos, EngineListener listener) {
        lastAnswerNanos = nowNanos;
        ZMQ.Socket opened = ZmqSockets.create(context, SocketType.DEALER, config);
        socket = opened;
        String address = Objects.requireNonNull(engine.replayAddress());
        if (TcpEndpoint.parse(address) == null) {
            listener.onMalformed(engine, "replay address: " + address + " (expected: tcp://<ip>:<port>)");
            return;
        }
        opened.connect(address);
        opened.send(DELIMITER, ZMQ.SNDMORE);
        opened.send(ByteBuffer.allocate(Long.BYTES).putLong(fromSequence).array());
    }

    private boolean isEnd(List<byte[]> frames, EngineListener listener) {
        byte[] payload = frames.getLast();
        if (frames.size() < FRAMES_MIN || frames.size() > FRAMES_MAX) {
            listener.onMalformed(engine, frames.size() + " frames repeated (expected: 3 or 4)");
            return false;
        }
        if (payload.length == 0) {
            return true;
        }
        byte[] sequence = frames.get(frames.size() - 2);
        if (sequence.length != Long.BYTES || sequence[0] < 0) {
            listener.onMalformed(engine, "sequence repeated (expected: 8 bytes, >= 0)");
        } else {
            listener.onReplayed(engine, number, ByteBuffer.wrap(sequence).getLong(), payload);
        }
        return false;
    }
}
