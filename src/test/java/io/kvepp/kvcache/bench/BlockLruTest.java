package io.kvepp.kvcache.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The cache of a worker behaves like a map in the order of use.
class BlockLruTest {
    private static final int OPERATIONS = 50_000;
    private static final int BLOCKS = 700;

    @Test
    void agreesWithAMapInTheOrderOfUse() {
        BlockLru lru = new BlockLru();
        LinkedHashMap<Integer, Integer> model = new LinkedHashMap<>();
        Random random = new Random(3);
        for (int i = 0; i < OPERATIONS; i++) {
            int block = random.nextInt(BLOCKS) << random.nextInt(20);
            if (!model.containsKey(block)) {
                lru.add(block, i);
                model.put(block, i);
            } else if (random.nextBoolean()) {
                lru.touch(block);
                model.putLast(block, model.get(block));
            } else {
                lru.remove(block);
                model.remove(block);
            }
            if (random.nextInt(3) == 0 && !model.isEmpty()) {
                int oldest = model.firstEntry().getKey();
                assertThat(lru.oldestBlock()).isEqualTo(oldest);
                lru.remove(oldest);
                model.remove(oldest);
            }
            int any = random.nextInt(BLOCKS);
            assertThat(lru.rowOf(any)).isEqualTo(model.getOrDefault(any, BlockLru.NONE));
            assertThat(lru.size()).isEqualTo(model.size());
        }
    }

    @Test
    void anEmptyOneHasNoOldestBlock() {
        assertThat(new BlockLru().oldestBlock()).isEqualTo(BlockLru.NONE);
    }
}
