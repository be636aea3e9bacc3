package io.kvepp.app;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpTrailers;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import java.util.ArrayList;
import java.util.List;

/// What gateways say in the cases that other pickers are tested with.
///
/// Static functions; thread-safe.
final class PortableMessages {
    private PortableMessages() {}

    static ProcessingRequest head(String... more) {
        List<String> all = new ArrayList<>(List.of(
                "hi",
                "mom",
                "x-request-id",
                "test-request-id",
                ":method",
                "POST",
                ":path",
                "/v1/completions",
                "content-type",
                "application/json"));
        all.addAll(List.of(more));
        return requestHeaders(false, all.toArray(String[]::new));
    }

    /// As those cases have it: no path, no content type.
    static ProcessingRequest terse() {
        return requestHeaders(false, "hi", "mom");
    }

    static ProcessingRequest headOnly(String... headers) {
        return requestHeaders(true, headers);
    }

    static ProcessingRequest grpc() {
        return requestHeaders(
                false,
                ":method",
                "POST",
                ":path",
                "/vllm.grpc.engine.VllmEngine/Generate",
                "content-type",
                "application/grpc");
    }

    static ProcessingRequest requestHeaders(boolean end, String... headers) {
        return ProcessingRequest.newBuilder()
                .setRequestHeaders(headers(end, headers))
                .build();
    }

    static ProcessingRequest responseHeaders(String... headers) {
        return ProcessingRequest.newBuilder()
                .setResponseHeaders(headers(false, headers))
                .build();
    }

    /// Values in `value`, as gateways other than Envoy send them.
    private static HttpHeaders headers(boolean end, String... headers) {
        HeaderMap.Builder map = HeaderMap.newBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            map.addHeaders(HeaderValue.newBuilder().setKey(headers[i]).setValue(headers[i + 1]));
        }
        return HttpHeaders.newBuilder().setHeaders(map).setEndOfStream(end).build();
    }

    static ProcessingRequest body(String text, boolean end) {
        return ProcessingRequest.newBuilder().setRequestBody(part(text, end)).build();
    }

    static ProcessingRequest response(String text, boolean end) {
        return ProcessingRequest.newBuilder().setResponseBody(part(text, end)).build();
    }

    private static HttpBody part(String text, boolean end) {
        return HttpBody.newBuilder()
                .setBody(ByteString.copyFromUtf8(text))
                .setEndOfStream(end)
                .build();
    }

    static ProcessingRequest trailers() {
        return ProcessingRequest.newBuilder()
                .setRequestTrailers(HttpTrailers.getDefaultInstance())
                .build();
    }

    static ProcessingRequest responseTrailers() {
        return ProcessingRequest.newBuilder()
                .setResponseTrailers(HttpTrailers.getDefaultInstance())
                .build();
    }

    static ProcessingRequest subset(ProcessingRequest message, String... endpoints) {
        ListValue.Builder list = ListValue.newBuilder();
        for (String endpoint : endpoints) {
            list.addValues(text(endpoint));
        }
        return hint(message, Value.newBuilder().setListValue(list).build());
    }

    static ProcessingRequest hint(ProcessingRequest message, Value value) {
        Struct fields = Struct.newBuilder()
                .putFields("x-gateway-destination-endpoint-subset", value)
                .build();
        return message.toBuilder()
                .setMetadataContext(Metadata.newBuilder().putFilterMetadata("envoy.lb.subset_hint", fields))
                .build();
    }

    /// What a gateway says of a response.
    static ProcessingRequest about(ProcessingRequest message, String key, String value) {
        return about(message, "envoy.lb", key, value);
    }

    static ProcessingRequest about(ProcessingRequest message, String namespace, String key, String value) {
        return message.toBuilder()
                .setMetadataContext(Metadata.newBuilder()
                        .putFilterMetadata(
                                namespace,
                                Struct.newBuilder().putFields(key, text(value)).build()))
                .build();
    }

    static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }
}
