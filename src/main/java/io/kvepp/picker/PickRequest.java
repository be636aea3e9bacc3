package io.kvepp.picker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One HTTP request, as much of it as the gateway shows.
///
/// - `requestId`: the client's or gateway's `x-request-id`, minted when absent
/// - `method`, `path`: pseudo headers; empty when the gateway sends none. `path` may carry a query
/// - `headers`: ordinary headers, names in lower case, in order, pseudo headers left out
/// - `body`: the whole request body; empty for a request without one. Not copied, must not be
///   changed
/// - `bodyUnseen`: there is a body that is not shown before the decision; `body` is empty then
/// - `subset`: where the gateway lets the request go; null when it says nothing
/// - `pool`: the pool whose gateway asks; null when it asks for none
/// - `priority`: of the request's objective, above all others it may ask for; usually 0. A request
///   of negative priority is refused where others wait
///
/// Immutable.
public record PickRequest(
        String requestId,
        String method,
        String path,
        List<HttpHeader> headers,
        byte[] body,
        boolean bodyUnseen,
        @Nullable EndpointSubset subset,
        @Nullable String pool,
        int priority) {
    public PickRequest {
        headers = List.copyOf(headers);
    }

    /// A request that is shown whole and may go anywhere.
    public PickRequest(String requestId, String method, String path, List<HttpHeader> headers, byte[] body) {
        this(requestId, method, path, headers, body, false, null);
    }

    /// A request of a gateway that asks for no pool.
    public PickRequest(
            String requestId,
            String method,
            String path,
            List<HttpHeader> headers,
            byte[] body,
            boolean bodyUnseen,
            @Nullable EndpointSubset subset) {
        this(requestId, method, path, headers, body, bodyUnseen, subset, null, 0);
    }

    /// The same request, asked for this pool.
    public PickRequest inPool(String asking) {
        return new PickRequest(requestId, method, path, headers, body, bodyUnseen, subset, asking, priority);
    }

    /// The same request with this priority.
    public PickRequest withPriority(int objective) {
        return objective == priority
                ? this
                : new PickRequest(requestId, method, path, headers, body, bodyUnseen, subset, pool, objective);
    }

    /// The same request with another body.
    public PickRequest withBody(byte[] other) {
        return new PickRequest(requestId, method, path, headers, other, bodyUnseen, subset, pool, priority);
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
