package io.kvepp.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongCountsTest {
    @ParameterizedTest
    @ValueSource(ints = {8, 100, 5000})
    void agreesWithAMap(int keys) {
        Random random = new Random(keys);
        LongCounts counts = new LongCounts();
        Map<Long, Integer> model = new HashMap<>();
        for (int step = 0; step < 200_000; step++) {
            long key = random.nextInt(keys) * 0x1_0000_0001L;
            if (random.nextBoolean()) {
                assertThat(counts.increment(key)).isEqualTo(model.merge(key, 1, Integer::sum) == 1);
            } else {
                boolean last = model.getOrDefault(key, 0) == 1;
                model.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
                assertThat(counts.decrement(key)).isEqualTo(last);
            }
            assertThat(counts.size()).isEqualTo(model.size());
        }
        for (int key = 0; key < keys; key++) {
            assertThat(counts.contains(key * 0x1_0000_0001L)).isEqualTo(model.containsKey(key * 0x1_0000_0001L));
        }
    }
}
