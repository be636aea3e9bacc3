package io.kvepp.kvcache;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Pieces of prompts, bounded in bytes.
///
/// Thread-safe.
final class PieceStore {
    /*
     * Pieces are written one behind the other into slabs, and the slab that was begun first is forgotten with all that
     * is in it; what is asked for in the older half of the slabs is written again. So the garbage collector sees a few
     * large arrays, which it drops without looking for them, in place of many small ones that grow old before they die.
     * What was written is never written over: a piece stays whole for whoever has taken its slab's content. A slab lets
     * its content go when it is forgotten, since a dead slab that has grown old would keep it until the next marking.
     */
    private static final int PIECE_OVERHEAD_BYTES = 192;

    /// With its header, a megabyte: a region of the collector's.
    private static final int SLAB_INTS = (1 << 18) - 16;

    private static final int SLABS_MIN = 8;
    private static final int INTS_PER_BLOCK = 2 * (Long.BYTES / Integer.BYTES); // its two hashes

    /// What stands before the first piece of a prompt.
    static final long BEGINNING = 0;

    private final long bytesMax;
    private final int slabInts;
    private final AtomicLong lastId = new AtomicLong(BEGINNING);
    private final Map<Long, Piece> pieces = new ConcurrentHashMap<>();
    private final Deque<Slab> slabs = new ArrayDeque<>(); // guarded by this
    private long numbers; // guarded by this
    private long bytes; // guarded by this
    private volatile long oldBefore;

    private static final class Slab {
        private static final int KEYS_INITIAL = 64;

        private final long number;
        private final int capacity;
        private int @Nullable [] ints; // read without the lock
        private int used;
        private long[] keys = new long[KEYS_INITIAL];
        private int count;

        Slab(long number, int[] ints) {
            this.number = number;
            capacity = ints.length;
            this.ints = ints;
        }

        private int[] held() {
            return Objects.requireNonNull(ints);
        }

        void add(long key) {
            if (count == keys.length) {
                keys = Arrays.copyOf(keys, 2 * count);
            }
            keys[count++] = key;
        }

        long bytes() {
            return (long) Integer.BYTES * capacity + (long) PIECE_OVERHEAD_BYTES * count;
        }
    }

    private record Place(Slab slab, int[] content, int at) {}

    /// Some blocks of a prompt with their hashes, kept from `at` of the slab on: the token ids that
    /// they were made of, then the two hashes of each block.
    ///
    /// - `id`: no other piece ever has it
    /// - `before`: the id of the piece it follows, or [#BEGINNING]
    ///
    /// Immutable.
    record Piece(BlockHasher.Cut cut, long id, long before, Slab slab, int at, int tokens, int blocks) {
        private int ints() {
            return tokens + INTS_PER_BLOCK * blocks;
        }

        private Piece in(Slab other, int place) {
            return new Piece(cut, id, before, other, place, tokens, blocks);
        }

        /// Where it is kept, for the other methods; null when it was forgotten meanwhile.
        int @Nullable [] content() {
            return slab.ints;
        }

        /// How many of its tokens `tokenIds` goes on with at `from`.
        int same(int[] content, int[] tokenIds, int from) {
            int length = Math.min(tokens, tokenIds.length - from);
            int different = Arrays.mismatch(content, at, at + length, tokenIds, from, from + length);
            return different < 0 ? length : different;
        }

        /// Copies the hashes of its first blocks to `hashes`, from block `first` on.
        void copyHashes(int[] content, int count, BlockHashes hashes, int first) {
            int from = at + tokens;
            for (int i = 0; i < count; i++, from += INTS_PER_BLOCK) {
                hashes.local()[first + i] = pair(content, from);
                hashes.sequence()[first + i] = pair(content, from + 2);
            }
        }

        private static long pair(int[] content, int index) {
            return content[index] & 0xFFFF_FFFFL | (long) content[index + 1] << Integer.SIZE;
        }

