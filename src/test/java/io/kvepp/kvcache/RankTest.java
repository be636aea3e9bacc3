package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RankTest {
    private static final int STEPS = 300_000;
    private static final int HELD_MAX = 10_000;

    private final RunMemory memory = new RunMemory(new PagePool(IndexLimits.PAGE_LONGS, 1000, 1 << 15));
    private final IdTable<Run> runs = new IdTable<>();
    private final Rank rank = new Rank(new WorkerWithDpRank(1, 0), 0);
    private final Kids siblings = new Kids(KeyMix.random(new Random(1)), null);

    /// Runs come, go, and come again, the first ones more often; the list knows those held and is not much
    /// longer.
    @Test
    void itsListHasAllItHoldsAndLittleElse() {
        Random random = new Random(2);
        Set<Integer> held = new HashSet<>();
        for (int id = 0; id < 2 * HELD_MAX; id++) {
            runs.set(runs.reserve(), newRun(id));
        }
        for (int step = 0; step < STEPS; step++) {
            int id = random.nextInt(random.nextBoolean() ? 50 : 2 * HELD_MAX);
            if (held.remove(id)) {
                runs.get(id).segment(0).setCutoff(0, 1, 0, 1);
            } else {
                held.add(id);
                rank.addRun(runs.get(id), runs);
                runs.get(id).segment(0).setCutoff(0, 0, 1, 1);
            }
            if (step % 10_000 == 0) {
                assertThat(rank.listed()).isLessThan(2 * held.size() + 8192);
            }
        }
        assertThat(Arrays.stream(rank.runIds(runs)).boxed()).containsExactlyInAnyOrderElementsOf(held);
    }

    private Run newRun(int id) {
        Run run = new Run(id, true, memory.slabFor(2));
        run.write(new long[] {id}, new long[] {id}, 0, 1);
        run.setUsed(1);
        run.addLast(new Node(run, 0, 1, siblings));
        return run;
    }
}
