package io.kvepp.app;

import com.google.protobuf.CodedOutputStream;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.function.Supplier;

/// The method List of the gRPC health service, which the library does not have: the request is
/// empty, the answer a map from names to statuses.
///
/// Source: grpc-proto `grpc/health/v1/health.proto`.
final class HealthList {
    private static final int STATUSES_FIELD = 1;
    private static final int KEY_FIELD = 1;
    private static final int VALUE_FIELD = 2;

    private static final MethodDescriptor<byte[], byte[]> METHOD = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(HealthGrpc.SERVICE_NAME, "List"))
            .setRequestMarshaller(new BytesMarshaller())
            .setResponseMarshaller(new BytesMarshaller())
            .build();

    private HealthList() {}

    /// The service with this method beside its own.
    static ServerServiceDefinition added(ServerServiceDefinition health, Supplier<Map<String, ServingStatus>> all) {
        ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(HealthGrpc.SERVICE_NAME);
        for (ServerMethodDefinition<?, ?> method : health.getMethods()) {
            builder.addMethod(method);
        }
        return builder.addMethod(METHOD, ServerCalls.asyncUnaryCall((_, answer) -> {
                    answer.onNext(encoded(all.get()));
                    answer.onCompleted();
                }))
                .build();
    }

    private static byte[] encoded(Map<String, ServingStatus> statuses) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            for (Map.Entry<String, ServingStatus> status : statuses.entrySet()) {
                out.writeByteArray(STATUSES_FIELD, entry(status.getKey(), status.getValue()));
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array is no device
        }
        return bytes.toByteArray();
    }

    private static byte[] entry(String name, ServingStatus status) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeString(KEY_FIELD, name);
        out.writeMessage(
                VALUE_FIELD, HealthCheckResponse.newBuilder().setStatus(status).build());
        out.flush();
        return bytes.toByteArray();
    }

    private static final class BytesMarshaller implements Marshaller<byte[]> {
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
