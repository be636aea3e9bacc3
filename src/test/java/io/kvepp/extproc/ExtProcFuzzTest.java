package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.list;
import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.requestTrailers;
import static io.kvepp.extproc.ExtProcFixture.responseBody;
import static io.kvepp.extproc.ExtProcFixture.responseHeaders;
import static io.kvepp.extproc.ExtProcFixture.responseTrailers;
import static io.kvepp.extproc.ExtProcFixture.text;
import static io.kvepp.extproc.ExtProcFixture.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.Options;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.picker.RequestLifecycle;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Whatever a gateway sends, in whatever order, and whatever the picker does meanwhile: every stream
/// ends, and nothing it held is left.
class ExtProcFuzzTest {
    private static final int SEQUENCES = 100_000;
    private static final int MESSAGES_MAX = 12;
    private static final long SEED = 20_261_120;
    private static final long HEAP_GROWTH_BYTES_MAX = 24 << 20;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong bookings = new AtomicLong();
    private final AtomicLong booked = new AtomicLong();
    private boolean accepting = true;
    private Runnable lateAnswer = () -> {};

    private final ExtProcService service = new ExtProcService(
            ExtProcConfig.from(new Options(
                    Map.of(
                            "body-bytes-max", List.of("1000"),
                            "body-bytes-total-max", List.of("3000"),
                            "headers-max", List.of("8"),
                            "stream-age", List.of("60s")),
                    Map.of())),
            new MoodyPicker(),
            new EppMetrics(),
            new ExtProcHost(Executors.newSingleThreadScheduledExecutor(), nanos::get, () -> "id", () -> accepting));

    @AfterEach
    void close() {
        service.close();
    }

    @Test
    void noSequenceOfMessagesBreaksOrLeaksAnything() {
        play(SEQUENCES / 5);
        long before = usedHeap();
        play(SEQUENCES - SEQUENCES / 5);

        assertThat(booked.get()).as("requests that were booked").isGreaterThan(SEQUENCES / 10);
        assertThat(usedHeap() - before).as("growth of the heap").isLessThan(HEAP_GROWTH_BYTES_MAX);
    }

    private void play(int sequences) {
        for (int i = 0; i < sequences; i++) {
            FakeCall call = new FakeCall();
            StreamObserver<ProcessingRequest> stream = service.process(call);
            if (random.nextInt(3) > 0) {
                stream.onNext(random.nextBoolean() ? configured(head()) : head());
            }
            int messages = random.nextInt(1, MESSAGES_MAX);
            for (int message = 0; message < messages && !call.isOver(); message++) {
                step(stream, call);
            }
            end(stream, call);
            lateAnswer.run();
            nanos.addAndGet(Duration.ofSeconds(11).toNanos());
            service.deadlines().check();
            assertThat(service.openStreams())
                    .as("open streams after sequence %s", i)
                    .isZero();
            assertThat(service.bodyBudget().held())
                    .as("held bytes after sequence %s", i)
                    .isZero();
            assertThat(bookings.get()).as("bookings after sequence %s", i).isZero();
            call.assertLegal(i);
        }
    }

    private void step(StreamObserver<ProcessingRequest> stream, FakeCall call) {
        switch (random.nextInt(20)) {
            case 0 -> {
                nanos.addAndGet(Duration.ofMillis(random.nextInt(40_000)).toNanos());
                service.deadlines().check();
            }
            case 1 -> lateAnswer.run();
            case 2 -> accepting = random.nextInt(10) > 0;
            case 3 -> call.ready = !call.ready;
            default -> stream.onNext(message());
        }
    }

    private void end(StreamObserver<ProcessingRequest> stream, FakeCall call) {
        switch (random.nextInt(4)) {
            case 0 -> stream.onCompleted();
            case 1 -> call.cancel();
            case 2 -> stream.onError(Status.CANCELLED.asRuntimeException());
            default -> {
                stream.onCompleted();
                call.cancel();
            }
        }
        call.cancel();
    }

