package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Owners agree with a map, in every form they take.
class OwnersTest {
    private static final int LENGTH = 40;
    private static final int SLOTS_MAX = 4096;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 20, 70, 1000})
    void agreeWithAMap(int slotCount) {
        Random random = new Random(slotCount);
        Owners owners = new Owners();
        TreeMap<Integer, Integer> map = new TreeMap<>();
        for (int step = 0; step < 20_000; step++) {
            int slot = random.nextInt(slotCount);
            boolean leaves = random.nextInt(100) < (step / 4000 % 2 == 0 ? 30 : 70);
            int cutoff = leaves ? 0 : 1 + random.nextInt(LENGTH);
            owners.setCutoff(slot, cutoff, slotCount);
            map.put(slot, cutoff);
            if (step % 50 == 0) {
                check(owners, map, slotCount, random.nextInt(LENGTH));
            }
        }
    }

    /// A quarter of the slots is where the table becomes an array, a sixteenth where it is a table again.
    @ParameterizedTest
    @ValueSource(ints = {1023, 1024, 1025, 1026, 4096})
    void asManyAsThereCanBeComeAndGoInEveryForm(int many) {
        Owners owners = new Owners();
        TreeMap<Integer, Integer> map = new TreeMap<>();
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, SLOTS_MAX).boxed().toList());
        Collections.shuffle(order, new Random(many));
        for (int slot : order.subList(0, many)) {
            owners.setCutoff(slot, 1 + slot % LENGTH, SLOTS_MAX);
            map.put(slot, 1 + slot % LENGTH);
        }
        check(owners, map, SLOTS_MAX, 7);
        for (int i = 0; i < many; i++) {
            owners.setCutoff(order.get(i), 0, SLOTS_MAX);
            map.put(order.get(i), 0);
            int left = many - 1 - i;
            if (left == 0 || left == 255 || left == 256 || left == 257 || left == 1024) {
                check(owners, map, SLOTS_MAX, 7);
            }
        }
        owners.setCutoff(SLOTS_MAX - 1, LENGTH, SLOTS_MAX);
        map.put(SLOTS_MAX - 1, LENGTH);
        check(owners, map, SLOTS_MAX, LENGTH - 1);
    }

    private static void check(Owners owners, Map<Integer, Integer> map, int slotCount, int at) {
        int[] cutoffs = IntStream.range(0, slotCount)
                .map(slot -> map.getOrDefault(slot, 0))
                .toArray();
        assertThat(IntStream.range(0, slotCount).map(owners::cutoff).toArray()).isEqualTo(cutoffs);
        assertThat(owners.highestCutoff()).isEqualTo(IntStream.of(cutoffs).max().orElse(0));
        assertThat(owners.countOf(LENGTH))
                .isEqualTo((int) IntStream.of(cutoffs).filter(c -> c == LENGTH).count());

        Owners tail = new Owners();
        tail.takeOwners(owners, at, LENGTH, slotCount);
        assertThat(IntStream.range(0, slotCount).map(tail::cutoff).toArray())
                .isEqualTo(IntStream.of(cutoffs).map(c -> Math.max(0, c - at)).toArray());

        // Ranks with an even slot come from a node of 5 blocks, the others left the way before.
        int[] lengths =
                IntStream.range(0, slotCount).map(slot -> slot % 2 == 0 ? 5 : 4).toArray();
        int all = owners.advance(lengths, 5, 10);
        assertThat(lengths)
                .isEqualTo(IntStream.range(0, slotCount)
                        .map(slot -> slot % 2 == 0 ? 5 + Math.min(10, cutoffs[slot]) : 4)
                        .toArray());
        assertThat(all).isEqualTo((int)
                IntStream.of(lengths).filter(length -> length == 15).count());
    }
}
