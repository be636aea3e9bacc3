package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharClasses.SPACE;

/// `\w+|[^\w\s]+`: runs of word characters and runs of other visible ones; white space goes.
///
/// Immutable, thread-safe.
final class WordSplitter implements Splitter {
    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        int at = start;
        while (at < end) {
            int kind = kind(text, at);
            int from = at;
            while (at < end && kind(text, at) == kind) {
                at += CharClasses.width(text, at);
            }
            if (kind != SPACE) {
                sink.piece(text, from, at);
            }
        }
    }

    private static int kind(char[] text, int i) {
        if ((CharClasses.at(text, i) & SPACE) != 0) {
            return SPACE;
        }
        return CharClasses.isWord(Character.codePointAt(text, i)) ? 1 : 0;
    }
}
