package io.kvepp.preprocess.tokenizer;

/// Writes spaces as a visible character, puts one before the text, and lets pieces start with it.
///
/// Source: Hugging Face tokenizers 0.21.4, `metaspace.rs`.
///
/// Immutable, thread-safe.
final class MetaspaceSplitter implements Splitter {
    /// Before which text the character is put, unless it is there already.
    enum Prepend {
        ALWAYS,
        /// Text at index 0 of the array.
        AT_START,
        NEVER
    }

    private final char replacement;
    private final Prepend prepend;
    private final boolean splits;

    MetaspaceSplitter(char replacement, Prepend prepend, boolean splits) {
        this.replacement = replacement;
        this.prepend = prepend;
        this.splits = splits;
    }

    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        char[] replaced = replaced(text, start, end);
        if (!splits) {
            sink.piece(replaced, 0, replaced.length);
            return;
        }
        int from = 0;
        for (int i = 1; i < replaced.length; i++) {
            if (replaced[i] == replacement) {
                sink.piece(replaced, from, i);
                from = i;
            }
        }
        sink.piece(replaced, from, replaced.length);
    }

    private char[] replaced(char[] text, int start, int end) {
        boolean visible = text[start] == ' ' || text[start] == replacement;
        boolean prepends = !visible && (prepend == Prepend.ALWAYS || (prepend == Prepend.AT_START && start == 0));
        int shift = prepends ? 1 : 0;
        char[] replaced = new char[end - start + shift];
        System.arraycopy(text, start, replaced, shift, end - start);
        if (prepends) {
            replaced[0] = replacement;
        }
        for (int i = shift; i < replaced.length; i++) {
            if (replaced[i] == ' ') {
                replaced[i] = replacement;
            }
        }
        return replaced;
    }
}
