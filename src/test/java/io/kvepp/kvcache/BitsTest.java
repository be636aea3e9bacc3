package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BitsTest {
    private static final int SIZE = 200;

    @Test
    void agreeWithABitSet() {
        Random random = new Random(9);
        long[] bits = Bits.NONE;
        BitSet set = new BitSet();
        for (int step = 0; step < 20_000; step++) {
            int from = random.nextInt(SIZE);
            int count = 1 + random.nextInt(SIZE - from);
            int before = set.cardinality();
            if (random.nextBoolean()) {
                bits = Bits.withRoom(bits, from + count);
                set.set(from, from + count);
                assertThat(Bits.set(bits, from, count)).isEqualTo(set.cardinality() - before);
            } else {
                set.clear(from, from + count);
                assertThat(Bits.clear(bits, from, count)).isEqualTo(before - set.cardinality());
            }
            int start = random.nextInt(SIZE);
            int end = start + random.nextInt(SIZE - start);
            assertThat(Bits.get(bits, start)).isEqualTo(set.get(start));
            assertThat(Bits.runLength(bits, start, end)).isEqualTo(Math.min(set.nextClearBit(start), end) - start);
            assertThat(Bits.length(bits)).isEqualTo(set.length());
            assertThat(Bits.count(bits)).isEqualTo(set.cardinality());
            assertThat(BitSet.valueOf(Bits.slice(bits, start, end))).isEqualTo(set.get(start, end));
        }
    }
}
