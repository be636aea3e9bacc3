package io.kvepp.kvcache;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Hashes prompts, and of a prompt that begins like an earlier one only what is new.
///
/// Exact: what is taken over belongs to the same token ids after the same beginning, compared one
/// by one. Bounded in bytes; what was not used for longest is forgotten first.
///
/// Thread-safe.
public final class KnownHashes {
    /*
     * A prompt is a chain of pieces of [#PIECE_TOKENS] or one block, the last one shorter. A piece is
     * found by the piece before it and some of its ids, and then compared in full. The last one is
     * found by its first block alone, since what follows in a prompt that grew is not known; prompts
     * that part within a piece take each other's place there.
     */
    private static final int PIECE_TOKENS = 1024;
    private static final int SAMPLES = 16;

    private final PieceStore pieces;
    private final LongAdder blocksHashed = new LongAdder();
    private final LongAdder blocksKnown = new LongAdder();

    /// `bytesMax`: what is kept of prompts takes at most so much memory.
    public KnownHashes(long bytesMax) {
        pieces = new PieceStore(bytesMax);
    }

    /// What `hasher` makes of the prompt.
    public BlockHashes hash(BlockHasher hasher, int[] tokenIds) {
        BlockHasher.Cut cut = hasher.cut();
        int count = cut.blocks(tokenIds.length);
        BlockHashes hashes = new BlockHashes(new long[count], new long[count], cut.blockSizeTokens());
        Walk walk = new Walk(new PieceStore.Prompt(cut, tokenIds, hashes));
        walk.takeOver();
        hasher.hashFrom(walk.known, tokenIds, hashes);
        blocksKnown.add(walk.known);
        blocksHashed.add(count - walk.known);
        if (walk.known < count) {
            walk.keep();
        }
        return hashes;
    }

    /// Blocks whose hashes were computed.
    public long blocksHashed() {
        return blocksHashed.sum();
    }

    /// Blocks whose hashes were known.
    public long blocksKnown() {
        return blocksKnown.sum();
    }

    /// An upper bound of what is kept.
    long bytes() {
        return pieces.bytes();
    }

    /// One prompt, piece by piece.
    private final class Walk {
        private final PieceStore.Prompt prompt;
        private final BlockHashes hashes;
        private final int pieceBlocks;
        private long before = PieceStore.BEGINNING; // the id of the last complete piece
        private int complete;
        private int known;
        private int[] content = {}; // of the piece found last

        Walk(PieceStore.Prompt prompt) {
            this.prompt = prompt;
            hashes = prompt.hashes();
            pieceBlocks = Math.max(1, PIECE_TOKENS / prompt.cut().blockSizeTokens());
        }

        /// Copies what is known of the prompt's beginning.
        void takeOver() {
            for (int left = pieceBlocks; left == pieceBlocks; ) {
                left = Math.min(pieceBlocks, hashes.count() - known);
                PieceStore.@Nullable Piece whole = left == pieceBlocks ? find(key(pieceBlocks)) : null;
                if (whole != null && same(whole) == pieceBlocks) {
                    take(whole, pieceBlocks);
                    before = whole.id();
                    complete = known;
                } else {
                    takeUnfinished(left);
                    return;
                }
            }
        }

        private void takeUnfinished(int left) {
            PieceStore.@Nullable Piece begun = left == 0 ? null : find(key(1));
            if (begun != null) {
                take(begun, Math.min(left, same(begun)));
            }
        }

        /// Remembers what was computed after the last complete piece.
        void keep() {
            for (int left = hashes.count() - complete; left > 0; left = hashes.count() - complete) {
                int blocks = Math.min(pieceBlocks, left);
                known = complete;
                before = pieces.put(key(blocks == pieceBlocks ? blocks : 1), prompt, before, known, blocks);
                complete += blocks;
            }
        }

        private PieceStore.@Nullable Piece find(long key) {
            PieceStore.@Nullable Piece piece = pieces.find(key, prompt.cut(), before);
            int @Nullable [] found = piece == null ? null : piece.content();
            if (found == null) {
                return null;
            }
            content = found;
            return piece;
        }

        private void take(PieceStore.Piece piece, int blocks) {
            piece.copyHashes(content, blocks, hashes, known);
            known += blocks;
        }

        /// How many of the piece's blocks the prompt goes on with.
        private int same(PieceStore.Piece piece) {
            return prompt.cut().blocks(piece.same(content, prompt.tokenIds(), prompt.firstToken(known)));
        }

        /// What a piece of so many blocks is found by.
        private long key(int blocks) {
            int tokens = blocks * prompt.cut().blockSizeTokens();
            int first = prompt.firstToken(known);
            long key = mixed(mixed(31L * prompt.cut().hashCode() + blocks) ^ before);
            for (int i = 0; i < SAMPLES; i++) {
                key = mixed(key ^ prompt.tokenIds()[first + (tokens - 1) * i / (SAMPLES - 1)]);
            }
            return key;
        }

        private static long mixed(long key) {
            long product = key * 0x9E3779B97F4A7C15L;
            return product ^ product >>> 32;
        }
    }
}
