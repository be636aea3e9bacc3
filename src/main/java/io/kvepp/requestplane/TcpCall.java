package io.kvepp.requestplane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One call, from its request to the last byte of its answer.
///
/// [#open] and [#next] are confined to one thread at a time, which may block; [#fail] and [#close]
/// free it from any other by closing what it waits for.
final class TcpCall implements ItemStream {
    /*
     * Why the answer may be given before the connection ends
     * ------------------------------------------------------
     * Behind the last item the worker sends a sentinel and waits for the caller to close. Closing with the sentinel
     * unread would reset the connection, so it is read, but nobody needs to wait for it.
     */
    private static final Duration SENTINEL_TIMEOUT = Duration.ofSeconds(2);

    private final RequestTarget target;
    private final OutgoingRequest request;
    private final String subject;
    private final CallResources resources;
    private final Consumer<TcpCall> ended;
    private final Duration callHomeLimit;
    private final CompletableFuture<HomeConnection> home;
    private final AtomicReference<@Nullable RequestPlaneException> failure = new AtomicReference<>();
    private volatile boolean complete;
    private volatile boolean closed;
    private volatile @Nullable CompletableFuture<byte[]> awaitedAck;

    /// `callHomeLimit` is how long the worker may take to call home. `ended` hears when the call needs no
    /// place any more, more than once perhaps.
    TcpCall(
            RequestTarget target,
            OutgoingRequest request,
            String subject,
            Duration callHomeLimit,
            CallResources resources,
            Consumer<TcpCall> ended) {
        this.callHomeLimit = callHomeLimit;
        this.target = target;
        this.request = request;
        this.subject = subject;
        this.resources = resources;
        this.ended = ended;
        home = resources.homes().expect(subject);
    }

    /// Ends the call; what waits for it gets this failure, unless there was one before.
    void fail(Reason reason, String message) {
        failure.compareAndSet(null, new RequestPlaneException(reason, message));
        close();
    }

    /// Sends the request and waits until the worker has begun to answer.
    void open() throws RequestPlaneException {
        try {
            @Nullable String natsSubject = target.subject();
            HomeConnection answer =
                    natsSubject == null ? awaitHome(send(WorkerAddress.parse(target.transport()))) : carry(natsSubject);
            answer.allowSilence(request.silenceMax());
            readPrologue(answer);
        } catch (IOException | CancellationException e) {
            throw failed(e);
        } catch (RequestPlaneException e) {
            throw recorded(e);
        }
    }

    @Override
    public byte @Nullable [] next() throws RequestPlaneException {
        if (complete) {
            return null;
        }
        try {
            HomeConnection answer = home.join();
            while (true) {
                StreamItem item = item(answer.read(resources.config().messageBytesMax()));
                complete = item.last();
                if (item.data() != null) {
                    return item.data();
                }
                if (complete) {
                    return null;
                }
            }
        } catch (IOException | CancellationException e) {
            throw failed(e);
        } catch (RequestPlaneException e) {
            throw recorded(e);
        }
    }

    @Override
    public void stop() {
        if (!complete && home.isDone() && !home.isCompletedExceptionally()) {
            home.join().stop();
        }
    }

