package io.kvepp.load.signals;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.worker.WorkerWithDpRank;
import org.jspecify.annotations.Nullable;

/// What one message of the topic `forward-pass-metrics` says of one rank: the requests of one step,
/// and those that wait for one.
///
/// - `counterId`: counts the messages of the rank
///
/// Source: Dynamo `components/src/dynamo/common/forward_pass_metrics`, version 1.
///
/// Immutable.
record ForwardPass(WorkerWithDpRank worker, long counterId, Requests scheduled, Requests queued) {
    private static final long VERSION = 1;

    /// Requests whose prompt is computed, with its tokens that are, and requests that generate,
    /// with the tokens that they have in the cache.
    record Requests(int prefills, long prefillTokens, int decodes, long decodeKvTokens) {
        static final Requests NONE = new Requests(0, 0, 0, 0);

        /// All of them; no more than fit.
        int total() {
            return (int) Math.min(Integer.MAX_VALUE, (long) prefills + decodes);
        }
    }

    static ForwardPass decode(byte[] payload) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(payload);
        @Nullable Long workerId = null;
        int dpRank = 0;
        long counterId = 0;
        Requests scheduled = Requests.NONE;
        Requests queued = Requests.NONE;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.string()) {
                case "version" -> checkVersion(reader.bits64());
                case "worker_id" -> workerId = workerId(reader.string());
                case "dp_rank" -> dpRank = reader.nonNegativeInt();
                case "counter_id" -> counterId = reader.bits64();
                case "scheduled_requests" -> scheduled = requests(reader);
                case "queued_requests" -> queued = requests(reader);
                default -> reader.skip();
            }
        }
        if (workerId == null) {
            throw new MalformedMessageException("forward pass: no worker_id (expected: one)");
        }
        return new ForwardPass(new WorkerWithDpRank(workerId, dpRank), counterId, scheduled, queued);
    }

    private static Requests requests(MsgpackReader reader) throws MalformedMessageException {
        int prefills = 0;
        long prefillTokens = 0;
        int decodes = 0;
        long decodeKvTokens = 0;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.string()) {
                case "num_prefill_requests" -> prefills = reader.nonNegativeInt();
                case "sum_prefill_tokens" -> prefillTokens = reader.bits64();
                case "num_decode_requests" -> decodes = reader.nonNegativeInt();
                case "sum_decode_kv_tokens" -> decodeKvTokens = reader.bits64();
                default -> reader.skip();
            }
        }
        return new Requests(prefills, prefillTokens, decodes, decodeKvTokens);
    }

    private static void checkVersion(long version) throws MalformedMessageException {
        if (version != VERSION) {
            throw new MalformedMessageException("forward pass: version " + version + " (expected: " + VERSION + ")");
        }
    }

    private static long workerId(String text) throws MalformedMessageException {
        try {
            return Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            throw new MalformedMessageException("forward pass: worker_id \"" + text + "\" (expected: a number)");
        }
    }
}
