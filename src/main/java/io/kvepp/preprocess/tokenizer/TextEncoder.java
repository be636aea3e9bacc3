package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.Nullable;

/// Buffers and tables that turn text between special tokens into ids.
///
/// Confined: one thread at a time. What it was made from is shared.
final class TextEncoder implements PieceSink {
    private static final int CHARS_INITIAL = 1 << 13;
    private static final int KEPT_CHARS_MAX = 1 << 18;

    private final Splitter splitter;
    private final @Nullable PieceFinder finder;
    private final TokenBuffer out = new TokenBuffer(CHARS_INITIAL);
    private final WordEncoder words;
    private final int[] end = new int[1];
    private char[] chars = new char[CHARS_INITIAL];
    private byte[] utf8 = new byte[0];

    TextEncoder(Splitter splitter, BytePairModel model) {
        this.splitter = splitter;
        StartRules rules = splitter.starts();
        finder = rules == null ? null : new PieceFinder(rules);
        words = new WordEncoder(model, out);
        size(CHARS_INITIAL);
    }

    private void size(int length) {
        chars = new char[length];
        utf8 = new byte[Math.addExact(Math.multiplyExact(length, Utf8.BYTES_PER_CHAR_MAX), CharPlanes.SPARE_BYTES)];
    }

    TokenBuffer out() {
        return out;
    }

    WordEncoder words() {
        return words;
    }

    /// Starts anew, without what an unusually large text left.
    void reset() {
        out.clear();
        if (chars.length > KEPT_CHARS_MAX) {
            size(CHARS_INITIAL);
        }
    }

    /// Fetches a part of a text for [#encode].
    char[] fetch(String text, int start, int end) {
        if (end - start > chars.length) {
            size(Math.max(end - start, Math.min(2 * chars.length, KEPT_CHARS_MAX)));
        }
        text.getChars(start, end, chars, 0);
        return chars;
    }

    /// Appends the ids of fetched chars.
    void encode(int start, int end) {
        if (finder == null) {
            splitter.split(chars, start, end, this);
        } else {
            finder.find(utf8, 0, Utf8.encode(chars, start, end, utf8), words);
        }
    }

    @Override
    public void piece(char[] text, int start, int end) {
        if (end - start > chars.length) {
            size(end - start);
        }
        this.end[0] = Utf8.encode(text, start, end, utf8);
        words.pieces(utf8, 0, this.end, 1);
    }
}
