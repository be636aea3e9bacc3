package io.kvepp.requestplane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One call, from its request to the last byte of its answer.
///
/// [#open], [#next] and [#each] may block and are confined to one thread at a time; the answer is
/// heard on the loop of its connection; [#fail], [#stop] and [#close] are for any thread.
final class TcpCall implements ItemStream, HomeConnection.Reader, StallWatch.Watched {
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final long NOT_YET = Long.MIN_VALUE;

    private final RequestTarget target;
    private final OutgoingRequest request;
    private final String subject;
    private final CallResources resources;
    private final Consumer<TcpCall> ended;
    private final Limits limits;
    private final long startNanos;
    private final CallItems items;
    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Runnable lost = this::onLost;
    private volatile @Nullable WorkerConnection worker;
    private volatile @Nullable HomeConnection home;
    private volatile long taken = NOT_YET;
    private volatile long called = NOT_YET;
    private volatile boolean complete;

    /// How long the worker may take: `whole` for all of the answer, `callHome` from its acknowledgement
    /// until it calls home.
    record Limits(@Nullable Duration whole, Duration callHome) {}

    /// `ended` hears when the call needs no place any more.
    TcpCall(
            RequestTarget target,
            OutgoingRequest request,
            String subject,
            Limits limits,
            CallResources resources,
            Consumer<TcpCall> ended) {
        this.target = target;
        this.request = request;
        this.subject = subject;
        this.limits = limits;
        this.resources = resources;
        this.ended = ended;
        startNanos = resources.watch().now();
        items = new CallItems(resources.watch()::now);
        resources.homes().expect(subject, this);
        resources.watch().add(this);
    }

    /// Ends the call; who waits for it gets this failure, unless there was an end before.
    void fail(Reason reason, String message) {
        fail(new RequestPlaneException(reason, message));
    }

    void fail(RequestPlaneException failure) {
        end(failure, true);
        close();
    }

    /// Sends the request and waits until the worker has begun to answer.
    void open() throws RequestPlaneException {
        send();
        join(begun);
    }

    /// Sends the request; what comes of it is told to the taker, or by [#next]. Does not block.
    void send() {
        resources.homes().requireStarted();
        try {
            @Nullable String natsSubject = target.subject();
            if (natsSubject == null) {
                WorkerAddress address = WorkerAddress.parse(target.transport());
                send(address, resources.workers().connect(address.address()), true);
            } else {
                carry(natsSubject);
            }
        } catch (IOException e) {
            fail(Reason.DISCONNECTED, "request: not sent: " + e);
        } catch (RequestPlaneException e) {
            fail(e);
        }
    }

    @Override
    public byte @Nullable [] next() throws RequestPlaneException {
        return items.next();
    }

    @Override
    public void each(Taker taker) throws RequestPlaneException {
        @Nullable HomeConnection answer = home;
        if (answer == null) {
            throw new IllegalStateException("not open (expected: open before each)");
        }
        CompletableFuture<Void> end = new CompletableFuture<>();
        answer.execute(() -> items.giveTo(taker, end));
        join(end);
    }

    /// Has all items taken, from the first; before [#send]. `end` completes behind the last.
    void giveTo(Taker taker, CompletableFuture<Void> end) {
        items.giveTo(taker, end);
    }

    @Override
    public void stop() {
        HomeConnection answer = home;
        if (answer != null && !complete) {
            answer.stop();
        }
    }

