package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The table agrees with a map while it grows and shrinks, however many keys collide.
class HashLinesTest {
    private static final int KEYS = 6000;

    private final long[] keys = new long[KEYS];
    private final PagePool pool = new PagePool(IndexLimits.PAGE_LONGS, 10_000, 1 << 15);

    /// @param kept bits of the mixed hash; the others are 0 for all keys
    @ParameterizedTest(name = "{0} lines, {1}")
    @CsvSource({
        "256, -1", // as it is used
        "1, -1", // a table of one line
        "8, -1",
        "256, 68719476736", // one bit of a line's number, none of the directory's
        "256, -1152921504606846976", // bits of the directory only
        "256, 68451041280", // fingerprints only: no two keys differ otherwise, all lines are one
    })
    void agreesWithAMap(int lines, long kept) {
        Random random = new Random(7);
        KeyMix mix = new KeyMix(random.nextLong(), random.nextLong() | 1, kept);
        HashLines table = new HashLines(pool, lines, (place, key, slot) -> keys[(int) place] == key && slot == 3);
        Map<Long, Long> map = new HashMap<>();
        List<Long> present = new ArrayList<>();
        int keysMax = kept == -1 ? KEYS : 1000;
        for (int step = 0; step < 60_000; step++) {
            // Grows for a while, then shrinks for a while.
            boolean add = random.nextInt(100) < (step / 10_000 % 2 == 0 ? 75 : 25);
            if (add && map.size() < keysMax) {
                add(table, map, present, random.nextInt(keysMax), random.nextLong() | 1, mix);
            } else if (!present.isEmpty()) {
                int last = present.size() - 1;
                int index = random.nextInt(present.size());
                long key = present.get(index);
                present.set(index, present.get(last));
                present.remove(last);
                assertThat(table.remove(mix.mix(key), map.remove(key))).isTrue();
            }
            long asked = present.isEmpty() || random.nextBoolean()
                    ? random.nextLong()
                    : present.get(random.nextInt(present.size()));
            assertFound(table, map, mix, asked);
        }
        present.forEach(key -> assertFound(table, map, mix, key));
        present.forEach(
                key -> assertThat(table.remove(mix.mix(key), map.get(key))).isTrue());
        assertThat(table.size()).isZero();
        assertThat(pool.pagesInUse()).as("one table is left").isOne();
    }

    private void add(HashLines table, Map<Long, Long> map, List<Long> present, int place, long key, KeyMix mix) {
        if (map.containsValue((long) place) || map.containsKey(key)) {
            return;
        }
        keys[place] = key;
        assertThat(table.putIfAbsent(mix.mix(key), key, 3, place)).isEqualTo(HashLines.NONE);
        map.put(key, (long) place);
        present.add(key);
    }

    private static void assertFound(HashLines table, Map<Long, Long> map, KeyMix mix, long key) {
        long expected = map.getOrDefault(key, HashLines.NONE);
        long found = table.find(mix.mix(key), key, 3);
        if (found != expected) {
            assertThat(found).as("place of %d", key).isEqualTo(expected);
        }
    }
}
