package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Writes the ids of pieces of UTF-8 to a buffer.
///
/// Confined: one thread at a time. The model may be shared.
final class WordEncoder implements PieceFinder.Sink, CharacterParts.Bytes {
    /*
     * Nine pieces of ten of English, code and JSON are tokens found where their hash points to, so all pieces of a batch
     * are looked up there first, in a loop without branches on what is found: no load waits for another. What is rare is
     * in methods of its own, so that compiling them anew does not touch the loops.
     *
     *   short piece: tokens by key -> cache by key   -> tokens that stand elsewhere -> merge
     *   long piece:  cache by bytes                  -> tokens by bytes             -> merge
     *
     * The tables of tokens are shared by all threads and never change; the caches are this encoder's own.
     */
    private static final int SYMBOLS_INITIAL = 128;
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

    /// Pieces, and cut parts of pieces, that neither were tokens where their hash points to nor in
    /// a cache, since this was last asked.
    long takeMisses() {
        long taken = misses;
        misses = 0;
        return taken;
    }

    /// `text` has [LongPieceCache#READ_BYTES] behind the start of the last piece.
    @Override
    public void pieces(byte[] text, int start, int[] ends, int count) {
        if (count == 0) {
            return;
        }
        if (found.length < count || found.length > KEPT_SYMBOLS_MAX) {
            found = new int[Math.max(SYMBOLS_INITIAL, count)];
        }
        int[] tokens = found;
        words.find(text, start, ends, count, tokens);
        int[] ids = out.reserve(ends[count - 1] - start + PieceCache.IDS_MAX);
        int at = out.end();
        int from = start;
        for (int i = 0; i < count; i++) {
            int id = tokens[i];
            if (id != WordTable.NONE) {
                ids[at++] = id;
            } else {
                at = encode(text, from, ends[i] - from, at, true);
            }
            from = ends[i];
        }
        out.end(at);
        pieces += count;
    }

    /// A part of a piece, to be merged from its bytes.
    @Override
    public int part(byte[] text, int from, int length, int[] ids, int at) {
        return encode(text, from, length, at, false);
    }

    /// Writes the ids of a piece, or of a part of one if not `whole`, and returns where they end.
    private int encode(byte[] text, int from, int length, int at, boolean whole) {
        if (length > WordKey.BYTES_MAX) {
            return longer(text, from, length, at, whole);
        }
        long low = WordKey.low(text, from, length);
        long high = WordKey.high(text, from, length);
        int entry = PieceCache.entry(WordKey.hash(low, high));
        long[] entries = cache.entries;
        if (entries[entry] != low || entries[entry + 1] != high) {
            return shorter(text, from, length, at, whole);
        }
        int[] ids = out.reserve(0);
        long two = entries[entry + 2];
        long third = entries[entry + 3];
        ids[at] = (int) two;
        ids[at + 1] = (int) (two >>> 32);
        ids[at + 2] = (int) third;
        int known = (int) (third >>> 32);
        return known > 0 ? at + known : notOne(text, from, length, at, whole);
    }

    /// A piece with a key that is not in the cache.
    private int shorter(byte[] text, int from, int length, int at, boolean whole) {
        misses++;
        int[] ids = out.reserve(0);
        long low = WordKey.low(text, from, length);
        long high = WordKey.high(text, from, length);
        long hash = WordKey.hash(low, high);
        int id = words.find(low, high, words.slot(hash));
        if (id != WordTable.NONE) {
            ids[at] = id;
            cache.put(low, high, hash, ids, at, 1);
            return at + 1;
        }
        id = whole ? unmerged(text, from, length) : Vocabulary.NONE;
        if (id != Vocabulary.NONE) {
            ids[at] = id; // never a part of a piece, and the cache has parts as well
            return at + 1;
        }
        int end = merge(text, from, length, at, whole);
        boolean few = end - at <= PieceCache.KEYED_IDS_MAX;
        cache.put(low, high, hash, ids, at, few ? end - at : 0);
        if (!few) {
            keep(text, from, length, at, end);
        }
        return end;
    }

    /// A piece without key.
    private int longer(byte[] text, int from, int length, int at, boolean whole) {
        if (whole && text[from] < 0 && characters != null) {
            return manyCharacters(text, from, length, at, characters);
        }
        if (length > LongPieceCache.BYTES_MAX || !whole) {
            return uncached(text, from, length, at, whole);
        }
        int[] ids = out.reserve(0);
        int entry = longPieces.key(text, from, length);
        int known = longPieces.get(entry, ids, at);
        if (known > 0) {
            return at + known;
        }
        int end = uncached(text, from, length, at, true);
        if (end - at <= LongPieceCache.IDS_MAX) {
            longPieces.put(longPieces.key(text, from, length), ids, at, end - at);
        }
        return end;
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

    private int uncached(byte[] text, int from, int length, int at, boolean whole) {
        misses++;
        int id = model.wholePieces().longer().get(text, from, length, Mix.bytes(text, from, length));
        if (id == Vocabulary.NONE && whole) {
            id = unmerged(text, from, length);
        }
        if (id == Vocabulary.NONE) {
            return notOne(text, from, length, at, whole);
        }
        out.reserve(0)[at] = id;
        return at + 1;
    }

    /// A piece that is no token.
    private int notOne(byte[] text, int from, int length, int at, boolean whole) {
        int[] known = cache.get(text, from, length, Mix.bytes(text, from, length));
        if (known.length > 0) {
            System.arraycopy(known, 0, out.reserve(0), at, known.length);
            return at + known.length;
        }
        int end = merge(text, from, length, at, whole);
        if (!whole || length > LongPieceCache.BYTES_MAX || end - at > LongPieceCache.IDS_MAX) {
            keep(text, from, length, at, end);
        }
        return end;
    }

    private void keep(byte[] text, int from, int length, int at, int end) {
        if (length <= PieceCache.BYTES_MAX && end - at <= PieceCache.IDS_MAX) {
            cache.put(
                    Mix.bytes(text, from, length),
                    Arrays.copyOfRange(text, from, from + length),
                    Arrays.copyOfRange(out.reserve(0), at, end));
        }
    }

    private int unmerged(byte[] text, int from, int length) {
        Vocabulary unmerged = model.wholePieces().unmerged();
        return unmerged == null ? Vocabulary.NONE : unmerged.get(text, from, length, Mix.bytes(text, from, length));
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

    private static boolean isAscii(byte[] text, int from, int length) {
        int all = 0;
        for (int i = from; i < from + length; i++) {
            all |= text[i];
        }
        return all >= 0;
    }
}