    private ProcessingRequest message() {
        ProcessingRequest message = switch (random.nextInt(12)) {
            case 0, 1, 2 -> head();
            case 3, 4, 5 -> requestBody("x".repeat(random.nextInt(600)), random.nextBoolean());
            case 6 -> requestTrailers();
            case 7, 8 -> responseHeaders(random.nextInt(4) == 0);
            case 9, 10 -> responseBody("y".repeat(random.nextInt(100)), random.nextInt(3) == 0);
            default -> random.nextBoolean() ? responseTrailers() : ProcessingRequest.getDefaultInstance();
        };
        if (random.nextInt(6) == 0) {
            message = with(message, "envoy.lb.subset_hint", "x-gateway-destination-endpoint-subset", list("a,b", ""));
        }
        if (random.nextInt(6) == 0) {
            message = with(message, "envoy.lb", "x-gateway-destination-endpoint-served", text("b:1"));
        }
        return random.nextInt(4) == 0 ? configured(message) : message;
    }

    private ProcessingRequest head() {
        return switch (random.nextInt(6)) {
            case 0 -> requestHeaders(true, ":method", "GET", ":path", "/v1/models");
            case 1 -> requestHeaders(false, "content-type", "application/grpc", ":path", "/a/b");
            case 2 -> requestHeaders(false, ":method", "POST", "content-length", "" + random.nextInt(1200));
            case 3 -> requestHeaders(false, "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7");
            case 4 -> requestHeaders(random.nextBoolean());
            default -> requestHeaders(false, ":method", "POST", ":path", "/v1/chat/completions", "x-request-id", "r");
        };
    }

    private ProcessingRequest configured(ProcessingRequest message) {
        BodySendMode[] modes = BodySendMode.values();
        return message.toBuilder()
                .setObservabilityMode(random.nextInt(20) == 0)
                .setProtocolConfig(ProtocolConfiguration.newBuilder()
                        .setRequestBodyModeValue(random.nextInt(modes.length))
                        .setResponseBodyModeValue(random.nextInt(modes.length))
                        .setSendBodyWithoutWaitingForHeaderResponse(random.nextBoolean()))
                .build();
    }

    private static long usedHeap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /// Answers at once, later, after it was cancelled, or never.
    private final class MoodyPicker implements EndpointPicker {
        @Override
        public PickHandle pick(PickRequest request, Consumer<PickResult> listener) {
            PickResult result = result(request);
            boolean[] told = {false};
            Runnable tell = () -> {
                if (!told[0]) {
                    told[0] = true;
                    listener.accept(result);
                }
            };
            if (random.nextInt(3) == 0) {
                Runnable earlier = lateAnswer;
                earlier.run();
                lateAnswer = tell;
            } else {
                tell.run();
            }
            return () -> {
                if (!told[0] && random.nextBoolean()) {
                    told[0] = true; // released by the picker itself
                    if (result instanceof PickResult.Routed routed) {
                        routed.lifecycle().withdrawn();
                    }
                }
            };
        }

        private PickResult result(PickRequest request) {
            return switch (random.nextInt(8)) {
                case 0 -> new PickResult.Rejected(RejectReason.NO_WORKERS, "none", null);
                case 1 -> new PickResult.Answered("application/json", "{}");
                default -> {
                    int length = request.body().length;
                    BodyEdit edit = length < 2 ? BodyEdit.NONE : new BodyEdit(1, 1, new byte[random.nextInt(3)]);
                    yield new PickResult.Routed(
                            "10.0.0.1:8000",
                            new HeaderEdit(List.of(new HttpHeader("x-a", "1")), List.of("x-b")),
                            edit,
                            new Booking());
                }
            };
        }
    }

    private final class Booking implements RequestLifecycle {
        private boolean open = true;

        Booking() {
            bookings.incrementAndGet();
            booked.incrementAndGet();
        }

        @Override
        public void servedBy(String endpoint) {
            assertThat(open).as("a lifecycle is told nothing after its end").isTrue();
        }

        @Override
        public void responseHeaders(int status, String contentType) {
            assertThat(open).as("a lifecycle is told nothing after its end").isTrue();
        }

        @Override
        public void responseBody(ByteBuffer slice, boolean endOfStream) {
            assertThat(open).as("a lifecycle is told nothing after its end").isTrue();
        }

        @Override
        public void completed() {
            end();
        }

        @Override
        public void withdrawn() {
            end();
        }

        private void end() {
            if (open) {
                open = false;
                bookings.decrementAndGet();
            }
        }
    }
}
