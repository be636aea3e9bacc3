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

    private void generate(EndpointRequest request, EndpointAnswer answer) throws IOException, InterruptedException {
        answer.open();
        for (int i = 1; i <= TOKENS; i++) {
            Thread.sleep(PACE);
            MsgpackWriter item = new MsgpackWriter().map(2).string("finish_reason");
            (i == TOKENS ? item.string("length") : item.nil())
                    .string("token_ids")
                    .array(1)
                    .unsigned(nowMicros());
            answer.send(item.toBytes());
        }
    }

    @Override
    public void close() {
        server.close();
        metrics.close();
    }
}
