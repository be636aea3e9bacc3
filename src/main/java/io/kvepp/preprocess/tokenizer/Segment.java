package io.kvepp.preprocess.tokenizer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// A part of a prompt with its ids, in a slab: its characters from `at` on, a byte each unless
/// `wide`, and behind them `count` ids.
///
/// Immutable once it is written.
record Segment(SegmentSlabs.Slab slab, int at, int length, boolean wide, int count) {
    /// What a segment takes of a slab.
    static long bytes(int length, boolean wide, int count) {
        return (long) length * charBytes(wide) + (long) Integer.BYTES * count;
    }

    /// What it takes of its slab.
    int bytes() {
        return (int) bytes(length, wide, count);
    }

    private static int charBytes(boolean wide) {
        return wide ? Character.BYTES : 1;
    }

    private int idsAt() {
        return at + length * charBytes(wide);
    }

    /// Where it is kept, for the other methods; null when it was forgotten meanwhile.
    byte @Nullable [] content() {
        return slab.content();
    }

    /// To be called once, before the segment is published.
    void write(byte[] content, String text, int start, int[] ids, int first, SegmentChars chars) {
        if (wide) {
            chars.writeWide(text, start, length, content, at);
        } else {
            chars.writeBytes(text, start, length, content, at);
        }
        MemorySegment.copy(ids, first, MemorySegment.ofArray(content), ValueLayout.JAVA_INT_UNALIGNED, idsAt(), count);
    }

    /// The segment once more, `content` being its slab's, at another place.
    Segment copied(byte[] content, SegmentSlabs.Place place) {
        System.arraycopy(content, at, place.content(), place.at(), bytes());
        return new Segment(place.slab(), place.at(), length, wide, count);
    }

    /// Whether `text` goes on with this segment at `start` for `chars` characters.
    boolean matches(byte[] content, String text, int start, int chars, SegmentChars scratch) {
        return chars == length
                && (wide
                        ? scratch.equalWide(text, start, length, content, at)
                        : scratch.equalBytes(text, start, length, content, at));
    }

    /// Appends its ids.
    void copyIds(byte[] content, TokenBuffer target) {
        MemorySegment from = MemorySegment.ofArray(content);
        for (int done = 0; done < count; ) {
            int some = Math.min(count - done, TokenBuffer.PAGE_IDS);
            int[] ids = target.reserve(some);
            long at = idsAt() + (long) Integer.BYTES * done;
            MemorySegment.copy(from, ValueLayout.JAVA_INT_UNALIGNED, at, ids, target.end(), some);
            target.end(target.end() + some);
            done += some;
        }
    }
}
