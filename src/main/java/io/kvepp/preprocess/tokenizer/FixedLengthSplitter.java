package io.kvepp.preprocess.tokenizer;

/// Pieces of a fixed number of code points; the last may be shorter.
///
/// Immutable, thread-safe.
final class FixedLengthSplitter implements Splitter {
    private final int codePoints;

    FixedLengthSplitter(int codePoints) {
        this.codePoints = codePoints;
    }

    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        int at = start;
        while (at < end) {
            int next = at;
            for (int count = 0; count < codePoints && next < end; count++) {
                next += CharClasses.width(text, next);
            }
            sink.piece(text, at, next);
            at = next;
        }
    }
}
