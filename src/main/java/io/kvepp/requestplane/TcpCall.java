package io.kvepp.requestplane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/// One call, from its connection to the last byte of its answer.
///
/// [#run] is confined to one thread, which may block; [#fail] and [#end] free it from any other by
/// closing what it waits for.
final class TcpCall {
    /*
     * Why the answer may be given before the connection ends
     * ------------------------------------------------------
     * Behind the last item the worker sends a sentinel and waits for the caller to close. Closing with the sentinel
     * unread would reset the connection, so it is read, but nobody needs to wait for it.
     */
    private static final int ACK_BYTES_MAX = 64 << 10;
    private static final Duration SENTINEL_TIMEOUT = Duration.ofSeconds(2);

    private final RequestTarget target;
    private final String requestId;
    private final String subject;
    private final TcpRequestPlaneConfig config;
    private final CallHomeServer homes;
    private final Deadlines deadlines;
    private final Semaphore permits;
    private final AtomicBoolean permitReleased = new AtomicBoolean();
    private final CompletableFuture<List<byte[]>> result = new CompletableFuture<>();
    private final Socket worker = new Socket();
    private final CompletableFuture<HomeConnection> home;

    /// Takes over a permit of `resources`.
    TcpCall(RequestTarget target, String requestId, String subject, CallResources resources) {
        this.target = target;
        this.requestId = requestId;
        this.subject = subject;
        config = resources.config();
        homes = resources.homes();
        deadlines = resources.deadlines();
        permits = resources.permits();
        home = homes.expect(subject);
    }

    CompletableFuture<List<byte[]>> result() {
        return result;
    }

    void fail(Reason reason, String message) {
        releasePermit();
        result.completeExceptionally(new RequestPlaneException(reason, message));
    }

    /// Makes the call and completes [#result].
    void run(byte[] payload, Duration timeout) {
        try (var _ = within("call", timeout)) {
            HomeConnection answer = request(payload);
            List<byte[]> items = items(answer);
            releasePermit();
            result.complete(items);
            awaitSentinel(answer);
        } catch (RequestPlaneException e) {
            fail(e.reason(), String.valueOf(e.getMessage()));
        } catch (IOException | CancellationException e) {
            fail(Reason.DISCONNECTED, "connection to the worker ended before the answer did: " + e);
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        } finally {
            releasePermit();
            end();
        }
    }

    /// Gives the connections back, and tells a worker whose answer is no longer wanted to stop.
    void end() {
        homes.forget(subject);
        Closing.quietly(worker);
        if (!home.cancel(false) && !home.isCancelled()) {
            if (result.isCompletedExceptionally()) {
                home.join().kill();
            } else {
                home.join().close();
            }
        }
    }

    /// Before the result completes: whoever waits for it may make the next call at once.
    private void releasePermit() {
        if (permitReleased.compareAndSet(false, true)) {
            permits.release();
        }
    }

    private HomeConnection request(byte[] payload) throws IOException, RequestPlaneException {
        WorkerAddress address = WorkerAddress.parse(target.transport());
        connect(address);
        try (var _ = within("acknowledgement", config.ackTimeout())) {
            worker.setTcpNoDelay(true);
            String callHome = homes.addressFor(worker.getLocalAddress());
            RequestFrame frame = new RequestFrame(address.path(), requestId, callHome, subject, target.codec());
            worker.getOutputStream().write(frame.toBytes(payload, config.messageBytesMax()));
            readAck();
        }
        return awaitHome();
    }

    private void connect(WorkerAddress address) throws RequestPlaneException {
        try {
            worker.connect(
                    address.address(), Math.toIntExact(config.connectTimeout().toMillis()));
        } catch (IOException e) {
            throw new RequestPlaneException(
                    Reason.CONNECT, "worker: " + address.address() + " (expected: a connection): " + e.getMessage());
        }
    }

    /// Any text is a refusal: a worker that refuses never calls home, whatever it says.
    private void readAck() throws IOException, RequestPlaneException {
        DataInputStream in = new DataInputStream(worker.getInputStream());
        long length = Integer.toUnsignedLong(in.readInt());
        TwoPart.checkLength("acknowledgement", length, ACK_BYTES_MAX);
        if (length > 0) {
            throw new RequestPlaneException(
                    Reason.REJECTED, "worker: " + ControlHeader.quote(TwoPart.exactly(in, (int) length)));
        }
    }

    private HomeConnection awaitHome() {
        try (var _ = within("call home", config.callHomeTimeout())) {
            return home.join();
        }
    }

    private List<byte[]> items(HomeConnection answer) throws IOException, RequestPlaneException {
        readPrologue(answer);
        List<byte[]> items = new ArrayList<>();
        long responseBytes = 0;
        while (true) {
            TwoPart message = answer.read(config.messageBytesMax());
            responseBytes += message.size();
            TwoPart.checkLength("answer", responseBytes, config.responseBytesMax());
            StreamItem item = item(message);
            if (item.data() != null) {
                items.add(item.data());
            }
            if (item.last()) {
                return List.copyOf(items);
            }
        }
    }

    private static void readPrologue(HomeConnection answer) throws IOException, RequestPlaneException {
        byte[] header = answer.read(TwoPart.HEADER_BYTES_MAX).header();
        if (!ControlHeader.isPrologue(header)) {
            throw new RequestPlaneException(Reason.MALFORMED, "answer without a prologue (expected: error or null)");
        }
        String error = ControlHeader.error(header);
        if (error != null) {
            throw new RequestPlaneException(Reason.REJECTED, "worker: " + error);
        }
    }

    private StreamItem item(TwoPart message) throws RequestPlaneException {
        if (ControlHeader.isSentinel(message.header())) {
            throw new RequestPlaneException(Reason.DISCONNECTED, "answer ended early (expected: a final message)");
        }
        if (message.header().length > 0) {
            throw new RequestPlaneException(Reason.MALFORMED, "header within the answer (expected: items only)");
        }
        try {
            return StreamItem.read(message.body(), target.codec());
        } catch (MalformedMessageException e) {
            throw new RequestPlaneException(Reason.MALFORMED, "item: " + e.getMessage());
        }
    }

    private void awaitSentinel(HomeConnection answer) throws IOException, RequestPlaneException {
        try (var _ = deadlines.start(SENTINEL_TIMEOUT, answer::close)) {
            answer.read(TwoPart.HEADER_BYTES_MAX);
        }
    }

    private Deadlines.Deadline within(String stage, Duration time) {
        return deadlines.start(
                time, () -> fail(Reason.TIMEOUT, stage + ": not complete (expected: within " + time + ")"));
    }
}
