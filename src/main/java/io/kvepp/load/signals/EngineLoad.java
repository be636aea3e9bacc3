package io.kvepp.load.signals;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.worker.WorkerWithDpRank;
import org.jspecify.annotations.Nullable;

/// What one message of the topic `kv_metrics` says of one rank.
///
/// - `usedBlocks`: cache blocks that running requests hold, null when the message does not say
///
/// Source: Dynamo `lib/kv-router/src/protocols`, ActiveLoad.
///
/// Immutable.
record EngineLoad(WorkerWithDpRank worker, @Nullable Long usedBlocks) {
    static EngineLoad decode(byte[] payload) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(payload);
        @Nullable Long workerId = null;
        @Nullable Long usedBlocks = null;
        int dpRank = 0;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.string()) {
                case "worker_id" -> workerId = reader.bits64();
                case "dp_rank" -> dpRank = reader.nonNegativeInt();
                case "kv_used_blocks" -> usedBlocks = reader.tryNil() ? null : (Long) reader.bits64();
                default -> reader.skip();
            }
        }
        if (workerId == null) {
            throw new MalformedMessageException("load: no worker_id (expected: one)");
        }
        return new EngineLoad(new WorkerWithDpRank(workerId, dpRank), usedBlocks);
    }
}
