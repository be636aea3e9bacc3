package io.kvepp.router.headers;

import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.PickRequest;
import io.kvepp.worker.WorkerWithDpRank;
import org.jspecify.annotations.Nullable;

/// Writes a decision into the request's headers, in the words of one kind of upstream.
///
/// Thread-safe.
public interface HeaderDialect {
    /// The edit for a request that runs on `decode` (the aggregated or decode worker), with its
    /// prompt computed on `prefill` if that is not null. Every routing header a client sent is
    /// overwritten or removed.
    HeaderEdit route(PickRequest request, WorkerWithDpRank decode, @Nullable WorkerWithDpRank prefill);

    /// The edit for a request that no worker is chosen for: routing headers a client sent are
    /// removed.
    HeaderEdit strip(PickRequest request);

    /// The workers that the client itself names.
    PinHeaders pins(PickRequest request);

    /// The session that the client says the request belongs to, null when it says nothing.
    @Nullable
    String session(PickRequest request);
}
