package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.requestplane.OutgoingRequest;
import io.kvepp.requestplane.RequestPlaneClient;
import io.kvepp.requestplane.RequestPlaneException;
import io.kvepp.requestplane.RequestTarget;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.worker.RequestAddress;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Sends requests to workers where discovery says they take them.
///
/// Thread-safe.
final class WorkerCalls {
    private final RequestPlaneClient client;
    private final Supplier<Fleet> fleet;
    private final Duration silenceMax;

    WorkerCalls(RequestPlaneClient client, Supplier<Fleet> fleet, Duration silenceMax) {
        this.client = client;
        this.fleet = fleet;
        this.silenceMax = silenceMax;
    }

    /// Sends `body` and waits until the worker begins to answer.
    WorkerStream open(WorkerWithDpRank worker, String id, HopBody body, Map<String, String> metadata)
            throws HopFailure {
        @Nullable RequestAddress address = fleet.get().addressOf(worker.workerId());
        if (address == null) {
            throw new HopFailure(
                    worker, ErrorType.CANNOT_CONNECT, HopFailure.Progress.NOT_TAKEN, "gone, or not served over TCP");
        }
        PayloadCodec codec = switch (address.codec()) {
            case MSGPACK -> PayloadCodec.MSGPACK;
            case JSON -> PayloadCodec.JSON;
        };
        try {
            OutgoingRequest request = new OutgoingRequest(id, body.encoded(codec), metadata, silenceMax);
            return new WorkerStream(worker, codec, client.open(new RequestTarget(address.transport(), codec), request));
        } catch (RequestPlaneException e) {
            throw HopFailure.of(worker, e);
        } catch (MalformedMessageException e) {
            throw new HopFailure(
                    worker, ErrorType.INVALID_ARGUMENT, HopFailure.Progress.REFUSED, "request: " + e.getMessage());
        }
    }
}
