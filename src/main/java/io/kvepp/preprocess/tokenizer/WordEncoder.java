package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.Nullable;

/// Writes the ids of pieces of UTF-8 to a buffer.
///
/// Confined: one thread at a time. The model may be shared.
final class WordEncoder implements PieceFinder.Sink, CharacterParts.Bytes {
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
    private final WordTable words;
    private final PieceCache cache = new PieceCache();
    private final LongPieceCache longPieces = new LongPieceCache();
    private final MergeEngine engine;
    private final @Nullable CharacterParts characters;
    private int[] symbols = new int[SYMBOLS_INITIAL];
    private int[] found = new int[SYMBOLS_INITIAL];
    private long pieces;
    private long misses;

    WordEncoder(BytePairModel model, TokenBuffer out) {
        this.model = model;
        this.out = out;
        words = model.wholePieces().words();
        engine = new MergeEngine(model.merges());
        characters = model.characters() == null
                ? null
                : new CharacterParts(model.characters(), model.merges(), engine, this);
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
        if (found.length < count) {
            found = new int[count];
        }
        int[] tokens = found;
        words.find(text, start, ends, count, tokens);
        int[] ids = out.reserve(ends[count - 1] - start + PieceCache.IDS_MAX);
        int at = out.size();
        int from = start;
        for (int i = 0; i < count; i++) {
            int id = tokens[i];
            if (id != WordTable.NONE) {
                ids[at++] = id;
            } else {
                at = elsewhere(text, from, ends[i] - from, at);
            }
            from = ends[i];
        }
        out.size(at);
        pieces += count;
        if (found.length > KEPT_SYMBOLS_MAX) {
            found = new int[SYMBOLS_INITIAL];
        }
    }

    private int elsewhere(byte[] text, int from, int length, int at) {
        if (length > WordKey.BYTES_MAX) {
            return longer(text, from, length, at, true);
        }
        long low = WordKey.low(text, from, length);
        long high = WordKey.high(text, from, length);
        long hash = WordKey.hash(low, high);
        long[] entries = cache.entries;
        int entry = PieceCache.entry(hash);
        if (entries[entry] != low || entries[entry + 1] != high) {
            return shorter(text, from, length, at, true);
        }
        int[] ids = out.reserve(0);
        long two = entries[entry + 2];
        long third = entries[entry + 3];
        ids[at] = (int) two;
        ids[at + 1] = (int) (two >>> 32);
        ids[at + 2] = (int) third;
        int known = (int) (third >>> 32);
        return known > 0 ? at + known : notOne(text, from, length, at, true);
    }

    /// A piece with a key that is not in the cache.
    private int shorter(byte[] text, int from, int length, int start, boolean whole) {
        misses++;
        int[] ids = out.reserve(0);
        long low = WordKey.low(text, from, length);
        long high = WordKey.high(text, from, length);
        long hash = WordKey.hash(low, high);
        int id = words.find(low, high, words.slot(hash));
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
        int end = merge(text, from, length, start, whole);
        int count = end - start;
        cache.put(low, high, hash, ids, start, count <= PieceCache.KEYED_IDS_MAX ? count : 0);
        if (count > PieceCache.KEYED_IDS_MAX) {
            cache.put(text, from, length, Mix.bytes(text, from, length), ids, start, count);
        }
        return end;
    }

    /// A piece without key.
    private int longer(byte[] text, int from, int length, int at, boolean whole) {
        if (whole && text[from] < 0 && characters != null) {
            return manyCharacters(text, from, length, at, characters);
        }
        if (length > LongPieceCache.BYTES_MAX || !whole) {
            return longest(text, from, length, at, whole);
        }
        int[] ids = out.reserve(0);
        int entry = longPieces.key(text, from, length);
        int known = longPieces.get(entry, ids, at);
        if (known > 0) {
            return at + known;
        }
        misses++;
        int end = longest(text, from, length, at, true);
        if (end - at <= LongPieceCache.IDS_MAX) {
            longPieces.put(longPieces.key(text, from, length), ids, at, end - at);
        }
        return end;
    }

    private int longest(byte[] text, int from, int length, int at, boolean whole) {
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

    /// A long piece in writing without spaces: it is hardly ever a token, or comes again.
    private int manyCharacters(byte[] text, int from, int length, int at, CharacterParts characters) {
        int[] ids = out.reserve(0);
        int id = unmerged(text, from, length);
        if (id == Vocabulary.NONE) {
            return characters.encode(text, from, length, ids, at);
        }
        ids[at] = id;
        return at + 1;
    }

    /// A piece that is no token.
    private int notOne(byte[] text, int from, int length, int at, boolean whole) {
        int[] ids = out.reserve(0);
        long hash = Mix.bytes(text, from, length);
        int known = cache.get(text, from, length, hash, ids, at);
        if (known > 0) {
            return at + known;
        }
        int end = merge(text, from, length, at, whole);
        if (end - at > (length > WordKey.BYTES_MAX ? LongPieceCache.IDS_MAX : PieceCache.KEYED_IDS_MAX)
                || length > LongPieceCache.BYTES_MAX) {
            cache.put(text, from, length, hash, ids, at, end - at);
        }
        return end;
    }

    private int unmerged(byte[] text, int from, int length) {
        Vocabulary unmerged = model.wholePieces().unmerged();
        return unmerged == null ? Vocabulary.NONE : unmerged.get(text, from, length, Mix.bytes(text, from, length));
    }

    private static boolean isAscii(byte[] text, int from, int length) {
        int all = 0;
        for (int i = from; i < from + length; i++) {
            all |= text[i];
        }
        return all >= 0;
    }

    /// A part of a piece, to be merged from its bytes.
    @Override
    public int part(byte[] text, int from, int length, int[] ids, int at) {
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
        int known = (int) (third >>> 32);
        return known > 0 ? at + known : notOne(text, from, length, at, false);
    }

    private int merge(byte[] text, int from, int length, int at, boolean whole) {
        if (whole && characters != null && !isAscii(text, from, length)) {
            return characters.encode(text, from, length, out.reserve(0), at);
        }
        if (symbols.length < length || symbols.length > KEPT_SYMBOLS_MAX) {
            symbols = new int[Math.max(SYMBOLS_INITIAL, length)];
        }
        int count = model.merge(engine, text, from, length, symbols);
        System.arraycopy(symbols, 0, out.reserve(0), at, count);
        return at + count;
    }
}
