package io.kvepp.preprocess.tokenizer;

/// Writes the ids of pieces of UTF-8 to a buffer.
///
/// Confined: one thread at a time. The model may be shared.
final class WordEncoder implements PieceFinder.Sink {
    /*
     * Nearly every piece is short and found in the cache, where its hash points to: that path is the loop of [#pieces] and
     * nothing else. What is rare is in methods of its own, so that compiling them anew does not touch the loop.
     *
     *   short piece: cache by key -> table of tokens -> cache by bytes -> cut or merge
     *   long piece:  tokens by bytes                 -> cache by bytes -> cut or merge
     *
     * The tables of tokens are shared by all threads and never change; the cache is this encoder's own.
     */
    private static final int SYMBOLS_INITIAL = 128;
    private static final int FIRST_NOT_ASCII = 0x80;
    private static final int KEPT_SYMBOLS_MAX = 1 << 16;

    private final BytePairModel model;
    private final TokenBuffer out;
    private final PieceCache cache = new PieceCache();
    private final MergeEngine engine;
    private int[] symbols = new int[SYMBOLS_INITIAL];
    private long pieces;
    private long misses;

    WordEncoder(BytePairModel model, TokenBuffer out) {
        this.model = model;
        this.out = out;
        engine = new MergeEngine(model.merges());
    }

    /// Pieces since this was last asked.
    long takePieces() {
        long taken = pieces;
        pieces = 0;
        return taken;
    }

    /// Pieces, and cut parts of pieces, that were not in the cache, since this was last asked.
    long takeMisses() {
        long taken = misses;
        misses = 0;
        return taken;
    }

    /// `text` has [WordKey#SPARE_BYTES] behind the last piece.
    @Override
    public void pieces(byte[] text, int start, int[] ends, int count) {
        if (count == 0) {
            return;
        }
        int[] ids = out.reserve(ends[count - 1] - start + PieceCache.IDS_MAX);
        int at = out.size();
        long[] entries = cache.entries;
        int from = start;
        for (int i = 0; i < count; i++) {
            int end = ends[i];
            int length = end - from;
            if (length <= WordKey.BYTES_MAX) {
                long low = WordKey.low(text, from, length);
                long high = WordKey.high(text, from, length);
                long hash = WordKey.hash(low, high);
                int entry = PieceCache.entry(hash);
                if (entries[entry] == low && entries[entry + 1] == high) {
                    long two = entries[entry + 2];
                    long third = entries[entry + 3];
                    ids[at] = (int) two;
                    ids[at + 1] = (int) (two >>> 32);
                    ids[at + 2] = (int) third;
                    at += (int) (third >>> 32);
                } else {
                    at = shorter(text, from, length, at, true);
                }
            } else {
                at = longer(text, from, length, at, true);
            }
            from = end;
        }
        out.size(at);
        pieces += count;
    }

    /// A piece with a key that is not in the cache.
    private int shorter(byte[] text, int from, int length, int start, boolean whole) {
        misses++;
        int[] ids = out.reserve(0);
        long low = WordKey.low(text, from, length);
        long high = WordKey.high(text, from, length);
        long hash = WordKey.hash(low, high);
        WordTable table = model.wholePieces().words();
        int id = table.find(low, high, table.slot(hash));
        if (id == WordTable.NONE && whole) {
            id = unmerged(text, from, length);
            if (id != WordTable.NONE) {
                ids[start] = id; // never a part of a piece, and the cache has parts as well
                return start + 1;
            }
        }
        if (id != WordTable.NONE) {
            ids[start] = id;
            cache.put(low, high, hash, ids, start, 1);
            return start + 1;
        }
        int end = notOne(text, from, length, start, whole);
        if (end - start <= PieceCache.KEYED_IDS_MAX) {
            cache.put(low, high, hash, ids, start, end - start);
        }
        return end;
    }

    /// A piece without key.
    private int longer(byte[] text, int from, int length, int at, boolean whole) {
        misses++;
        long hash = Mix.bytes(text, from, length);
        int id = model.wholePieces().longer().get(text, from, length, hash);
        if (id == Vocabulary.NONE && whole) {
            id = unmerged(text, from, length);
        }
        if (id == Vocabulary.NONE) {
            return notOne(text, from, length, at, whole);
        }
        out.reserve(0)[at] = id;
        return at + 1;
    }

    /// A piece that is no token. Long ones in writing without spaces hardly ever come again.
    private int notOne(byte[] text, int from, int length, int at, boolean whole) {
        if (whole && length > WordKey.BYTES_MAX && text[from] < 0) {
            return cutOrMerge(text, from, length, at);
        }
        int[] ids = out.reserve(0);
        long hash = Mix.bytes(text, from, length);
        int known = cache.get(text, from, length, hash, ids, at);
        if (known > 0) {
            return at + known;
        }
        int end = whole && !isAscii(text, from, length)
                ? cutOrMerge(text, from, length, at)
                : merge(text, from, length, at);
        if (length > WordKey.BYTES_MAX || end - at > PieceCache.KEYED_IDS_MAX) {
            cache.put(text, from, length, hash, ids, at, end - at);
        }
        return end;
    }

    private int unmerged(byte[] text, int from, int length) {
        Vocabulary unmerged = model.wholePieces().unmerged();
        return unmerged == null ? Vocabulary.NONE : unmerged.get(text, from, length, Mix.bytes(text, from, length));
    }

    /// Cuts where that cannot change a token, and merges what cannot be cut.
    private int cutOrMerge(byte[] text, int from, int length, int start) {
        int end = from + length;
        int at = start;
        int done = from;
        int before = Utf8.codePoint(text, from);
        for (int i = from + Utf8.length(text[from]); i < end; i += Utf8.length(text[i])) {
            int behind = Utf8.codePoint(text, i);
            if ((before | behind) >= FIRST_NOT_ASCII && model.cuts().isCut(text, i, before, behind)) {
                at = part(text, done, i - done, at);
                done = i;
            }
            before = behind;
        }
        return done == from ? merge(text, from, length, at) : part(text, done, end - done, at);
    }

    private static boolean isAscii(byte[] text, int from, int length) {
        int all = 0;
        for (int i = from; i < from + length; i++) {
            all |= text[i];
        }
        return all >= 0;
    }

    private int part(byte[] text, int from, int length, int at) {
        return length > WordKey.BYTES_MAX ? longer(text, from, length, at, false) : cached(text, from, length, at);
    }

    private int cached(byte[] text, int from, int length, int at) {
        long low = WordKey.low(text, from, length);
        long high = WordKey.high(text, from, length);
        int entry = PieceCache.entry(WordKey.hash(low, high));
        long[] entries = cache.entries;
        if (entries[entry] != low || entries[entry + 1] != high) {
            return shorter(text, from, length, at, false);
        }
        int[] ids = out.reserve(0);
        long two = entries[entry + 2];
        long third = entries[entry + 3];
        ids[at] = (int) two;
        ids[at + 1] = (int) (two >>> 32);
        ids[at + 2] = (int) third;
        return at + (int) (third >>> 32);
    }

    private int merge(byte[] text, int from, int length, int at) {
        if (symbols.length < length || symbols.length > KEPT_SYMBOLS_MAX) {
            symbols = new int[Math.max(SYMBOLS_INITIAL, length)];
        }
        int count = model.merge(engine, text, from, length, symbols);
        System.arraycopy(symbols, 0, out.reserve(0), at, count);
        return at + count;
    }
}
