package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedInputStream;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcHealthTest {
    private static final MethodDescriptor<byte[], byte[]> LIST = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/List")
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();

    private final GrpcHealth health = new GrpcHealth();
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        String name = InProcessServerBuilder.generateName();
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(health.service())
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "readiness", "inference-extension", "envoy.service.ext_proc.v3.ExternalProcessor"})
    void everyNameThatGatewaysProbeFollowsReadiness(String name) {
        assertThat(check(name)).isEqualTo(ServingStatus.NOT_SERVING);
        health.setReady(true);
        assertThat(check(name)).isEqualTo(ServingStatus.SERVING);
        health.setReady(false);
        assertThat(check(name)).isEqualTo(ServingStatus.NOT_SERVING);
    }

    @Test
    void livenessServesBeforeDuringAndAfterReadiness() {
        assertThat(check("liveness")).isEqualTo(ServingStatus.SERVING);
        health.setReady(true);
        health.setReady(false);
        assertThat(check("liveness")).isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void anUnknownNameIsNotFound() {
        assertThatThrownBy(() -> check("other"))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    @Test
    void allNamesAreListed() throws IOException {
        health.setReady(true);
        Map<String, ServingStatus> seen = new HashMap<>();
        CodedInputStream in = CodedInputStream.newInstance(
                ClientCalls.blockingUnaryCall(channel, LIST, io.grpc.CallOptions.DEFAULT, new byte[0]));
        while (!in.isAtEnd()) {
            assertThat(in.readTag()).isEqualTo(1 << 3 | 2);
            CodedInputStream entry = CodedInputStream.newInstance(in.readByteArray());
            assertThat(entry.readTag()).isEqualTo(1 << 3 | 2);
            String name = entry.readString();
            assertThat(entry.readTag()).isEqualTo(2 << 3 | 2);
            seen.put(name, HealthCheckResponse.parseFrom(entry.readByteArray()).getStatus());
        }

        assertThat(seen)
                .containsOnlyKeys(
                        "",
                        "liveness",
                        "readiness",
                        "inference-extension",
                        "envoy.service.ext_proc.v3.ExternalProcessor")
                .allSatisfy((_, status) -> assertThat(status).isEqualTo(ServingStatus.SERVING));
    }

    @Test
    void aWatcherIsToldOfEveryChange() {
        List<ServingStatus> seen = watch("inference-extension");
        health.setReady(true);
        health.setReady(true);
        health.setReady(false);

        assertThat(seen).containsExactly(ServingStatus.NOT_SERVING, ServingStatus.SERVING, ServingStatus.NOT_SERVING);
    }

    /// The call stays open: the name may become known.
    @Test
    void aWatcherOfAnUnknownNameIsToldThatItIsUnknownAndNothingElse() {
        List<ServingStatus> seen = watch("other");
        health.setReady(true);

        assertThat(seen).containsExactly(ServingStatus.SERVICE_UNKNOWN);
    }

    /// What is told from now on; null stands for the end of the call.
    private List<ServingStatus> watch(String name) {
        List<ServingStatus> seen = new ArrayList<>();
        HealthGrpc.newStub(channel).watch(request(name), new StreamObserver<>() {
            @Override
            public void onNext(HealthCheckResponse response) {
                seen.add(response.getStatus());
            }

            @Override
            public void onError(Throwable problem) {
                seen.add(null);
            }

            @Override
            public void onCompleted() {
                seen.add(null);
            }
        });
        return seen;
    }

    private ServingStatus check(String name) {
        return HealthGrpc.newBlockingStub(channel).check(request(name)).getStatus();
    }

    private static HealthCheckRequest request(String name) {
        return HealthCheckRequest.newBuilder().setService(name).build();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
