package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IdTableTest {
    private final IdTable<String> table = new IdTable<>();

    @Test
    void agreesWithAMapWhileItGrowsAndShrinks() {
        Random random = new Random(4);
        Map<Integer, String> map = new HashMap<>();
        List<Integer> ids = new ArrayList<>();
        for (int step = 0; step < 200_000; step++) {
            if (random.nextInt(100) < (step / 40_000 % 2 == 0 ? 75 : 22)) {
                int id = table.reserve();
                table.set(id, "at " + step);
                assertThat(map.put(id, "at " + step)).isNull();
                ids.add(id);
            } else if (!ids.isEmpty()) {
                int id = ids.set(random.nextInt(ids.size()), ids.getLast());
                ids.removeLast();
                assertThat(table.get(id)).isEqualTo(map.remove(id));
                table.release(id);
                assertThat(table.find(id)).isNull();
            }
            assertThat(table.count()).isEqualTo(map.size());
        }
    }

    @Test
    void itsMemoryGoesWithItsObjects() {
        long empty = table.bytes();
        for (int i = 0; i < 100_000; i++) {
            table.set(table.reserve(), "object");
        }
        assertThat(table.bytes()).isGreaterThan(empty + 400_000);
        for (int id = 0; id < 100_000; id++) {
            table.release(id);
        }
        assertThat(table.bytes() - empty).isLessThan(1000);
        assertThat(table.reserve()).as("the lowest").isZero();
    }
}
