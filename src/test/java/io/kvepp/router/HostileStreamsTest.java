package io.kvepp.router;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.Options;
import io.kvepp.extproc.ExtProcConfig;
import io.kvepp.inference.testing.HostileBody;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever a client sends through a gateway is refused or goes on whole, before the deadline of a
/// pick and with memory in proportion to what it sent. All of it runs on the test's thread.
class HostileStreamsTest {
    private static final int PART_BYTES = 64 << 10;

    /// Bytes allocated for each byte of a body: many different names are the dearest.
    private static final long ALLOCATED_PER_BYTE_MAX = 240;
    private static final long ALLOCATED_FIXED_MAX = 16 << 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final ExtProcConfig config = ExtProcConfig.from(Options.defaults());
    private RouterFixture fixture;
    private InProcessGateway gateway;

    @TempDir
    Path folder;

    @BeforeEach
    void start() throws IOException {
        fixture = new RouterFixture(folder);
        fixture.serve(ModelCards.aggregated("m").files(WarmUpModel.in(folder)).on(1));
        gateway = new InProcessGateway(config, fixture);
    }

    @AfterEach
    void close() {
        gateway.close();
        fixture.close();
    }

    static List<HostileBody> hostile() {
        return HostileBody.all("m");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    void everyBodyIsAnsweredInTimeWithMemoryInProportion(HostileBody hostile) {
        Answer answer = new Answer();
        StreamObserver<ProcessingRequest> stream = gateway.stub().process(answer);
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        long nanos = THREADS.getCurrentThreadCpuTime();
        send(stream, hostile);
        while (!fixture.pickTasks.isEmpty()) {
            fixture.pickTasks.remove().run();
        }

        assertThat(THREADS.getCurrentThreadCpuTime() - nanos)
                .as("nanoseconds of work")
                .isLessThan(config.pickDeadline().toNanos());
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated)
                .as("bytes allocated for %d of body", hostile.body().length)
                .isLessThan(ALLOCATED_FIXED_MAX + ALLOCATED_PER_BYTE_MAX * hostile.body().length);
        if (hostile.verdict() == HostileBody.Verdict.REFUSED) {
            assertThat(answer.status).isEqualTo(400);
        } else if (answer.status == 0) {
            assertThat(answer.passed).isGreaterThanOrEqualTo(hostile.body().length);
        } else {
            assertThat(answer.status).isIn(400, 413);
        }
    }

    private static void send(StreamObserver<ProcessingRequest> stream, HostileBody hostile) {
        stream.onNext(ProcessingRequest.newBuilder()
                .setRequestHeaders(HttpHeaders.newBuilder()
                        .setHeaders(HeaderMap.newBuilder()
                                .addHeaders(header(":method", "POST"))
                                .addHeaders(header(":path", hostile.path()))
                                .addHeaders(header("content-type", "application/json"))))
                .setProtocolConfig(ProtocolConfiguration.newBuilder()
                        .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                        .setResponseBodyMode(BodySendMode.FULL_DUPLEX_STREAMED))
                .build());
        ByteString body = ByteString.copyFrom(hostile.body());
        for (int start = 0; start < body.size(); start += PART_BYTES) {
            int end = Math.min(body.size(), start + PART_BYTES);
            stream.onNext(ProcessingRequest.newBuilder()
                    .setRequestBody(HttpBody.newBuilder()
                            .setBody(body.substring(start, end))
                            .setEndOfStream(end == body.size()))
                    .build());
        }
    }

    private static HeaderValue header(String name, String value) {
        return HeaderValue.newBuilder()
                .setKey(name)
                .setRawValue(ByteString.copyFromUtf8(value))
                .build();
    }

    /// What the gateway is told: the status of a refusal, 0 if there is none, and how much of the
    /// body goes on.
    private static final class Answer implements StreamObserver<ProcessingResponse> {
        private int status;
        private long passed;

        @Override
        public void onNext(ProcessingResponse answer) {
            if (answer.hasImmediateResponse()) {
                status = answer.getImmediateResponse().getStatus().getCodeValue();
            }
            BodyMutation mutation = answer.getRequestBody().getResponse().getBodyMutation();
            passed += mutation.getStreamedResponse().getBody().size();
        }

        @Override
        public void onError(Throwable problem) {
            throw new AssertionError(problem);
        }

        @Override
        public void onCompleted() {}
    }
}
