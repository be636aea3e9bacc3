package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.scheduling.RoutingConstraints;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// One try to have a request answered.
///
/// - `id`: the caller's, or one of its own where a worker may know the caller's from a try before
/// - `number`: 0 for the first
/// - `generated`: tokens the caller has already
/// - `avoided`: workers that failed before
///
/// Immutable.
record Attempt(
        GenerateRequest request,
        String id,
        Map<String, String> metadata,
        EndpointAnswer answer,
        int number,
        int[] generated,
        Set<Long> avoided) {
    Attempt {
        avoided = Set.copyOf(avoided);
    }

    /// Under what id a hop is booked.
    String bookingId(String hop) {
        return "generate " + id + " " + hop + " " + number;
    }

    /// What a worker is sent, before the hop's own changes.
    HopBody body() throws MalformedMessageException {
        return new HopBody(request.body()).carrying(request.tokenIds(), generated, request.outputTokensMax());
    }

    /// Without the workers of a pool that failed before.
    RoutingConstraints constraints(RoutingConstraints own, Set<Long> pool) {
        if (avoided.isEmpty()) {
            return own;
        }
        Set<Long> left = new HashSet<>(own.allowedWorkerIds() == null ? pool : own.allowedWorkerIds());
        left.removeAll(avoided);
        return new RoutingConstraints(left, own.requiredTaints(), own.preferredTaints());
    }
}
