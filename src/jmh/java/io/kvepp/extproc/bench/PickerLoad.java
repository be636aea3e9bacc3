package io.kvepp.extproc.bench;

import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.kvepp.extproc.bench.Chats.Conversation;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Gateways on one connection that ask a picker.
///
/// *Confined* to the main thread.
final class PickerLoad implements AutoCloseable {
    private static final int CONVERSATIONS_A_STREAM = 4;
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int MESSAGE_BYTES_MAX = 64 << 20;

    /// A stream that is not over by then has failed.
    private static final long STREAM_SECONDS_MAX = 60;

    private final Chats chats;
    private final ManagedChannel channel;
    private final ExternalProcessorGrpc.ExternalProcessorStub stub;
    private final Phaser running = new Phaser(1);
    private volatile boolean over;
    private Latencies latencies = new Latencies();
    private long startNanos;

    PickerLoad(int port, boolean tls, Chats chats) throws IOException {
        this.chats = chats;
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .directExecutor()
                .withOption(ChannelOption.TCP_NODELAY, true)
                .initialFlowControlWindow(WINDOW_BYTES)
                .maxInboundMessageSize(MESSAGE_BYTES_MAX);
        channel = (tls
                        ? builder.sslContext(GrpcSslContexts.forClient()
                                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                                .build())
                        : builder.usePlaintext())
                .build();
        stub = ExternalProcessorGrpc.newStub(channel);
    }

    /// Each stream sends its next request when the one before has ended.
    Map<String, Object> closed(int bytesMean, int streams, Duration duration) throws InterruptedException {
        begin(bytesMean, streams);
        TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        return end();
    }

    void begin(int bytesMean, int streams) {
        over = false;
        latencies = new Latencies();
        startNanos = System.nanoTime();
        for (int stream = 0; stream < streams; stream++) {
            running.register();
            new Loop(bytesMean).next();
        }
    }

    Map<String, Object> end() throws InterruptedException {
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        Map<String, Object> figures = latencies.figures(seconds);
        over = true;
        running.arriveAndAwaitAdvance();
        return figures;
    }

    /// Requests at a fixed rate, whatever becomes of those before them.
    Map<String, Object> open(int bytesMean, int perSecond, Duration duration) throws InterruptedException {
        Latencies times = new Latencies();
        long start = System.nanoTime();
        long count = duration.toMillis() * perSecond / 1000;
        for (long i = 0; i < count; i++) {
            long due = start + i * 1_000_000_000L / perSecond;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            running.register();
            new GatewayStream(stub(), chats.begin(bytesMean).next(), times, running::arriveAndDeregister).start(due);
        }
        running.arriveAndAwaitAdvance();
        return times.figures(duration.toNanos() / 1e9);
    }

    private ExternalProcessorGrpc.ExternalProcessorStub stub() {
        return stub.withDeadlineAfter(STREAM_SECONDS_MAX, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    /// What one stream of a closed loop says: several conversations in turns.
    private final class Loop {
        private final int bytesMean;
        private final List<Conversation> conversations = new ArrayList<>();
        private int turn;

        Loop(int bytesMean) {
            this.bytesMean = bytesMean;
        }

        void next() {
            if (over) {
                running.arriveAndDeregister();
                return;
            }
            if (conversations.isEmpty() || conversations.getLast().isOver()) {
                conversations.clear();
                for (int i = 0; i < CONVERSATIONS_A_STREAM; i++) {
                    conversations.add(chats.begin(bytesMean));
                }
            }
            byte[] body = conversations.get(turn++ % CONVERSATIONS_A_STREAM).next();
            new GatewayStream(stub(), body, latencies, this::next).start(System.nanoTime());
        }
    }
}
