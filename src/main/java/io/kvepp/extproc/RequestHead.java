package io.kvepp.extproc;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.kvepp.picker.HttpHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/// The headers of a request as a picker reads them.
///
/// - `requestIdMinted`: the request came without an id, and one was made
/// - `contentLength`: -1 when absent or not a number
/// - `headers`: without pseudo headers, which `headerCount` and `headerBytes` (names and values)
///   count as well
///
/// Immutable.
record RequestHead(
        String requestId,
        boolean requestIdMinted,
        String method,
        String path,
        long contentLength,
        List<HttpHeader> headers,
        int headerCount,
        long headerBytes) {
    static final String REQUEST_ID = "x-request-id";
    static final String CONTENT_LENGTH = "content-length";

    /// Of a stream that has not told any headers.
    static final RequestHead NONE = new RequestHead("", false, "", "", -1, List.of(), 0, 0);

    RequestHead {
        headers = List.copyOf(headers);
    }

    static RequestHead read(HttpHeaders message, Supplier<String> newRequestId) {
        String method = "";
        String path = "";
        String requestId = "";
        long contentLength = -1;
        long bytes = 0;
        List<HttpHeader> headers = new ArrayList<>(message.getHeaders().getHeadersCount());
        for (HeaderValue header : message.getHeaders().getHeadersList()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            String value = text(header);
            bytes += name.length() + (long) value.length();
            switch (name) {
                case ":method" -> method = value;
                case ":path" -> path = value;
                case REQUEST_ID -> requestId = value;
                case CONTENT_LENGTH -> contentLength = parseLength(value);
                default -> {}
            }
            if (!name.startsWith(":")) {
                headers.add(new HttpHeader(name, value));
            }
        }
        boolean minted = requestId.isEmpty();
        return new RequestHead(
                minted ? newRequestId.get() : requestId,
                minted,
                method,
                path,
                contentLength,
                headers,
                message.getHeaders().getHeadersCount(),
                bytes);
    }

    /// Whether the client speaks gRPC: its messages may wait for answers.
    boolean isGrpc() {
        return headers.stream()
                .anyMatch(header ->
                        header.name().equals("content-type") && header.value().startsWith("application/grpc"));
    }

    /// The path, or, where the gateway tells none, that of the only API whose clients name a version
    /// of it; else empty.
    String api() {
        return path.isEmpty()
                        && headers.stream().anyMatch(header -> header.name().equals("anthropic-version"))
                ? Rejection.ANTHROPIC_PATH
                : path;
    }

    /// Envoy sends `raw_value`; other gateways send `value`.
    static String text(HeaderValue header) {
        return header.getRawValue().isEmpty()
                ? header.getValue()
                : header.getRawValue().toStringUtf8();
    }

    private static long parseLength(String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
