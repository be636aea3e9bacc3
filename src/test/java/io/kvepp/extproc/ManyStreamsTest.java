package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.responseHeaders;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.Options;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RequestLifecycle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// Ten thousand requests at once over a real connection, on a heap of 1 GiB: bodies that never end,
/// answers that never end, gateways that vanish, and clients that leave by the thousand.
///
/// The storm lasts longer with `-Psoak`, and then the healthy requests beside it are compared with
/// those before it. Elsewhere their times are printed alone: while other tests run, a machine says
/// nothing about time.
class ManyStreamsTest {
    private static final int STREAMS = 10_000;
    private static final int LIMIT_SECONDS = 120;
    private static final int STORM_SECONDS = Integer.getInteger("kvepp.storm.seconds", 10);
    private static final int SOAK_SECONDS = 60;

    /// One hiccup of the machine spoils the p99 of one window, not the median of all.
    private static final int WINDOWS = 10;
    private static final int SLOWDOWN_MAX = 2;

    private static final int SLOW = 1_000;
    private static final int RESETS_PER_SECOND = 1_000;
    private static final int HEALTHY_PER_SECOND = 100;

    /// Each slow client drips once in ten seconds of the test's clock.
    private static final long DRIP_NANOS = Duration.ofSeconds(10).toNanos() / SLOW;

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger bookings = new AtomicInteger();
    private final AtomicInteger booked = new AtomicInteger();
    private final ExtProcService service = new ExtProcService(
            ExtProcConfig.from(new Options(Map.of("body-bytes-max", List.of("1MiB")), Map.of())),
            (_, listener) -> {
                listener.accept(new PickResult.Routed(
                        "10.0.0.1:8000", new HeaderEdit(List.of(), List.of()), BodyEdit.NONE, new Booking()));
                return () -> {};
            },
            new EppMetrics(),
            new ExtProcHost(Executors.newSingleThreadScheduledExecutor(), nanos::get, () -> "id", () -> true));
    private Server server;
    private ManagedChannel channel;

