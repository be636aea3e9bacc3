package io.kvepp.preprocess.tokenizer;

import java.nio.charset.StandardCharsets;

/// Writes a piece's UTF-8 bytes as the characters of [ByteAlphabet].
///
/// Immutable, thread-safe.
final class ByteAlphabetSplitter implements Splitter {
    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        char[] written = written(new String(text, start, end - start));
        sink.piece(written, 0, written.length);
    }

    static char[] written(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        char[] written = new char[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            written[i] = ByteAlphabet.charOf(bytes[i] & 0xFF);
        }
        return written;
    }
}
