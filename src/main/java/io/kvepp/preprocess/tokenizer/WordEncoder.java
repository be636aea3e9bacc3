package io.kvepp.preprocess.tokenizer;

/// Writes the ids of pieces of UTF-8 to a buffer.
///
/// Confined: one thread at a time. The model may be shared.
final class WordEncoder implements PieceFinder.Sink {
    /*
     * Nearly every piece is a token, short, and found where its hash points to: that path is the loop of [#pieces] and
     * nothing else. What is rare is in methods of its own, so that compiling them anew does not touch the loop.
     *
     *   short piece: table of tokens -> cache of merged pieces -> cut or merge
     *   long piece:  tokens by bytes -> cache of merged pieces -> cut or merge
     *
     * The table is shared by all threads and never changes; the cache is this encoder's own.
     */
    private static final int SYMBOLS_INITIAL = 128;
    private static final int FIRST_NOT_ASCII = 0x80;
    private static final int KEPT_SYMBOLS_MAX = 1 << 16;

    private final BytePairModel model;
    private final TokenBuffer out;
    private final WordCache cache = new WordCache();
    private final MergeEngine engine;
    private int[] symbols = new int[SYMBOLS_INITIAL];
    private long words;
    private long merged;

    WordEncoder(BytePairModel model, TokenBuffer out) {
        this.model = model;
        this.out = out;
        engine = new MergeEngine(model.merges());
    }

    /// Pieces so far.
    long words() {
        return words;
    }

    /// Pieces, or cut parts of pieces, that had to be merged.
    long merged() {
        return merged;
    }

    /// `text` has [WordKey#SPARE_BYTES] behind the last piece.
    @Override
    public void pieces(byte[] text, int start, int[] ends, int count) {
        if (count == 0) {
            return;
        }
        int[] ids = out.reserve(ends[count - 1] - start + WordCache.IDS_MAX);
        int at = out.size();
        WordTable table = model.wholePieces().words();
        long[] slots = table.slots;
        int shift = table.shift;
        int from = start;
        for (int i = 0; i < count; i++) {
            int end = ends[i];
            int length = end - from;
            if (length <= WordKey.BYTES_MAX) {
                long low = WordKey.low(text, from, length);
                long high = WordKey.high(text, from, length);
                long hash = WordKey.hash(low, high);
                int slot = (int) (hash >>> shift) << 1;
                long second = slots[slot + 1];
                if (slots[slot] == low && (second & ~(long) WordKey.VALUE_MASK) == high) {
                    ids[at++] = (int) second & WordKey.VALUE_MASK;
                } else {
                    at = elsewhere(text, from, length, low, high, hash, at, true);
                }
            } else {
                at = longer(text, from, length, at, true);
            }
            from = end;
        }
        out.size(at);
        words += count;
    }

    /// A short piece that does not stand where its hash points to.
    private int elsewhere(
            byte[] text, int from, int length, long low, long high, long hash, int at, boolean whole) {
        int[] ids = out.reserve(0);
        WordTable table = model.wholePieces().words();
        int id = table.find(low, high, table.slot(hash));
        if (id == WordTable.NONE && whole) {
            id = unmerged(text, from, length);
        }
        if (id != WordTable.NONE) {
            ids[at] = id;
            return at + 1;
        }
        int known = cache.get(low, high, hash, ids, at);
        if (known > 0) {
            return at + known;
        }
        int end = whole ? cutOrMerge(text, from, length, at) : merge(text, from, length, at);
        cache.put(low, high, hash, ids, at, end - at);
        return end;
    }

    /// A piece without key.
    private int longer(byte[] text, int from, int length, int at, boolean whole) {
        int[] ids = out.reserve(0);
        long hash = Mix.bytes(text, from, length);
        int id = model.wholePieces().longer().get(text, from, length, hash);
        if (id == Vocabulary.NONE && whole) {
            id = unmerged(text, from, length);
        }
        if (id != Vocabulary.NONE) {
            ids[at] = id;
            return at + 1;
        }
        int known = cache.getLong(text, from, length, hash, ids, at);
        if (known > 0) {
            return at + known;
        }
        int end = whole ? cutOrMerge(text, from, length, at) : merge(text, from, length, at);
        cache.putLong(text, from, length, hash, ids, at, end - at);
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

    private int part(byte[] text, int from, int length, int at) {
        if (length > WordKey.BYTES_MAX) {
            return longer(text, from, length, at, false);
        }
        long low = WordKey.low(text, from, length);
        long high = WordKey.high(text, from, length);
        return elsewhere(text, from, length, low, high, WordKey.hash(low, high), at, false);
    }

    private int merge(byte[] text, int from, int length, int at) {
        merged++;
        if (symbols.length < length || symbols.length > KEPT_SYMBOLS_MAX) {
            symbols = new int[Math.max(SYMBOLS_INITIAL, length)];
        }
        int count = engine.merge(symbols, model.symbols(text, from, length, symbols));
        System.arraycopy(symbols, 0, out.reserve(0), at, count);
        return at + count;
    }
}
