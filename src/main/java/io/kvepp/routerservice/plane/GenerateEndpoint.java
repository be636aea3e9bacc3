package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.requestplane.EndpointRequest;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.Selected;
import io.kvepp.worker.WorkerWithDpRank;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// `generate`: sends a request to the worker that is best for it, by way of a prefill worker where
/// there are such, and passes the answer on.
///
/// A request that only asks where it would go is answered with that; nothing is sent or booked.
///
/// Source: Dynamo 1.6.1 `dynamo.router` and `lib/llm/src/kv_router/prefill_router`.
///
/// Thread-safe.
final class GenerateEndpoint {
    private final GenerateParts parts;

    GenerateEndpoint(GenerateParts parts) {
        this.parts = parts;
    }

    void generate(EndpointRequest request, EndpointAnswer answer) throws EndpointException, IOException {
        try {
            GenerateRequest read = GenerateRequest.read(Codecs.payload(request));
            if (read.queryOnly()) {
                answer.send(Codecs.encoded(request.codec(), whereTo(read)));
            } else {
                new GenerateRun(parts, request, read, answer).run();
            }
        } catch (MalformedMessageException e) {
            throw Codecs.malformed(e);
        }
    }

    private byte[] whereTo(GenerateRequest request) throws EndpointException {
        Fleet fleet = parts.fleet().get();
        if (fleet.first() == null) {
            throw nobody(fleet);
        }
        @Nullable PoolKey prefillPool = fleet.prefillPool();
        GenerateRequest.Pins pins = request.pins();
        @Nullable
        WorkerWithDpRank prefill =
                prefillPool == null ? null : chosen(request, prefillPool, pins.prefill(), pins.prefillRank());
        WorkerWithDpRank decode = chosen(request, fleet.pool(), pins.decode(), pins.decodeRank());
        MsgpackWriter writer = new MsgpackWriter().map(2);
        writer.string("token_ids").array(0).string("routing_data").map(2).string("worker_id");
        writer.map(prefill == null ? 2 : 4);
        if (prefill != null) {
            writer.string("prefill_worker_id").unsigned(prefill.workerId());
            writer.string("prefill_dp_rank").unsigned(prefill.dpRank());
        }
        writer.string("decode_worker_id").unsigned(decode.workerId());
        writer.string("decode_dp_rank").unsigned(decode.dpRank());
        return writer.string("token_ids")
                .raw(Fields.ofTokenIds(request.tokenIds()))
                .toBytes();
    }

    private WorkerWithDpRank chosen(GenerateRequest request, PoolKey pool, @Nullable Long worker, @Nullable Long rank)
            throws EndpointException {
        Selected selected =
                Selections.given(parts.service().select(request.selection(pool, request.constraints(), worker, rank)));
        return selected.chosen().worker();
    }

    static EndpointException nobody(Fleet fleet) {
        return new EndpointException(
                ErrorType.UNAVAILABLE,
                "endpoint: " + fleet.endpoint() + ": no worker serves it now (expected: at least one)");
    }
}
