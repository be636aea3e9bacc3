package io.kvepp.kvcache.routed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Against a map in order of insertion.
class RecentBlocksTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void keepsTheOrderOfTheLastTouch(long seed) {
        Random random = new Random(seed);
        RecentBlocks blocks = new RecentBlocks();
        Map<Long, Long> model = new LinkedHashMap<>();
        int bound = 1;
        for (int step = 0; step < 200_000; step++) {
            if (step % 10_000 == 0) {
                bound = 1 << random.nextInt(13);
            }
            // Few distinct low bits: long runs in the table.
            long hash = random.nextInt(bound) * 0x1_0000_0000L * (1 + random.nextInt(2));
            if (random.nextInt(100) < (step / 10_000 % 2 == 0 ? 60 : 35)) {
                blocks.touch(hash, step, step);
                model.remove(hash);
                model.put(hash, (long) step);
            } else if (!model.isEmpty()) {
                Map.Entry<Long, Long> oldest = model.entrySet().iterator().next();
                model.remove(oldest.getKey());
                assertThat(blocks.expectExpired(oldest.getValue() - 1, 2)).isZero();
                assertThat(blocks.expectExpired(oldest.getValue(), 2)).isOne();
                assertThat(blocks.expectExpired(step, 2)).isEqualTo(Math.min(2, model.size() + 1));
                assertThat(blocks.removeOldest()).isEqualTo(oldest.getKey());
            }
            assertThat(blocks.size()).isEqualTo(model.size());
            assertThat(blocks.contains(hash)).isEqualTo(model.containsKey(hash));
        }
    }
}