        private void write(int[] content, Prompt prompt, int first) {
            System.arraycopy(prompt.tokenIds(), prompt.firstToken(first), content, at, tokens);
            BlockHashes hashes = prompt.hashes();
            int to = at + tokens;
            for (int i = 0; i < blocks; i++, to += INTS_PER_BLOCK) {
                writePair(content, to, hashes.local()[first + i]);
                writePair(content, to + 2, hashes.sequence()[first + i]);
            }
        }

        private static void writePair(int[] content, int index, long pair) {
            content[index] = (int) pair;
            content[index + 1] = (int) (pair >>> Integer.SIZE);
        }
    }

    /// A prompt and its hashes as far as they are known.
    record Prompt(BlockHasher.Cut cut, int[] tokenIds, BlockHashes hashes) {
        int firstToken(int block) {
            return block * cut.blockSizeTokens();
        }

        /// What so many blocks are made of.
        int tokens(int blocks) {
            return (blocks - 1) * cut.blockSizeTokens() + cut.windowTokens();
        }
    }

    PieceStore(long bytesMax) {
        this.bytesMax = bytesMax;
        slabInts = (int) Math.min(SLAB_INTS, bytesMax / SLABS_MIN / Integer.BYTES);
    }

    /// The piece under this key that is cut so and follows this one, or null.
    @Nullable
    Piece find(long key, BlockHasher.Cut cut, long before) {
        @Nullable Piece piece = pieces.get(key);
        if (piece == null || piece.before() != before || !piece.cut().equals(cut)) {
            return null;
        }
        if (piece.slab().number < oldBefore) {
            keepAgain(key, piece);
        }
        return piece;
    }

    /// Keeps `blocks` of the prompt's blocks from `first` on, and returns the id of the new piece.
    long put(long key, Prompt prompt, long before, int first, int blocks) {
        long id = lastId.incrementAndGet();
        int ints = prompt.tokens(blocks) + INTS_PER_BLOCK * blocks;
        if ((long) Integer.BYTES * ints + PIECE_OVERHEAD_BYTES <= bytesMax / 2) {
            Place place = place(ints);
            Piece piece = new Piece(prompt.cut(), id, before, place.slab(), place.at(), prompt.tokens(blocks), blocks);
            piece.write(place.content(), prompt, first);
            keep(key, piece);
        }
        return id;
    }

    private void keepAgain(long key, Piece piece) {
        int @Nullable [] content = piece.content();
        if (content != null) {
            Place place = place(piece.ints());
            Piece copy = piece.in(place.slab(), place.at());
            System.arraycopy(content, piece.at(), place.content(), copy.at(), piece.ints());
            keep(key, copy);
        }
    }

    /// Room that is nobody else's, to be written without the lock.
    private Place place(int ints) {
        @Nullable Place place = placeInLast(ints);
        return place == null ? placeIn(new int[Math.max(slabInts, ints)], ints) : place;
    }

    private synchronized @Nullable Place placeInLast(int ints) {
        @Nullable Slab slab = slabs.peekLast();
        if (slab == null || slab.capacity - slab.used < ints) {
            return null;
        }
        Place place = new Place(slab, slab.held(), slab.used);
        slab.used += ints;
        return place;
    }

    private synchronized Place placeIn(int[] content, int ints) {
        Slab slab = new Slab(numbers++, content);
        slab.used = ints;
        slabs.addLast(slab);
        bytes += slab.bytes();
        return new Place(slab, content, 0);
    }

    /// The piece is written, in a slab that may be forgotten meanwhile.
    private synchronized void keep(long key, Piece piece) {
        if (piece.content() == null) {
            return;
        }
        piece.slab().add(key);
        bytes += PIECE_OVERHEAD_BYTES;
        pieces.put(key, piece);
        while (bytes > bytesMax) {
            Slab oldest = slabs.removeFirst();
            bytes -= oldest.bytes();
            for (int i = 0; i < oldest.count; i++) {
                pieces.computeIfPresent(oldest.keys[i], (_, kept) -> kept.slab() == oldest ? null : kept);
            }
            oldest.ints = null;
        }
        oldBefore = numbers - slabs.size() / 2;
    }

    /// An upper bound of what the pieces take.
    synchronized long bytes() {
        return bytes;
    }
}
