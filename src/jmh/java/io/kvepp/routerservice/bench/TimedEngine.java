package io.kvepp.routerservice.bench;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointRequest;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.requestplane.TcpRequestPlaneServer;
import io.kvepp.requestplane.TcpRequestServerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;

/// A worker that generates one token each [#PACE], whose id is the time at which it was sent.
///
/// *Thread-safe*.
final class TimedEngine implements AutoCloseable {
    static final Duration PACE = Duration.ofMillis(40);
    static final int TOKENS = 100;

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final byte[] MARK = {'t', 'o', 'k', 'e', 'n', '_', 'i', 'd', 's', (byte) 0x91, (byte) 0xce};

    /// Ids of tokens are whole 32-bit numbers from the start.
    private static final long BEGIN_MICROS = 1 << 17;

    private final long startNanos = System.nanoTime();
    private final Random phases = new Random(1);
    private final DelayQueue<Stream> streams = new DelayQueue<>();
    private final EppMetrics metrics = new EppMetrics();
    private final TcpRequestPlaneServer server = new TcpRequestPlaneServer(
            new TcpRequestServerConfig(
                    InetAddress.getLoopbackAddress(),
                    0,
                    1000,
                    1000,
                    1000,
                    1 << 20,
                    1 << 26,
                    LONG,
                    LONG,
                    LONG,
                    LONG,
                    TcpRequestPlaneConfig.Tls.NONE),
            metrics,
            System::nanoTime);

    /// Listens; the address.
    String start(String path) throws IOException {
        server.serve(path, "engine", "generate", this::generate);
        server.start();
        Thread.ofPlatform().daemon().name("timed-engine").start(this::pace);
        return server.address() + "/" + path;
    }

    long nowMicros() {
        return BEGIN_MICROS + (System.nanoTime() - startNanos) / 1000;
    }

    /// When a token was sent, by the item it came in; -1 when there is none in it.
    static long sentMicros(byte[] item) {
        for (int at = 0; at + MARK.length + Integer.BYTES <= item.length; at++) {
            int same = 0;
            while (same < MARK.length && item[at + same] == MARK[same]) {
                same++;
            }
            if (same == MARK.length) {
                long value = 0;
                for (int i = 0; i < Integer.BYTES; i++) {
                    value = value << Byte.SIZE | Byte.toUnsignedLong(item[at + same + i]);
                }
                return value;
            }
        }
        return -1;
    }

    /// The thread that serves it only waits: all tokens are sent by one thread, since whatever a
    /// worker takes of this machine is taken from who is measured.
    private void generate(EndpointRequest request, EndpointAnswer answer) throws IOException, InterruptedException {
        answer.open();
        Stream stream = new Stream(answer, firstTokenNanos());
        streams.add(stream);
        stream.ended.await();
    }

    /// At any time, as from workers that know nothing of each other, however the requests came in: else
    /// a way that delays requests would be charged for streams that then go in step.
    private long firstTokenNanos() {
        return System.nanoTime() + PACE.toNanos() + phases.nextLong(PACE.toNanos());
    }

    private void pace() {
        try {
            while (true) {
                Stream stream = streams.take();
                if (stream.sendNext(nowMicros())) {
                    streams.add(stream);
                } else {
                    stream.ended.countDown();
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// What one caller is still to be sent.
    private static final class Stream implements Delayed {
        private final EndpointAnswer answer;
        private final CountDownLatch ended = new CountDownLatch(1);
        private long dueNanos;
        private int sent;

        Stream(EndpointAnswer answer, long dueNanos) {
            this.answer = answer;
            this.dueNanos = dueNanos;
        }

        /// False behind the last.
        boolean sendNext(long nowMicros) {
            dueNanos += PACE.toNanos();
            boolean last = ++sent == TOKENS;
            MsgpackWriter item =
                    new MsgpackWriter().map(1).string("data").map(2).string("finish_reason");
            (last ? item.string("length") : item.nil())
                    .string("token_ids")
                    .array(1)
                    .unsigned(nowMicros);
            return answer.offerItem(item.toBytes()) == null && !last;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(dueNanos, ((Stream) other).dueNanos);
        }
    }

    @Override
    public void close() {
        server.close();
        metrics.close();
    }
}
