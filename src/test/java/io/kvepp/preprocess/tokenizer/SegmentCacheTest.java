package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SegmentCacheTest {
    private static final int BYTES_MAX = 100_000;

    @Test
    void staysWithinItsLimit() {
        SegmentCache cache = new SegmentCache(BYTES_MAX);
        for (int i = 0; i < 10_000; i++) {
            put(cache, "segment " + i, new int[i % 50]);
            assertThat(cache.bytes()).isBetween(1L, (long) BYTES_MAX);
        }
    }

    @Test
    void whatIsAskedForStaysWhatIsNotGoes() {
        SegmentCache cache = new SegmentCache(BYTES_MAX);
        int[] ids = {1, 2, 3};
        put(cache, "used", ids);
        put(cache, "unused", ids);
        for (int i = 0; i < 10_000; i++) {
            put(cache, "segment " + i, new int[20]);
            assertThat(get(cache, "used")).isEqualTo(ids);
        }
        assertThat(get(cache, "unused")).isNull();
    }

    @Test
    void whatIsLargerThanTheCacheIsNotKept() {
        SegmentCache cache = new SegmentCache(BYTES_MAX);
        put(cache, "large", new int[BYTES_MAX]);

        assertThat(get(cache, "large")).isNull();
        assertThat(cache.bytes()).isZero();
    }

    private static void put(SegmentCache cache, String segment, int[] ids) {
        cache.put(
                SegmentCache.hash(segment, 0, segment.length()),
                new SegmentCache.Segment(segment, 0, segment.length(), ids, 0, ids.length),
                false);
    }

    private static int @Nullable [] get(SegmentCache cache, String segment) {
        long hash = SegmentCache.hash(segment, 0, segment.length());
        SegmentCache.Segment found = cache.get(segment, 0, segment.length(), hash, new SegmentCache.Scratch());
        return found == null ? null : found.ids();
    }
}
