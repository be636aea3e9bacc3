package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PagePoolTest {
    private static final int SLAB_LONGS = 1 << 15;
    private static final int PAGES_OF_SLAB = SLAB_LONGS / IndexLimits.PAGE_LONGS - 1;
    private static final int PAGES = 40 * PAGES_OF_SLAB;

    private final PagePool pool = new PagePool(IndexLimits.PAGE_LONGS, PAGES, SLAB_LONGS);

    @Test
    void slabsWithoutPagesInUseAreLetGoButForOne() {
        List<Integer> taken = take(PAGES);
        assertThat(pool.take()).isEqualTo(PagePool.NONE);
        long full = pool.bytes();

        Collections.shuffle(taken, new Random(1));
        taken.forEach(pool::give);
        assertThat(pool.bytes()).isEqualTo(full / 40);
        assertThat(pool.pagesInUse()).isZero();

        assertThat(take(PAGES)).as("as many as before").hasSize(PAGES).doesNotHaveDuplicates();
        assertThat(pool.bytes()).isEqualTo(full);
    }

    /// Pages that come and go for long end up in few slabs.
    @Test
    void whatIsTakenAfterwardsFillsTheFirstSlabs() {
        List<Integer> taken = take(PAGES);
        Random random = new Random(2);
        Collections.shuffle(taken, random);
        while (taken.size() > PAGES / 10) {
            pool.give(taken.removeLast());
        }
        for (int step = 0; step < 4 * PAGES; step++) {
            pool.give(taken.set(random.nextInt(taken.size()), pool.take()));
        }
        assertThat(pool.bytes()).isLessThanOrEqualTo(12L * SLAB_LONGS * Long.BYTES);
    }

    /// No page is handed out twice, and none changes its memory while it is in use.
    @Test
    void aPageStaysWhereItIsWhileSlabsComeAndGo() {
        Random random = new Random(3);
        Map<Integer, Long> marks = new HashMap<>();
        List<Integer> taken = new ArrayList<>();
        Set<Integer> seen = new HashSet<>();
        for (int step = 0; step < 50_000; step++) {
            if (random.nextInt(100) < (step / 5000 % 2 == 0 ? 70 : 25)) {
                int page = pool.take();
                if (page != PagePool.NONE) {
                    assertThat(seen.add(page)).isTrue();
                    taken.add(page);
                    marks.put(page, random.nextLong());
                    pool.memory(page)[pool.base(page)] = marks.get(page);
                }
            } else if (!taken.isEmpty()) {
                int page = taken.set(random.nextInt(taken.size()), taken.getLast());
                taken.removeLast();
                assertThat(pool.memory(page)[pool.base(page)]).isEqualTo(marks.get(page));
                seen.remove(page);
                pool.give(page);
            }
        }
    }

    private List<Integer> take(int count) {
        List<Integer> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            taken.add(pool.take());
        }
        return taken;
    }
}
