package io.kvepp.preprocess.tokenizer;

/// Puts a space before text that does not start with one.
///
/// Immutable, thread-safe.
final class PrefixSpace implements Splitter {
    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        if (text[start] == ' ') {
            sink.piece(text, start, end);
            return;
        }
        char[] prefixed = new char[end - start + 1];
        prefixed[0] = ' ';
        System.arraycopy(text, start, prefixed, 1, end - start);
        sink.piece(prefixed, 0, prefixed.length);
    }
}
