package io.kvepp.picker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One HTTP request, whole.
///
/// - `requestId`: the client's or gateway's `x-request-id`, minted when absent
/// - `method`, `path`: pseudo headers; empty when the gateway sends none. `path` may carry a query
/// - `headers`: ordinary headers, names in lower case, in order, pseudo headers left out
/// - `body`: the whole request body; empty for a request without one. Not copied, must not be
///   changed
///
/// Immutable.
public record PickRequest(String requestId, String method, String path, List<HttpHeader> headers, byte[] body) {
    public PickRequest {
        headers = List.copyOf(headers);
    }

    /// The last value of a header, or null. `name` in lower case.
    public @Nullable String header(String name) {
        for (int i = headers.size() - 1; i >= 0; i--) {
            if (headers.get(i).name().equals(name)) {
                return headers.get(i).value();
            }
        }
        return null;
    }
}
