package io.kvepp.preprocess.tokenizer;

/// Cuts UTF-8 into pieces with [StartRules].
///
/// Confined: one thread at a time.
final class PieceFinder {
    /// Where the pieces go: they follow each other without gaps.
    interface Sink {
        void pieces(byte[] text, int from, int[] ends, int count);
    }

    /*
     * A batch of bytes at a time, so that planes and ends stay in the first-level cache. No split pattern looks back,
     * so a batch may begin with any piece. Its last piece is cut short by the end of the batch and is taken up again
     * by the next one; a batch in which no piece ends is repeated with twice the length.
     */
    private static final int BATCH_BYTES = 4096;
    private static final int KEPT_BYTES_MAX = 1 << 16;
    private static final int WORD_BITS = 6;
    private static final int BITS = 1 << WORD_BITS;

    private final StartRules rules;
    private CharPlanes planes = new CharPlanes(BATCH_BYTES);
    private long[] starts = {};
    private long[] contractions = {};
    private int[] ends = {};
    private int count;
    private long pendingSet;
    private long pendingClear;

    PieceFinder(StartRules rules) {
        this.rules = rules;
        size(BATCH_BYTES);
    }

    private void size(int bytes) {
        planes = new CharPlanes(bytes);
        starts = new long[(bytes >>> WORD_BITS) + 2];
        contractions = new long[(bytes >>> WORD_BITS) + 2];
        ends = new int[bytes + 2 * BITS];
    }

    /// `text` is well-formed from `from` to `end` and has [CharPlanes#SPARE_BYTES] behind.
    void find(byte[] text, int from, int end, Sink sink) {
        int at = from;
        int length = BATCH_BYTES;
        while (at < end) {
            int limit = end - at <= length ? end : startOfChar(text, at + length);
            int behind = batch(text, at, limit, limit == end);
            if (count > 0) {
                sink.pieces(text, at, ends, count);
                at = behind;
                length = BATCH_BYTES;
            } else {
                length = 2 * length;
                size(length);
            }
        }
        if (ends.length > KEPT_BYTES_MAX) {
            size(BATCH_BYTES);
        }
    }

    private static int startOfChar(byte[] text, int at) {
        int i = at;
        while ((text[i] & 0xC0) == 0x80) {
            i--;
        }
        return i;
    }

    /// Finds the pieces that surely end before `limit`, and returns where the last of them ends.
    private int batch(byte[] text, int from, int limit, boolean last) {
        planes.classify(text, from, limit);
        rules.find(planes, starts, contractions);
        count = 0;
        pendingSet = 0;
        pendingClear = 0;
        int sure = last ? planes.chars() : startOfLastSpaces();
        int words = planes.byteWords();
        for (int word = 0; word < words; word++) {
            long chars = window(starts, planes.firstChar(word));
            long leads = planes.leads(word);
            long quotes = window(contractions, planes.firstChar(word));
            int inWord = Long.bitCount(leads);
            if (inWord < BITS) {
                chars &= (1L << inWord) - 1;
                quotes &= (1L << inWord) - 1;
            }
            int surely = sure + 1 - planes.firstChar(word);
            if (surely < BITS) {
                chars = surely <= 0 ? 0 : chars & (1L << surely) - 1;
            }
            add(
                    text,
                    from,
                    word,
                    limit,
                    leads == -1 ? chars : Long.expand(chars, leads),
                    leads == -1 ? quotes : Long.expand(quotes, leads));
        }
        if (count > 0 && ends[0] == from) {
            count--;
            System.arraycopy(ends, 1, ends, 0, count);
        }
        if (last) {
            ends[count++] = limit;
        }
        return count == 0 ? from : ends[count - 1];
    }

    /// Index of the first character of the white space that ends the planes.
    private int startOfLastSpaces() {
        int i = planes.chars();
        while (i > 0 && CharPlanes.is(planes.planes(), i - 1, CharPlanes.SPACES)) {
            i--;
        }
        return i;
    }

    private void add(byte[] text, int from, int word, int limit, long starting, long quotes) {
        long bits = (starting | pendingSet) & ~pendingClear;
        pendingSet = 0;
        pendingClear = 0;
        int base = from + (word << WORD_BITS);
        if (quotes != 0) {
            bits = withContractions(text, base, limit, bits, quotes);
        }
        int[] out = ends;
        int n = count;
        while (bits != 0) {
            out[n++] = base + Long.numberOfTrailingZeros(bits);
            bits &= bits - 1;
        }
        count = n;
    }

    /// Behind a contraction starts a piece, inside none.
    private long withContractions(byte[] text, int base, int limit, long starting, long quotes) {
        long bits = starting;
        for (long rest = quotes; rest != 0; rest &= rest - 1) {
            int bit = Long.numberOfTrailingZeros(rest);
            int length = rules.contraction(text, base + bit, limit);
            if (length > 0) {
                int clear = bit + 1;
                int set = bit + length;
                if (clear < BITS) {
                    bits &= ~(1L << clear);
                } else {
                    pendingClear |= 1L << clear;
                }
                if (base + set < limit) {
                    if (set < BITS) {
                        bits |= 1L << set;
                    } else {
                        pendingSet |= 1L << set;
                    }
                }
            }
        }
        return bits;
    }

    private static long window(long[] bits, int from) {
        int shift = from & (BITS - 1);
        int word = from >>> WORD_BITS;
        return bits[word] >>> shift | bits[word + 1] << 1 << (BITS - 1 - shift);
    }
}
