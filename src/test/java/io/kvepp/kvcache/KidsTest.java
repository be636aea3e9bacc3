package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KidsTest {
    private static final int WIDE_AT = 2048;

    private final RunMemory memory = new RunMemory(new PagePool(IndexLimits.PAGE_LONGS, 1000, 1 << 15));

    /// Below and above the number from which there are several tables.
    @ParameterizedTest
    @CsvSource({"3, -1", "300, -1", "10000, -1", "40, 0"})
    void agreeWithAMap(int many, long kept) {
        Random random = new Random(11);
        Kids kids = new Kids(new KeyMix(random.nextLong(), random.nextLong() | 1, kept), null);
        Map<Long, Node> map = new HashMap<>();
        List<Long> present = new ArrayList<>();
        for (int step = 0; step < 60_000; step++) {
            boolean add = present.size() < many && random.nextInt(100) < (step / 20_000 == 1 ? 20 : 80);
            if (add || present.isEmpty()) {
                long local = random.nextLong();
                Node node = node(local, kids);
                kids.add(node);
                map.put(local, node);
                present.add(local);
            } else {
                long local = present.get(random.nextInt(present.size()));
                if (random.nextInt(4) == 0) {
                    Node node = node(local, kids);
                    kids.replace(map.get(local), node);
                    map.put(local, node);
                } else {
                    kids.remove(map.remove(local));
                    present.remove(local);
                }
            }
            assertThat(kids.isEmpty()).isEqualTo(map.isEmpty());
            long asked = present.isEmpty() ? 1 : present.get(random.nextInt(present.size()));
            assertThat(kids.find(asked)).isSameAs(map.get(asked));
            assertThat(kids.find(random.nextLong())).isNull();
        }
        present.forEach(local -> assertThat(kids.find(local)).isSameAs(map.get(local)));
    }

    /// Every step around the number from which there are several tables, and back to none.
    @Test
    void allAreFoundWhileTheTableBecomesManyAndWhenMostAreGone() {
        Kids kids = new Kids(KeyMix.random(new Random(3)), null);
        List<Node> added = new ArrayList<>();
        for (long local = 1; local <= 2 * WIDE_AT; local++) {
            added.add(node(local, kids));
            kids.add(added.getLast());
            if (Math.abs(local - WIDE_AT) <= 1) {
                assertThat(added).allMatch(node -> node.equals(kids.find(node.firstLocal)));
            }
        }
        assertThat(added).allMatch(node -> node.equals(kids.find(node.firstLocal)));
        while (added.size() > 1) {
            kids.remove(added.removeLast());
        }
        assertThat(kids.find(1)).isSameAs(added.getFirst());
        assertThat(kids.find(2)).isNull();
        kids.remove(added.getFirst());
        assertThat(kids.isEmpty()).isTrue();
        kids.add(node(5, kids));
        assertThat(kids.find(5)).isNotNull();
        assertThat(kids.find(1)).isNull();
    }

    private Node node(long local, Kids siblings) {
        Run run = new Run(0, true, memory.slabFor(2));
        run.write(new long[] {local}, new long[] {local}, 0, 1);
        run.setUsed(1);
        Node node = new Node(run, 0, 1, siblings);
        memory.free(run.slab(), run.base());
        memory.beginTurn();
        memory.recycle(1);
        return node;
    }
}
