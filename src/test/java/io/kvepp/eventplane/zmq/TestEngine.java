package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.EngineAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// Real PUB and ROUTER sockets that speak an engine's frames. Answers questions on its own thread.
public final class TestEngine implements AutoCloseable {
    private final ZContext context = new ZContext();
    private final ZMQ.Socket publisher = context.createSocket(SocketType.PUB);
    private final ZMQ.Socket router = context.createSocket(SocketType.ROUTER);
    private final boolean topicInReplay;
    private final EngineAddress address;
    private final List<byte[]> messages = new ArrayList<>();
    private final Thread answering;

    /// @param topicInReplay as vLLM; false as SGLang
    public TestEngine(boolean topicInReplay) {
        this(topicInReplay, null);
    }

    /// An engine that takes over the ports of one that was closed.
    TestEngine(boolean topicInReplay, @Nullable TestEngine old) {
        this.topicInReplay = topicInReplay;
        context.setLinger(0);
        address = old == null
                ? new EngineAddress(bind(publisher), bind(router))
                : new EngineAddress(
                        bind(publisher, old.address.eventAddress()), bind(router, old.address.replayAddress()));
        answering = Thread.ofPlatform().daemon().start(this::answer);
    }

    public EngineAddress address() {
        return address;
    }

    /// Remembers a message, and sends it unless it is to be missed.
    public void publish(byte[] payload, boolean missed) {
        int sequence;
        synchronized (messages) {
            messages.add(payload);
            sequence = messages.size() - 1;
        }
        if (!missed) {
            send(ByteBuffer.allocate(Long.BYTES).putLong(sequence).array(), payload);
        }
    }

    void send(byte[]... framesAfterTopic) {
        publisher.send(new byte[0], ZMQ.SNDMORE);
        for (int i = 0; i < framesAfterTopic.length; i++) {
            publisher.send(framesAfterTopic[i], i < framesAfterTopic.length - 1 ? ZMQ.SNDMORE : 0);
        }
    }

    /// The engine's process ends.
    void end() {
        answering.interrupt();
        try {
            answering.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        context.close();
    }

    @Override
    public void close() {
        end();
    }

    private void answer() {
        while (!Thread.currentThread().isInterrupted()) {
            byte @Nullable [] who = router.recv(ZMQ.DONTWAIT);
            if (who == null) {
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                continue;
            }
            router.recv();
            long from = ByteBuffer.wrap(router.recv()).getLong();
            synchronized (messages) {
                for (int i = (int) from; i < messages.size(); i++) {
                    reply(who, i, messages.get(i));
                }
            }
            reply(who, -1, new byte[0]);
        }
    }

    private void reply(byte[] who, long sequence, byte[] payload) {
        router.send(who, ZMQ.SNDMORE);
        router.send(new byte[0], ZMQ.SNDMORE);
        if (topicInReplay) {
            router.send(new byte[0], ZMQ.SNDMORE);
        }
        router.send(ByteBuffer.allocate(Long.BYTES).putLong(sequence).array(), ZMQ.SNDMORE);
        router.send(payload);
    }

    private static String bind(ZMQ.Socket socket) {
        return "tcp://127.0.0.1:" + socket.bindToRandomPort("tcp://127.0.0.1");
    }

    private static String bind(ZMQ.Socket socket, @Nullable String address) {
        socket.bind(String.valueOf(address));
        return String.valueOf(address);
    }
}
