package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SegmentCacheTest {
    private static final int BYTES_MAX = 100_000;

    @Test
    void staysWithinItsLimit() {
        SegmentCache cache = new SegmentCache(BYTES_MAX);
        for (int i = 0; i < 10_000; i++) {
            cache.put("segment " + i, new int[i % 50]);
            assertThat(cache.bytes()).isBetween(1L, (long) BYTES_MAX);
        }
    }

    @Test
    void whatIsAskedForStaysWhatIsNotGoes() {
        SegmentCache cache = new SegmentCache(BYTES_MAX);
        int[] ids = {1, 2, 3};
        cache.put("used", ids);
        cache.put("unused", ids);
        for (int i = 0; i < 10_000; i++) {
            cache.put("segment " + i, new int[20]);
            assertThat(cache.get("used")).isEqualTo(ids);
        }
        assertThat(cache.get("unused")).isNull();
    }

    @Test
    void whatIsLargerThanTheCacheIsNotKept() {
        SegmentCache cache = new SegmentCache(BYTES_MAX);
        cache.put("large", new int[BYTES_MAX]);

        assertThat(cache.get("large")).isNull();
        assertThat(cache.bytes()).isZero();
    }
}