    /// Gives the connection back, and tells a worker whose answer is no longer wanted to stop.
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        resources.homes().forget(subject);
        resources.watch().remove(this);
        forgetWorker();
        ended.accept(this);
        if (!complete) {
            end(disconnected("closed here"), false);
            HomeConnection answer = home;
            if (answer != null) {
                answer.kill();
            }
        }
    }

    @Override
    public void check(long nowNanos) {
        @Nullable Duration whole = limits.whole();
        if (whole != null && nowNanos - startNanos > nanos(whole)) {
            fail(Reason.TIMEOUT, "call: not complete (expected: within " + whole + ")");
        } else if (home == null) {
            if (taken != NOT_YET && nowNanos - taken > nanos(limits.callHome())) {
                fail(Reason.TIMEOUT, "call home: not complete (expected: within " + limits.callHome() + ")");
            }
        } else if (!complete && isSilent(nowNanos)) {
            fail(Reason.TIMEOUT, "worker: silent (expected: an item within " + request.silenceMax() + ")");
        }
    }

    /// The worker calls home; on the loop of its connection.
    void onHome(HomeConnection connection) {
        called = resources.watch().now();
        items.comeFrom(connection);
        home = connection;
        forgetWorker();
        if (closed.get()) {
            connection.kill();
        }
    }

    @Override
    public long messageBytesMax() {
        return begun.isDone() ? resources.config().messageBytesMax() : TwoPart.HEADER_BYTES_MAX;
    }

    @Override
    public boolean onMessage(TwoPart message) throws RequestPlaneException {
        if (!begun.isDone()) {
            checkPrologue(message.header());
            begun.complete(null);
            return false;
        }
        StreamItem item = item(message);
        if (item.data() != null) {
            items.put(item.data());
        }
        if (item.last()) {
            complete = true;
            items.complete();
        }
        return item.last();
    }

    @Override
    public void onEnd(@Nullable Throwable problem) {
        if (!complete) {
            end(
                    problem instanceof RequestPlaneException known
                            ? known
                            : disconnected(problem == null ? "closed by the worker" : problem.toString()),
                    false);
        }
    }

    private static RequestPlaneException disconnected(String why) {
        return new RequestPlaneException(
                Reason.DISCONNECTED, "connection to the worker ended before the answer did: " + why);
    }

    private boolean isSilent(long nowNanos) {
        long limit = nanos(request.silenceMax());
        return begun.isDone() ? items.isSilent(nowNanos, limit) : nowNanos - called > limit;
    }

    /// What ended the call first is what happened; the rest follows from it.
    private void end(RequestPlaneException failure, boolean atOnce) {
        items.fail(failure, atOnce);
        begun.completeExceptionally(failure);
    }

    /// A worker may close an idle connection at the moment it is used again: then a new one is tried,
    /// if there may be another time.
    private void send(WorkerAddress address, CompletableFuture<WorkerConnection> opened, boolean mayTryAgain) {
        var _ = opened.whenComplete((connection, failure) -> {
            if (failure != null) {
                fail(known(failure));
            } else if (!closed.get()) {
                send(address, connection, mayTryAgain && connection.wasUsed());
            }
        });
    }

    private void send(WorkerAddress address, WorkerConnection connection, boolean mayBeStale) {
        byte[] frame;
        try {
            String callHome = resources.homes().addressFor(connection.localAddress());
            frame = frame(address.path(), callHome)
                    .toBytes(request.payload(), resources.config().messageBytesMax());
        } catch (RequestPlaneException e) {
            fail(e);
            return;
        }
        var _ = connection.send(frame).whenComplete((text, failure) -> {
            if (failure == null) {
                onAcknowledged(text, connection);
            } else if (mayBeStale && !closed.get() && home == null && isDisconnected(failure)) {
                send(address, resources.workers().connectAnew(address.address()), false);
            } else {
                fail(known(failure));
            }
        });
    }

    /// At a subject nobody sees a worker go: it has until its time is over.
    private void carry(String natsSubject) throws IOException, RequestPlaneException {
        String callHome = resources.homes().addressFor(LocalAddress.find());
        byte[] message = frame("", callHome)
                .toMessageBytes(request.payload(), resources.config().messageBytesMax());
        Duration limit = resources.config().ackTimeout();
        var _ = resources.carrier().carry(natsSubject, message, limit).whenComplete((text, failure) -> {
            if (failure == null) {
                onAcknowledged(text, null);
            } else if (failure instanceof CancellationException) {
                fail(Reason.TIMEOUT, "acknowledgement: none (expected: within " + limit + ")");
            } else {
                fail(Reason.CONNECT, "NATS: " + cause(failure));
            }
        });
    }

    private RequestFrame frame(String path, String callHome) {
        return new RequestFrame(path, request.id(), callHome, subject, target.codec(), request.metadata());
    }

    /// Any text is a refusal: a worker that refuses never calls home, whatever it says. One whose
    /// connection ends before it calls home never does either.
    private void onAcknowledged(byte[] text, @Nullable WorkerConnection connection) {
        if (text.length > 0) {
            fail(Reason.REJECTED, "worker: " + ControlHeader.quote(text));
            return;
        }
        taken = resources.watch().now();
        if (connection != null && home == null) {
            worker = connection;
            connection.whenLost(lost);
            if (home != null || closed.get()) {
                forgetWorker();
            }
        }
    }

    private void onLost() {
        fail(Reason.DISCONNECTED, "connection to the worker ended before it called home");
    }

    private void forgetWorker() {
        WorkerConnection connection = worker;
        if (connection != null) {
            connection.forget(lost);
        }
    }

    private static boolean isDisconnected(Throwable failure) {
        return cause(failure) instanceof RequestPlaneException known && known.reason() == Reason.DISCONNECTED;
    }

    private static RequestPlaneException known(Throwable failure) {
        return cause(failure) instanceof RequestPlaneException known
                ? known
                : new RequestPlaneException(Reason.DISCONNECTED, "request: not sent: " + cause(failure));
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static long nanos(Duration limit) {
        return (limit.compareTo(LONGEST) < 0 ? limit : LONGEST).toNanos();
    }

    private static void join(CompletableFuture<Void> future) throws RequestPlaneException {
        try {
            future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RequestPlaneException known) {
                throw known;
            }
            throw e;
        }
    }

    private static void checkPrologue(byte[] header) throws RequestPlaneException {
        if (!ControlHeader.isPrologue(header)) {
            throw new RequestPlaneException(Reason.MALFORMED, "answer without a prologue (expected: error or null)");
        }
        String error = ControlHeader.error(header);
        if (error != null) {
            throw new RequestPlaneException(Reason.FAILED, "worker: " + error);
        }
    }

    private StreamItem item(TwoPart message) throws RequestPlaneException {
        byte[] header = message.header();
        if (header.length > 0 && ControlHeader.isSentinel(header)) {
            throw new RequestPlaneException(Reason.DISCONNECTED, "answer ended early (expected: a final message)");
        }
        if (header.length > 0) {
            throw new RequestPlaneException(Reason.MALFORMED, "header within the answer (expected: items only)");
        }
        try {
            return StreamItem.read(message.body(), target.codec());
        } catch (MalformedMessageException e) {
            throw new RequestPlaneException(Reason.MALFORMED, "item: " + e.getMessage());
        }
    }
}
