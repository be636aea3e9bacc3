package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What a worker is sent of a request: all of it, changed where the hop wants it.
///
/// Confined.
final class HopBody {
    private static final String BYPASS = "x-bypass-remote-prefill";

    private final Fields body;
    private @Nullable Meeting meeting;

    HopBody(Fields body) {
        this.body = body.copy();
    }

    /// For the prefill worker: one token, and its own rank in both places where workers look for it.
    HopBody forPrefill(WorkerWithDpRank worker) throws MalformedMessageException {
        limit(1);
        return prefilledBy(worker).forWorker(worker);
    }

    /// The worker that computes the prompt, whoever was asked for.
    HopBody prefilledBy(WorkerWithDpRank worker) throws MalformedMessageException {
        Fields routing = routing();
        routing.putUnsigned("prefill_worker_id", worker.workerId());
        routing.putUnsigned("prefill_dp_rank", worker.dpRank());
        body.put("routing", routing.toBytes());
        return this;
    }

    HopBody forWorker(WorkerWithDpRank worker) throws MalformedMessageException {
        Fields routing = routing();
        routing.putUnsigned("backend_instance_id", worker.workerId());
        routing.putUnsigned("dp_rank", worker.dpRank());
        body.put("routing", routing.toBytes());
        body.remove("dp_rank");
        return this;
    }

    /// `result` is what the prefill worker said of its KV cache.
    HopBody withPrefillResult(byte[] result) {
        body.put("prefill_result", result);
        return this;
    }

    HopBody meetingAt(Meeting where) {
        meeting = where;
        return this;
    }

    /// Tells a decode worker to compute the prompt itself.
    HopBody withoutPrefillWorker() throws MalformedMessageException {
        var annotations = body.texts("annotations");
        MsgpackWriter writer = new MsgpackWriter().array(annotations.size() + 1);
        annotations.forEach(writer::string);
        body.put("annotations", writer.string(BYPASS).toBytes());
        return this;
    }

    /// Goes on behind `generated`, which count against what may be generated in all.
    HopBody carrying(int[] prompt, int[] generated, @Nullable Long outputTokensMax) throws MalformedMessageException {
        if (generated.length > 0) {
            int[] all = Arrays.copyOf(prompt, prompt.length + generated.length);
            System.arraycopy(generated, 0, all, prompt.length, generated.length);
            body.put("token_ids", Fields.ofTokenIds(all));
            if (outputTokensMax != null) {
                limit(Math.max(1, outputTokensMax - generated.length));
            }
        }
        return this;
    }

    /// As a worker of this codec reads it.
    byte[] encoded(PayloadCodec codec) throws MalformedMessageException {
        if (meeting != null) {
            body.put("bootstrap_info", meeting.toMsgpack(codec));
        }
        return Codecs.fromMsgpack(codec, body.toBytes());
    }

    Fields fields() {
        return body;
    }

    private Fields routing() throws MalformedMessageException {
        @Nullable Fields routing = body.map("routing");
        return routing == null ? Fields.none() : routing;
    }

    private void limit(long tokens) throws MalformedMessageException {
        @Nullable Fields stop = body.map("stop_conditions");
        Fields limited = stop == null ? Fields.none() : stop;
        limited.putUnsigned("max_tokens", tokens);
        body.put("stop_conditions", limited.toBytes());
    }
}
