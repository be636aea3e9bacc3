package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// Writes the ids of pieces to a buffer.
///
/// Confined: one thread at a time, one instance per call of `encode`.
final class PieceEncoder implements PieceSink {
    private static final int INITIAL_PIECE_BYTES = 128;
    private static final int UTF8_BYTES_PER_CHAR_MAX = 3;

    private final BytePairModel model;
    private final PieceCache cache;
    private final TokenBuffer out;
    private final MergeEngine engine;
    private byte[] bytes = new byte[INITIAL_PIECE_BYTES];
    private int[] symbols = new int[INITIAL_PIECE_BYTES];

    PieceEncoder(BytePairModel model, PieceCache cache, TokenBuffer out) {
        this.model = model;
        this.cache = cache;
        this.out = out;
        engine = new MergeEngine(model.merges());
    }

    @Override
    public void piece(char[] text, int start, int end) {
        int length = toUtf8(text, start, end);
        long hash = Mix.bytes(bytes, length);
        int id = model.wholePieces().get(bytes, length, hash);
        if (id != Vocabulary.NONE) {
            out.add(id);
            return;
        }
        int[] ids = cache.get(bytes, length, hash);
        if (ids.length > 0) {
            out.addAll(ids, ids.length);
        } else {
            merge(length, hash);
        }
    }

    private void merge(int length, long hash) {
        if (symbols.length < length) {
            symbols = new int[length];
        }
        int count = model.symbols(bytes, length, symbols);
        count = engine.merge(symbols, count);
        out.addAll(symbols, count);
        cache.put(bytes, length, hash, symbols, count);
    }

    private int toUtf8(char[] text, int start, int end) {
        if ((long) (end - start) * UTF8_BYTES_PER_CHAR_MAX + Mix.SPARE_BYTES > bytes.length) {
            grow(end - start);
        }
        byte[] target = bytes;
        int length = 0;
        for (int i = start; i < end; i++) {
            char c = text[i];
            if (c >= 0x80) {
                return toUtf8(text, i, end, length);
            }
            target[length++] = (byte) c;
        }
        return length;
    }

    private int toUtf8(char[] text, int start, int end, int written) {
        byte[] target = bytes;
        int length = written;
        for (int i = start; i < end; i++) {
            int c = text[i];
            if (c < 0x80) {
                target[length++] = (byte) c;
            } else if (c < 0x800) {
                target[length++] = (byte) (0xC0 | (c >> 6));
                target[length++] = (byte) (0x80 | (c & 0x3F));
            } else if (Character.isHighSurrogate((char) c)) {
                int codePoint = Character.toCodePoint((char) c, text[++i]);
                target[length++] = (byte) (0xF0 | (codePoint >> 18));
                target[length++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
                target[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
                target[length++] = (byte) (0x80 | (codePoint & 0x3F));
            } else {
                target[length++] = (byte) (0xE0 | (c >> 12));
                target[length++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                target[length++] = (byte) (0x80 | (c & 0x3F));
            }
        }
        return length;
    }

    private void grow(int chars) {
        bytes = Arrays.copyOf(
                bytes, Math.addExact(Math.multiplyExact(chars, UTF8_BYTES_PER_CHAR_MAX), 2 * Mix.SPARE_BYTES));
    }
}
