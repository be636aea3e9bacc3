package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @Test
    void whatIsLongerThanAChunkOrASlabComesBackWhole() {
        SegmentCache cache = new SegmentCache(4 << 20);
        for (String unit : new String[] {"plain ", "caf\u00e9 ", "\u4e16\u754c ", "\ud83d\ude00"}) {
            for (int times : new int[] {3, 341, 342, 683, 100_000}) {
                String segment = unit.repeat(times);
                int[] ids = IntStream.range(0, times)
                        .map(i -> Integer.MAX_VALUE - i)
                        .toArray();
                put(cache, segment, ids);
                assertThat(get(cache, segment)).isEqualTo(ids);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"same length a", "same length \u00e9", "same length \u4e16"})
    void whatDiffersInOneCharacterIsAnother(String segment) {
        SegmentCache cache = new SegmentCache(BYTES_MAX);
        long hash = SegmentCache.hash(segment, 0, segment.length());
        put(cache, segment, new int[] {1});
        for (String last : new String[] {"b", "\u00ea", "\u4e17", "\u0161"}) {
            String other = segment.substring(0, segment.length() - 1) + last;
            TokenBuffer ids = new TokenBuffer(0);
            assertThat(cache.appendIds(other, 0, other.length(), hash, new SegmentChars(), ids))
                    .isFalse();
            assertThat(ids.size()).isZero();
        }
    }

    @Test
    void aFullCacheUsesItsArraysAgain() {
        SegmentCache cache = new SegmentCache(4 << 20);
        String segment = "text ".repeat(10_000);
        int[] ids = new int[10_000];
        int number = 0;
        for (; number < 400; number++) {
            put(cache, number + segment, ids);
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        SegmentChars chars = new SegmentChars();
        long allocated = 0;
        for (; number < 800; number++) {
            String next = number + segment;
            long hash = SegmentCache.hash(next, 0, next.length());
            long before = threads.getCurrentThreadAllocatedBytes();
            cache.put(hash, next, 0, next.length(), ids, 0, ids.length, chars);
            allocated += threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated / 400).isLessThan(Segment.bytes(segment.length(), false, ids.length) / 10);
    }

    @Test
    void threadsThatShareItSeeWholeSegmentsOnly() {
        SegmentCache cache = new SegmentCache(BYTES_MAX);
        long found = IntStream.range(0, 4)
                .parallel()
                .mapToLong(thread -> {
                    Random random = new Random(thread);
                    long hits = 0;
                    for (int i = 0; i < 20_000; i++) {
                        int number = random.nextInt(random.nextBoolean() ? 200 : 1 << 20); // few stay, most go
                        String segment = "segment ".repeat(1 + number % 7) + number;
                        int[] ids = IntStream.range(0, 1 + number % 13)
                                .map(id -> number * id)
                                .toArray();
                        int[] kept = get(cache, segment);
                        if (kept == null) {
                            put(cache, segment, ids);
                        } else {
                            assertThat(kept).isEqualTo(ids);
                            hits++;
                        }
                    }
                    return hits;
                })
                .sum();
        assertThat(found).isPositive();
    }

    private static void put(SegmentCache cache, String segment, int[] ids) {
        long hash = SegmentCache.hash(segment, 0, segment.length());
        cache.put(hash, segment, 0, segment.length(), ids, 0, ids.length, new SegmentChars());
    }

    private static int @Nullable [] get(SegmentCache cache, String segment) {
        long hash = SegmentCache.hash(segment, 0, segment.length());
        TokenBuffer ids = new TokenBuffer(0);
        boolean found = cache.appendIds(segment, 0, segment.length(), hash, new SegmentChars(), ids);
        return found ? ids.toArray() : null;
    }
}
