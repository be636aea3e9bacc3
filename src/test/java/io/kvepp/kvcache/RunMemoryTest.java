package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunMemoryTest {
    private static final int PAGES_MAX = 400;

    private final PagePool pool = new PagePool(IndexLimits.PAGE_LONGS, PAGES_MAX, 1 << 15);
    private final RunMemory memory = new RunMemory(pool);

    private record Array(RunMemory.Slab slab, int base, int longs, long mark) {}

    @ParameterizedTest
    @CsvSource({"1, 1", "8, 8", "9, 10", "11, 12", "15, 16", "17, 20", "97, 112", "1025, 1280", "2048, 2048"})
    void anArrayHasAtMostAQuarterMoreThanAsked(int longs, int gets) {
        assertThat(RunMemory.sizeFor(longs)).isEqualTo(gets);
    }

    @Test
    void arraysDoNotOverlapAndKeepWhatIsInThem() {
        Random random = new Random(5);
        List<Array> arrays = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            if (random.nextInt(100) < (step / 2000 % 2 == 0 ? 60 : 40)) {
                int longs = 1 + random.nextInt(random.nextBoolean() ? 20 : IndexLimits.PAGE_LONGS);
                RunMemory.Slab slab = memory.slabFor(longs);
                if (slab != null) {
                    arrays.add(filled(slab, longs, random.nextLong()));
                }
            } else if (!arrays.isEmpty()) {
                Array array = arrays.remove(random.nextInt(arrays.size()));
                assertUnchanged(array);
                memory.free(array.slab, array.base);
            }
            if (step % 10 == 0) {
                recycleAll();
            }
        }
        arrays.forEach(RunMemoryTest::assertUnchanged);
        arrays.forEach(array -> memory.free(array.slab, array.base));
        recycleAll();
        assertThat(pool.pagesInUse()).isZero();
    }

    @Test
    void whatIsFreedStaysAsItIsUntilItIsRecycled() {
        Array freed = filled(memory.slabFor(IndexLimits.PAGE_LONGS), IndexLimits.PAGE_LONGS, 42);
        memory.free(freed.slab, freed.base);
        for (int page = 1; page < PAGES_MAX; page++) {
            filled(memory.slabFor(IndexLimits.PAGE_LONGS), IndexLimits.PAGE_LONGS, page);
        }
        assertUnchanged(freed);
        assertThat(memory.slabFor(1)).as("every page is taken").isNull();

        recycleAll();
        assertThat(memory.slabFor(1)).isNotNull();
    }

    @Test
    void oneStepTakesBackNoMoreThanItIsAllowed() {
        List<Array> arrays = new ArrayList<>();
        for (int page = 0; page < 10; page++) {
            arrays.add(filled(memory.slabFor(IndexLimits.PAGE_LONGS), IndexLimits.PAGE_LONGS, page));
        }
        arrays.forEach(array -> memory.free(array.slab, array.base));
        memory.recycle(4);
        assertThat(pool.pagesInUse()).as("of this turn").isEqualTo(10);

        memory.beginTurn();
        memory.recycle(4);
        assertThat(pool.pagesInUse()).isEqualTo(6);
        recycleAll();
        assertThat(pool.pagesInUse()).isZero();
    }

    private void recycleAll() {
        memory.beginTurn();
        memory.recycle(Integer.MAX_VALUE);
    }

    private static Array filled(RunMemory.Slab slab, int longs, long mark) {
        Array array = new Array(slab, slab.take(), longs, mark);
        Arrays.fill(slab.memory, array.base, array.base + longs, mark);
        return array;
    }

    private static void assertUnchanged(Array array) {
        for (int i = array.base; i < array.base + array.longs; i++) {
            if (array.slab.memory[i] != array.mark) {
                assertThat(array.slab.memory[i]).isEqualTo(array.mark);
            }
        }
    }
}
