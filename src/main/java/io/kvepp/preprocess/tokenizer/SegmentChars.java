package io.kvepp.preprocess.tokenizer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Room for comparing parts of a text with what is kept of one.
///
/// Confined: one thread at a time.
final class SegmentChars {
    private static final int CHUNK_CHARS = 2048;

    private final CharsetEncoder latin1 = StandardCharsets.ISO_8859_1.newEncoder();
    private final char[] chars = new char[CHUNK_CHARS];
    private final byte[] bytes = new byte[CHUNK_CHARS * Character.BYTES];
    private final CharBuffer from = CharBuffer.wrap(chars);
    private final ByteBuffer to = ByteBuffer.wrap(bytes);

    private interface Chunk {
        /// What to do with the next `count` characters of the text, which are `done` behind the first;
        /// false ends it.
        boolean next(int done, int count);
    }

    private boolean eachChunk(String text, int start, int length, Chunk chunk) {
        for (int done = 0; done < length; done += CHUNK_CHARS) {
            int count = Math.min(length - done, CHUNK_CHARS);
            text.getChars(start + done, start + done + count, chars, 0);
            if (!chunk.next(done, count)) {
                return false;
            }
        }
        return true;
    }

    /// Fetched characters as a byte each; false when they are none.
    private boolean narrow(int count) {
        from.clear().limit(count);
        to.clear();
        return latin1.encode(from, to, true).isUnderflow();
    }

    private void widen(int count) {
        MemorySegment.copy(chars, 0, MemorySegment.ofArray(bytes), ValueLayout.JAVA_CHAR_UNALIGNED, 0, count);
    }

    /// Whether the characters take a byte each.
    boolean areBytes(String text, int start, int length) {
        return eachChunk(text, start, length, (_, count) -> narrow(count));
    }

    boolean equalBytes(String text, int start, int length, byte[] kept, int at) {
        return eachChunk(
                text,
                start,
                length,
                (done, count) -> narrow(count) && Arrays.equals(bytes, 0, count, kept, at + done, at + done + count));
    }

    boolean equalWide(String text, int start, int length, byte[] kept, int at) {
        return eachChunk(text, start, length, (done, count) -> {
            widen(count);
            int from = at + Character.BYTES * done;
            return Arrays.equals(bytes, 0, Character.BYTES * count, kept, from, from + Character.BYTES * count);
        });
    }

    /// Characters of which [#areBytes] is true.
    void writeBytes(String text, int start, int length, byte[] target, int at) {
        eachChunk(text, start, length, (done, count) -> {
            narrow(count);
            System.arraycopy(bytes, 0, target, at + done, count);
            return true;
        });
    }

    void writeWide(String text, int start, int length, byte[] target, int at) {
        eachChunk(text, start, length, (done, count) -> {
            widen(count);
            System.arraycopy(bytes, 0, target, at + Character.BYTES * done, Character.BYTES * count);
            return true;
        });
    }
}
