package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// Turns a prompt into ids, segment by segment: what stands between two added tokens is looked up
/// in a cache, or encoded and kept there.
///
/// Confined: one thread at a time. The cache is shared.
final class SegmentWalk implements AddedTokenSplitter.Sink {
    /// Encodes what is not in the cache.
    interface Encoder {
        /// Appends the ids of a part of the text to the buffer.
        void encode(String text, int start, int end);

        /// Whether the ids of a segment depend on its characters alone.
        boolean isIndependent(int start);
    }

    /// Encoding a shorter segment takes no longer than finding it.
    private static final int CACHED_CHARS_MIN = 16;

    private static final int WORDS_PER_SEGMENT = 3;
    private static final int SEGMENTS_INITIAL = 64;

    private final SegmentCache cache;
    private final TokenBuffer out;
    private final Encoder encoder;
    private final SegmentChars chars = new SegmentChars();
    private long[] fresh = new long[SEGMENTS_INITIAL * WORDS_PER_SEGMENT];
    private int freshEnd;
    private String prompt = "";

    SegmentWalk(SegmentCache cache, TokenBuffer out, Encoder encoder) {
        this.cache = cache;
        this.out = out;
        this.encoder = encoder;
    }

    /// The ids of a prompt that `tokens` cuts. The buffer is empty.
    int[] ids(String text, AddedTokenSplitter tokens) {
        prompt = text;
        freshEnd = 0;
        tokens.split(text, this);
        int[] ids = out.toArray();
        keep(ids);
        prompt = "";
        return ids;
    }

    @Override
    public void token(int id) {
        out.add(id);
    }

    @Override
    public void text(int start, int end) {
        if (end - start < CACHED_CHARS_MIN || !encoder.isIndependent(start)) {
            encoder.encode(prompt, start, end);
            return;
        }
        long hash = SegmentCache.hash(prompt, start, end);
        int first = out.size();
        if (!cache.appendIds(prompt, start, end, hash, chars, out)) {
            encoder.encode(prompt, start, end);
            remember(start, end, hash, first);
        }
    }

    private void remember(int start, int end, long hash, int first) {
        if (freshEnd + WORDS_PER_SEGMENT > fresh.length) {
            fresh = Arrays.copyOf(fresh, 2 * fresh.length);
        }
        fresh[freshEnd] = (long) start << Integer.SIZE | end;
        fresh[freshEnd + 1] = (long) first << Integer.SIZE | out.size() - first;
        fresh[freshEnd + 2] = hash;
        freshEnd += WORDS_PER_SEGMENT;
    }

    private void keep(int[] ids) {
        for (int i = 0; i < freshEnd; i += WORDS_PER_SEGMENT) {
            int start = (int) (fresh[i] >>> Integer.SIZE);
            int length = (int) fresh[i] - start;
            int first = (int) (fresh[i + 1] >>> Integer.SIZE);
            cache.put(fresh[i + 2], prompt, start, length, ids, first, (int) fresh[i + 1], chars);
        }
        if (fresh.length > SEGMENTS_INITIAL * WORDS_PER_SEGMENT) {
            fresh = new long[SEGMENTS_INITIAL * WORDS_PER_SEGMENT];
        }
    }
}
