package io.kvepp.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedBlocksTest {
    @ParameterizedTest
    @ValueSource(ints = {8, 100, 5000})
    void agreesWithMaps(int keys) {
        Random random = new Random(keys);
        SharedBlocks counts = new SharedBlocks();
        Map<Long, Integer> model = new HashMap<>();
        Map<Long, Double> weights = new HashMap<>();
        for (int step = 0; step < 200_000; step++) {
            long key = random.nextInt(keys) * 0x1_0000_0001L;
            if (random.nextBoolean()) {
                assertThat(counts.increment(key)).isEqualTo(model.merge(key, 1, Integer::sum) == 1);
            } else {
                boolean last = model.getOrDefault(key, 0) == 1;
                model.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
                assertThat(counts.decrement(key)).isEqualTo(last);
                if (last) {
                    weights.remove(key);
                }
            }
            if (model.containsKey(key) && random.nextInt(4) == 0) {
                double weight = random.nextInt(5) / 4.0;
                counts.setWeight(key, weight);
                weights.put(key, weight);
            }
            assertThat(counts.size()).isEqualTo(model.size());
            assertThat(counts.count(key)).isEqualTo(model.getOrDefault(key, 0));
        }
        double missing =
                weights.values().stream().mapToDouble(weight -> 1 - weight).sum();
        assertThat(counts.weight()).isCloseTo(model.size() - missing, within(1e-6));
        for (int key = 0; key < keys; key++) {
            assertThat(counts.contains(key * 0x1_0000_0001L)).isEqualTo(model.containsKey(key * 0x1_0000_0001L));
        }
    }
}
