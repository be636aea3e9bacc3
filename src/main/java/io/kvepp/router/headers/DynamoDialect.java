package io.kvepp.router.headers;

import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The headers that a Dynamo frontend in Direct mode obeys.
///
/// Ids and ranks are unsigned decimals. Both ranks are always sent with their worker, so that no
/// value in the body's `nvext` can win: the frontend lets headers beat the body field by field.
///
/// Source: Dynamo `lib/llm/protocols/common/extensions`; observed with 1.6.1.
///
/// Immutable, thread-safe.
public final class DynamoDialect implements HeaderDialect {
    static final String WORKER = "x-dynamo-worker-instance-id";
    static final String WORKER_RANK = "x-dynamo-dp-rank";
    static final String PREFILL = "x-dynamo-prefill-instance-id";
    static final String PREFILL_RANK = "x-dynamo-prefill-dp-rank";

    /// What a client must not say itself: the canonical names, their aliases, and the routing mode.
    private static final Set<String> RESERVED = Stream.of(
                    DynamoPins.WORKER,
                    DynamoPins.WORKER_RANK,
                    DynamoPins.PREFILL,
                    DynamoPins.PREFILL_RANK,
                    List.of("x-dynamo-routing-mode"))
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableSet());

    /// Everything the Endpoint Picker protocol says with a header.
    private static final String DESTINATION_PREFIX = "x-gateway-destination-endpoint";

    @Override
    public HeaderEdit route(PickRequest request, WorkerWithDpRank decode, @Nullable WorkerWithDpRank prefill) {
        List<HttpHeader> set = new ArrayList<>(4);
        set.add(new HttpHeader(WORKER, Long.toUnsignedString(decode.workerId())));
        set.add(new HttpHeader(WORKER_RANK, Integer.toString(decode.dpRank())));
        if (prefill != null) {
            set.add(new HttpHeader(PREFILL, Long.toUnsignedString(prefill.workerId())));
            set.add(new HttpHeader(PREFILL_RANK, Integer.toString(prefill.dpRank())));
        }
        return new HeaderEdit(set, reservedIn(request));
    }

    @Override
    public HeaderEdit strip(PickRequest request) {
        return new HeaderEdit(List.of(), reservedIn(request));
    }

    @Override
    public PinHeaders pins(PickRequest request) {
        return DynamoPins.of(request);
    }

    @Override
    public @Nullable String session(PickRequest request) {
        return SessionHeaders.of(request);
    }

    private static List<String> reservedIn(PickRequest request) {
        Set<String> found = new LinkedHashSet<>();
        for (HttpHeader header : request.headers()) {
            if (RESERVED.contains(header.name()) || header.name().startsWith(DESTINATION_PREFIX)) {
                found.add(header.name());
            }
        }
        return List.copyOf(found);
    }
}
