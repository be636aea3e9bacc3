package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestIntake.Accepted;
import io.kvepp.requestplane.RequestIntake.Admission;
import io.kvepp.requestplane.RequestIntake.Admitted;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// A connection on which a caller sends requests, each of which is acknowledged in its turn.
///
/// [#run] is confined to one thread; [#check] and [#close] are for any.
final class ServedConnection implements StallWatch.Watched {
    private static final int BUFFER_BYTES = 1_024;
    private static final byte[] ACCEPTED = {0, 0, 0, 0};

    private final PlaneTls tls;
    private final TcpRequestServerConfig config;
    private final RequestIntake intake;
    private final StallWatch watch;
    private final Semaphore places;
    private volatile Socket socket;
    private volatile boolean isShaken;
    private volatile Stage stage = Stage.IDLE;
    private volatile long since;
    private volatile String endReason = "closed";

    private enum Stage {
        IDLE,
        READING,
        WRITING
    }

    ServedConnection(
            Socket socket, PlaneTls tls, TcpRequestServerConfig config, RequestIntake intake, StallWatch watch) {
        this.socket = socket;
        this.tls = tls;
        this.config = config;
        this.intake = intake;
        this.watch = watch;
        places = new Semaphore(config.connectionRequestsMax());
        since = watch.now();
    }

    /// Serves until either side closes; why it ended.
    String run() {
        watch.add(this);
        try {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            enter(Stage.READING);
            socket = tls.accepted(socket);
            isShaken = true;
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
            while (true) {
                enter(Stage.IDLE);
                int first = in.read();
                if (first < 0) {
                    return endReason;
                }
                enter(Stage.READING);
                takeRequest(first, in);
            }
        } catch (RequestPlaneException e) {
            String tooLarge = e.reason() == RequestPlaneException.Reason.TOO_LARGE ? "too_large" : "malformed";
            refuse("Server unavailable: malformed request: " + e.getMessage());
            return tooLarge;
        } catch (IOException _) {
            return ended();
        } finally {
            watch.remove(this);
            close();
        }
    }

    /// Tells the caller why, and closes.
    void refuse(String text) {
        try (Socket closing = socket) {
            // Before the handshake a caller understands nothing.
            if (isShaken || !tls.accepts()) {
                acknowledge(text);
                closing.shutdownOutput();
            }
        } catch (IOException _) {
            // It does not want to know.
        }
    }

    void close() {
        Closing.quietly(socket);
    }

    @Override
    public void check(long nowNanos) {
        long nanos = nowNanos - since;
        switch (stage) {
            case IDLE -> {
                if (nanos > config.idleTimeout().toNanos()
                        && places.availablePermits() == config.connectionRequestsMax()) {
                    end("idle");
                }
            }
            case READING -> {
                if (nanos > config.frameTimeout().toNanos()) {
                    end("frame_timeout");
                }
            }
            case WRITING -> {
                if (nanos > config.writeTimeout().toNanos()) {
                    endReason = "write_timeout";
                    close();
                }
            }
        }
    }

    /// The thread that reads sees the end of the input, and can still tell the caller why.
    private void end(String reason) {
        endReason = reason;
        try {
            socket.shutdownInput();
        } catch (IOException _) {
            close();
        }
    }

    private String ended() {
        if (endReason.equals("frame_timeout")) {
            refuse("Server unavailable: request: not complete (expected: within " + config.frameTimeout() + ")");
        }
        return endReason;
    }

    private void takeRequest(int first, DataInputStream in) throws IOException, RequestPlaneException {
        IncomingFrame frame = IncomingFrame.read(first, in, config.messageBytesMax());
        Admission admission = intake.admit(frame, places);
        @Nullable Admitted admitted = admission.admitted();
        if (admitted == null) {
            in.skipNBytes(frame.messageBytes());
            acknowledge(admission.refusal());
            return;
        }
        byte[] message;
        try {
            message = TwoPart.exactly(in, Math.toIntExact(frame.messageBytes()));
        } catch (IOException e) {
            intake.abandon(admitted, "incomplete");
            throw e;
        }
        Accepted accepted = intake.accept(admitted, message);
        @Nullable Runnable task = accepted.task();
        if (task == null) {
            acknowledge(accepted.refusal());
            return;
        }
        // Started whether or not the caller hears of it: the place is given back by serving.
        Thread thread = Thread.ofVirtual().name("request-plane-serve").unstarted(task);
        try {
            acknowledge("");
        } finally {
            thread.start();
        }
    }

    private void acknowledge(String text) throws IOException {
        enter(Stage.WRITING);
        socket.getOutputStream().write(text.isEmpty() ? ACCEPTED : frame(text));
    }

    private static byte[] frame(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + utf8.length)
                .putInt(utf8.length)
                .put(utf8)
                .array();
    }

    private void enter(Stage next) {
        since = watch.now();
        stage = next;
    }
}