    /// A line for every frame would be all that this test does.
    @BeforeAll
    static void quiet() {
        ((Logger) LoggerFactory.getLogger("io.grpc.netty")).setLevel(Level.WARN);
    }

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .addService(service)
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .directExecutor()
                .usePlaintext()
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        server.shutdownNow();
        service.close();
    }

    @Test
    void allAreServedBesideOneAnotherAndNothingOfThemIsLeft() throws InterruptedException {
        List<StreamObserver<ProcessingRequest>> running = new ArrayList<>();
        for (int i = 0; i < STREAMS / 2; i++) {
            open(requestHeaders(false, ":method", "POST"), requestBody("x".repeat(100), false));
            running.add(open(requestHeaders(true, ":method", "GET"), responseHeaders(false)));
        }
        until("all streams are open", () -> service.openStreams() == STREAMS && booked.get() == STREAMS / 2);
        until("all bodies are held", () -> service.bodyBudget().held() == STREAMS / 2 * 100L);
        aHealthyRequestIsAnswered();

        running.forEach(stream -> stream.onError(Status.CANCELLED.asRuntimeException()));
        until("those that left are gone", () -> service.openStreams() == STREAMS / 2 && bookings.get() == 0);
        nanos.addAndGet(Duration.ofSeconds(31).toNanos());
        service.deadlines().check();

        until("bodies that do not end are given up", () -> service.openStreams() == 0);
        assertThat(service.bodyBudget().held()).isZero();
        aHealthyRequestIsAnswered();
    }

    @Test
    void aStormOfResetsBesideBodiesThatNeverEndLeavesNothingAndTheHealthyAreAnswered() throws InterruptedException {
        long[] calm = healthyTimes(STORM_SECONDS, () -> {});
        List<StreamObserver<ProcessingRequest>> slow = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            slow.add(open(requestHeaders(false, ":method", "POST"), requestBody("x", false)));
        }
        AtomicInteger dripped = new AtomicInteger(SLOW);
        AtomicInteger reset = new AtomicInteger();
        long[] stormy = healthyTimes(STORM_SECONDS, () -> {
            for (int i = 0; i < RESETS_PER_SECOND / HEALTHY_PER_SECOND; i++) {
                StreamObserver<ProcessingRequest> stream = reset.getAndIncrement() % 2 == 0
                        ? open(requestHeaders(false, ":method", "POST"), requestBody("x".repeat(1_000), false))
                        : open(requestHeaders(true, ":method", "GET"), responseHeaders(false));
                stream.onError(Status.CANCELLED.asRuntimeException());
            }
            slow.get(dripped.getAndIncrement() % SLOW).onNext(requestBody("x", false));
            // Their clients never leave them alone for as long as an idle body may take.
            nanos.addAndGet(DRIP_NANOS);
            service.deadlines().check();
        });
        double calmMillis = p99Millis(calm);
        double stormyMillis = p99Millis(stormy);
        System.out.printf("healthy p99: %.2f ms, with %,d resets: %.2f ms%n", calmMillis, reset.get(), stormyMillis);

        until("what was reset is gone", () -> service.openStreams() == SLOW && bookings.get() == 0);
        until("every drop is held", () -> service.bodyBudget().held() == dripped.get());
        nanos.addAndGet(Duration.ofSeconds(31).toNanos());
        service.deadlines().check();
        until("bodies that do not end are given up", () -> service.openStreams() == 0);
        assertThat(service.bodyBudget().held()).isZero();
        assertThat(reset.get()).isEqualTo(STORM_SECONDS * RESETS_PER_SECOND);
        if (STORM_SECONDS >= SOAK_SECONDS) {
            assertThat(stormyMillis).as("p99 in ms during the storm").isLessThanOrEqualTo(SLOWDOWN_MAX * calmMillis);
        }
    }

    /// How long requests took that came at a steady rate; `beside` runs before each of them.
    private long[] healthyTimes(int seconds, Runnable beside) throws InterruptedException {
        long[] times = new long[seconds * HEALTHY_PER_SECOND];
        long start = System.nanoTime();
        for (int i = 0; i < times.length; i++) {
            long due = start + TimeUnit.SECONDS.toNanos(i) / HEALTHY_PER_SECOND;
            LockSupport.parkNanos(due - System.nanoTime());
            beside.run();
            long asked = System.nanoTime();
            aHealthyRequestIsAnswered();
            times[i] = System.nanoTime() - asked;
        }
        return times;
    }

    /// The median of the windows' p99.
    private static double p99Millis(long[] nanos) {
        double[] windows = new double[WINDOWS];
        int length = nanos.length / WINDOWS;
        for (int window = 0; window < WINDOWS; window++) {
            long[] sorted = Arrays.copyOfRange(nanos, window * length, (window + 1) * length);
            Arrays.sort(sorted);
            windows[window] = sorted[length - 1 - length / 100] / 1e6;
        }
        Arrays.sort(windows);
        return windows[WINDOWS / 2];
    }

    /// The machine may be busy with other things.
    private static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(2_000_000);
        }
    }

    private void aHealthyRequestIsAnswered() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        AtomicBoolean answered = new AtomicBoolean();
        StreamObserver<ProcessingRequest> stream = ExternalProcessorGrpc.newStub(channel)
                .process(new Ignoring() {
                    @Override
                    public void onNext(ProcessingResponse response) {
                        answered.compareAndSet(false, response.hasRequestBody());
                    }

                    @Override
                    public void onCompleted() {
                        ended.countDown();
                    }
                });
        stream.onNext(requestHeaders(false, ":method", "POST"));
        stream.onNext(requestBody("x", true));
        stream.onNext(responseHeaders(true));
        stream.onCompleted();
        assertThat(ended.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(answered).isTrue();
    }

    private StreamObserver<ProcessingRequest> open(ProcessingRequest... messages) {
        StreamObserver<ProcessingRequest> stream =
                ExternalProcessorGrpc.newStub(channel).process(new Ignoring());
        for (ProcessingRequest message : messages) {
            stream.onNext(message);
        }
        return stream;
    }

    private static class Ignoring implements StreamObserver<ProcessingResponse> {
        @Override
        public void onNext(ProcessingResponse response) {}

        @Override
        public void onError(Throwable problem) {}

        @Override
        public void onCompleted() {}
    }

    private final class Booking implements RequestLifecycle {
        private final AtomicBoolean open = new AtomicBoolean(true);

        Booking() {
            bookings.incrementAndGet();
            booked.incrementAndGet();
        }

        @Override
        public void servedBy(String endpoint) {}

        @Override
        public void responseHeaders(int status, String contentType) {}

        @Override
        public void responseBody(ByteBuffer slice, boolean endOfStream) {}

        @Override
        public void completed() {
            if (open.compareAndSet(true, false)) {
                bookings.decrementAndGet();
            }
        }

        @Override
        public void withdrawn() {
            completed();
        }
    }
}
