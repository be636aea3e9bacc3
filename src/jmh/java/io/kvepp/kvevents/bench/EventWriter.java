package io.kvepp.kvevents.bench;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.msgpack.MsgpackWriter;
import java.nio.ByteBuffer;

/// Writes one change as Dynamo's publishers and as vLLM do. Block hashes are the sequence hashes.
///
/// *Confined* to the maker.
final class EventWriter {
    private final BlockHashes hashes;
    private final int[] ids;
    private final RankCache.Piece piece;

    EventWriter(BlockHashes hashes, int[] ids, RankCache.Piece piece) {
        this.hashes = hashes;
        this.ids = ids;
        this.piece = piece;
    }

    /// The last frame of a message of the event plane.
    static byte[] frame(long publisherId, long sequence, byte[] payload) {
        byte[] envelope = new MsgpackWriter()
                .map(5)
                .string("publisher_id")
                .unsigned(publisherId)
                .string("sequence")
                .unsigned(sequence)
                .string("published_at")
                .unsigned(1)
                .string("topic")
                .string("kv-events")
                .string("payload")
                .binary(payload)
                .toBytes();
        return ByteBuffer.allocate(5 + envelope.length)
                .put((byte) 1)
                .putInt(envelope.length)
                .put(envelope)
                .array();
    }

    /// As an event of Dynamo's event plane.
    void writeTo(MsgpackWriter out, long workerId, long eventId) {
        out.map(4)
                .string("worker_id")
                .unsigned(workerId)
                .string("storage_tier")
                .string("device")
                .string("residency_domain")
                .string("worker")
                .string("event")
                .map(3)
                .string("event_id")
                .unsigned(eventId)
                .string("data")
                .map(1);
        if (piece.stored()) {
            out.string("stored").map(3).string("parent_hash");
            parent(out);
            out.string("start_position").nil().string("blocks").array(piece.to() - piece.from());
            for (int block = piece.from(); block < piece.to(); block++) {
                out.map(3)
                        .string("block_hash")
                        .unsigned(hashes.sequence()[block])
                        .string("tokens_hash")
                        .unsigned(hashes.local()[block])
                        .string("mm_extra_info")
                        .nil();
            }
        } else {
            out.string("removed").map(1).string("block_hashes");
            removed(out);
        }
        out.string("dp_rank").unsigned(0);
    }

    /// As an event of vLLM, in array form.
    void writeTo(MsgpackWriter out) {
        if (!piece.stored()) {
            removed(out.array(3).string("BlockRemoved"));
            out.string("GPU");
            return;
        }
        out.array(10).string("BlockStored").array(piece.to() - piece.from());
        for (int block = piece.from(); block < piece.to(); block++) {
            out.unsigned(hashes.sequence()[block]);
        }
        parent(out);
        out.array((piece.to() - piece.from()) * EventsMaker.TOKENS_A_BLOCK);
        for (int i = piece.from() * EventsMaker.TOKENS_A_BLOCK; i < piece.to() * EventsMaker.TOKENS_A_BLOCK; i++) {
            out.unsigned(ids[i]);
        }
        out.unsigned(EventsMaker.TOKENS_A_BLOCK).nil().string("GPU").nil().nil().unsigned(0);
    }

    private void parent(MsgpackWriter out) {
        if (piece.from() == 0) {
            out.nil();
        } else {
            out.unsigned(hashes.sequence()[piece.from() - 1]);
        }
    }

    /// Leaves first.
    private void removed(MsgpackWriter out) {
        out.array(piece.to() - piece.from());
        for (int block = piece.to() - 1; block >= piece.from(); block--) {
            out.unsigned(hashes.sequence()[block]);
        }
    }
}
