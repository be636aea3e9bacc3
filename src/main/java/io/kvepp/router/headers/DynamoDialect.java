package io.kvepp.router.headers;

import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.List;
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

    @Override
    public HeaderEdit route(PickRequest request, WorkerWithDpRank decode, @Nullable WorkerWithDpRank prefill) {
        List<HttpHeader> set = new ArrayList<>(4);
        set.add(new HttpHeader(WORKER, Long.toUnsignedString(decode.workerId())));
        set.add(new HttpHeader(WORKER_RANK, Integer.toString(decode.dpRank())));
        if (prefill != null) {
            set.add(new HttpHeader(PREFILL, Long.toUnsignedString(prefill.workerId())));
            set.add(new HttpHeader(PREFILL_RANK, Integer.toString(prefill.dpRank())));
        }
        return new HeaderEdit(set, ControlHeaders.in(request));
    }

    @Override
    public HeaderEdit strip(PickRequest request) {
        return new HeaderEdit(List.of(), ControlHeaders.in(request));
    }

    @Override
    public PinHeaders pins(PickRequest request) {
        return DynamoPins.of(request);
    }

    @Override
    public @Nullable String session(PickRequest request) {
        return SessionHeaders.of(request);
    }
}
