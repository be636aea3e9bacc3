package io.kvepp.kvcache;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Pieces of prompts, bounded in bytes.
///
/// Thread-safe.
final class PieceStore {
    /*
     * Two generations of half the limit each: when the young one is full it becomes the old one, whose
     * pieces are forgotten unless they were asked for in the meantime.
     */
    private static final int PIECE_OVERHEAD_BYTES = 192;

    /// What stands before the first piece of a prompt.
    static final long BEGINNING = 0;

    private final long generationBytesMax;
    private final AtomicLong lastId = new AtomicLong(BEGINNING);
    private volatile Generation young = new Generation();
    private volatile Generation old = new Generation();

    /// Some blocks of a prompt with their hashes.
    ///
    /// - `id`: no other piece ever has it
    /// - `before`: the id of the piece it follows, or [#BEGINNING]
    /// - `tokenIds`: all that the hashes were made of
    ///
    /// Immutable; the arrays must not be changed.
    record Piece(BlockHasher.Cut cut, long id, long before, int[] tokenIds, long[] local, long[] sequence) {
        private long bytes() {
            return PIECE_OVERHEAD_BYTES
                    + (long) Integer.BYTES * tokenIds.length
                    + (long) Long.BYTES * (local.length + sequence.length);
        }
    }

    private static final class Generation {
        final Map<Long, Piece> pieces = new ConcurrentHashMap<>();
        final AtomicLong bytes = new AtomicLong();
    }

    PieceStore(long bytesMax) {
        generationBytesMax = bytesMax / 2;
    }

    /// The piece under this key that is cut so and follows this one, or null.
    @Nullable
    Piece find(long key, BlockHasher.Cut cut, long before) {
        @Nullable Piece piece = young.pieces.get(key);
        boolean isOld = piece == null;
        if (isOld) {
            piece = old.pieces.get(key);
        }
        if (piece == null || piece.before() != before || !piece.cut().equals(cut)) {
            return null;
        }
        if (isOld) {
            put(key, piece);
        }
        return piece;
    }

    void put(long key, Piece piece) {
        long bytes = piece.bytes();
        if (bytes > generationBytesMax) {
            return;
        }
        Generation generation = young;
        if (generation.bytes.get() + bytes > generationBytesMax) {
            generation = next(generation);
        }
        @Nullable Piece replaced = generation.pieces.put(key, piece);
        generation.bytes.addAndGet(replaced == null ? bytes : bytes - replaced.bytes());
    }

    long nextId() {
        return lastId.incrementAndGet();
    }

    /// An upper bound of what the pieces take.
    long bytes() {
        return young.bytes.get() + old.bytes.get();
    }

    private synchronized Generation next(Generation full) {
        if (young == full) {
            old = full;
            young = new Generation();
        }
        return young;
    }
}