    /// Gives the connection back, and tells a worker whose answer is no longer wanted to stop.
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        resources.homes().forget(subject);
        CompletableFuture<byte[]> ack = awaitedAck;
        if (ack != null) {
            ack.cancel(false);
        }
        ended.accept(this);
        if (!home.cancel(false) && !home.isCancelled()) {
            if (complete) {
                Thread.ofVirtual().name("request-plane-sentinel").start(this::awaitSentinel);
            } else {
                home.join().kill();
            }
        }
    }

    /// The connection over which the worker took the request.
    private WorkerConnection send(WorkerAddress address) throws RequestPlaneException {
        WorkerConnection worker = resources.workers().connect(address.address());
        boolean used = worker.wasUsed();
        try {
            send(address, worker);
            return worker;
        } catch (RequestPlaneException e) {
            // A worker may close an idle connection at the moment it is used again.
            if (!used || e.reason() != Reason.DISCONNECTED || closed) {
                throw e;
            }
            WorkerConnection anew = resources.workers().connectAnew(address.address());
            send(address, anew);
            return anew;
        }
    }

    /// Any text is a refusal: a worker that refuses never calls home, whatever it says.
    private void send(WorkerAddress address, WorkerConnection worker) throws RequestPlaneException {
        String callHome = resources.homes().addressFor(worker.localAddress());
        RequestFrame frame = frame(address.path(), callHome);
        awaitAck(worker.send(frame.toBytes(request.payload(), resources.config().messageBytesMax())));
    }

    /// At a subject nobody sees a worker go: it has until its time is over.
    private HomeConnection carry(String natsSubject) throws IOException, RequestPlaneException {
        String callHome = resources.homes().addressFor(LocalAddress.find());
        byte[] message = frame("", callHome)
                .toMessageBytes(request.payload(), resources.config().messageBytesMax());
        try {
            awaitAck(resources
                    .carrier()
                    .carry(natsSubject, message, resources.config().ackTimeout()));
        } catch (CompletionException e) {
            throw new RequestPlaneException(Reason.CONNECT, "NATS: " + e.getCause());
        } catch (CancellationException e) {
            if (closed) {
                throw e;
            }
            throw new RequestPlaneException(
                    Reason.TIMEOUT,
                    "acknowledgement: none (expected: within "
                            + resources.config().ackTimeout() + ")");
        }
        return awaitHome();
    }

    private RequestFrame frame(String path, String callHome) {
        return new RequestFrame(path, request.id(), callHome, subject, target.codec(), request.metadata());
    }

    private void awaitAck(CompletableFuture<byte[]> ack) throws RequestPlaneException {
        awaitedAck = ack;
        if (closed) {
            ack.cancel(false);
        }
        byte[] text = join(ack);
        if (text.length > 0) {
            throw new RequestPlaneException(Reason.REJECTED, "worker: " + ControlHeader.quote(text));
        }
    }

    private static byte[] join(CompletableFuture<byte[]> ack) throws RequestPlaneException {
        try {
            return ack.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RequestPlaneException known) {
                throw known;
            }
            throw e;
        }
    }

    /// A worker whose connection ends meanwhile never calls.
    private HomeConnection awaitHome(WorkerConnection worker) {
        Runnable lost = () -> fail(Reason.DISCONNECTED, "connection to the worker ended before it called home");
        worker.whenLost(lost);
        try {
            return awaitHome();
        } finally {
            worker.forget(lost);
        }
    }

    private HomeConnection awaitHome() {
        try (var _ = resources
                .deadlines()
                .start(
                        callHomeLimit,
                        () -> fail(
                                Reason.TIMEOUT, "call home: not complete (expected: within " + callHomeLimit + ")"))) {
            return home.join();
        }
    }

    private static void readPrologue(HomeConnection answer) throws IOException, RequestPlaneException {
        byte[] header = answer.read(TwoPart.HEADER_BYTES_MAX).header();
        if (!ControlHeader.isPrologue(header)) {
            throw new RequestPlaneException(Reason.MALFORMED, "answer without a prologue (expected: error or null)");
        }
        String error = ControlHeader.error(header);
        if (error != null) {
            throw new RequestPlaneException(Reason.FAILED, "worker: " + error);
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

    private void awaitSentinel() {
        HomeConnection answer = home.join();
        try (answer) {
            answer.allowSilence(SENTINEL_TIMEOUT);
            answer.read(TwoPart.HEADER_BYTES_MAX);
        } catch (IOException | RequestPlaneException _) {
            // The answer was complete.
        }
    }

    private RequestPlaneException failed(Exception e) {
        boolean silent = e instanceof SocketTimeoutException;
        return recorded(
                silent
                        ? new RequestPlaneException(
                                Reason.TIMEOUT,
                                "worker: silent (expected: an item within " + request.silenceMax() + ")")
                        : new RequestPlaneException(
                                Reason.DISCONNECTED, "connection to the worker ended before the answer did: " + e));
    }

    /// What ended the call first is what happened; the rest follows from it.
    private RequestPlaneException recorded(RequestPlaneException latest) {
        failure.compareAndSet(null, latest);
        RequestPlaneException first = failure.get();
        return first == null ? latest : first;
    }
}
