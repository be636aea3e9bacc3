package io.kvepp.preprocess.tokenizer;

import java.nio.charset.StandardCharsets;

/// What a piece starts as when it is merged, for a model in which no byte of UTF-8 vanishes.
///
/// Immutable, thread-safe; the arrays must not be changed.
///
/// @param ids the token of each byte, -1 for one that no text has
/// @param ranks rank of the merge of a byte (times 256) and the next one, or [PairTable#NO_RANK]
/// @param idsOfChars the token that the bytes of a char merge to, or -1
record ByteStarts(int[] ids, int[] ranks, int[] idsOfChars) {
    private static final int BYTES = 256;
    private static final int CHARS = 1 << Character.SIZE;

    static ByteStarts of(int[] ids, PairTable merges) {
        int[] ranks = new int[BYTES * BYTES];
        for (int i = 0; i < ranks.length; i++) {
            int left = ids[i / BYTES];
            int right = ids[i % BYTES];
            ranks[i] = left < 0 || right < 0 ? PairTable.NO_RANK : merges.rank(left, right);
        }
        int[] idsOfChars = new int[CHARS];
        ByteStarts bytes = new ByteStarts(ids, ranks, idsOfChars);
        MergeEngine engine = new MergeEngine(merges);
        int[] symbols = new int[Utf8.BYTES_PER_CHAR_MAX];
        for (int c = 0; c < CHARS; c++) {
            byte[] text = Character.toString(c).getBytes(StandardCharsets.UTF_8);
            idsOfChars[c] = engine.mergeBytes(bytes, text, 0, text.length, symbols) == 1 ? symbols[0] : -1;
        }
        return bytes;
    }

    /// Writes what whole characters merge to, to `symbols`, and returns how many. Returns 0 if one of
    /// them is more than one token, or may merge with a part of its neighbour.
    int characters(CharacterCuts cuts, byte[] text, int from, int length, int[] symbols) {
        int count = 0;
        int before = -1;
        for (int i = from; i < from + length; i += Utf8.length(text[i])) {
            int codePoint = Utf8.codePoint(text, i);
            int id = codePoint < CHARS ? idsOfChars[codePoint] : -1;
            if (id < 0 || (before >= 0 && !cuts.joinsWhole(text, i, before, codePoint))) {
                return 0;
            }
            symbols[count++] = id;
            before = codePoint;
        }
        return count;
    }
}
