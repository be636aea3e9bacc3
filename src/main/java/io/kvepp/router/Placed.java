package io.kvepp.router;

import io.kvepp.picker.PickRequest;
import io.kvepp.router.prefill.Placement;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.worker.WorkerWithDpRank;
import org.jspecify.annotations.Nullable;

/// A request and where it was placed.
///
/// - `serving`, `prefill`: the request as each role sees it; the same where one worker has both
///
/// Immutable.
record Placed(
        PickRequest request,
        ModelRoute route,
        PromptReading prompt,
        SchedulingRequest serving,
        SchedulingRequest prefill,
        Placement placement) {
    WorkerWithDpRank decodeWorker() {
        return placement.decode().chosen().worker();
    }

    /// Null when the decode worker computes the prompt itself.
    @Nullable
    WorkerWithDpRank prefillWorker() {
        return placement.prefill() == null ? null : placement.prefill().chosen().worker();
    }

    Decision decision() {
        return new Decision(
                request.requestId(),
                route.workers().model(),
                prompt.promptTokens(),
                prefill.hashes().blockSizeTokens(),
                prompt.loadOnly(),
                placement.decode(),
                placement.prefill());
    }
}
