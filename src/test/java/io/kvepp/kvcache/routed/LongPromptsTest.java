package io.kvepp.kvcache.routed;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What others do while a very long prompt is being told to the index, step by step.
class LongPromptsTest {
    private static final WorkerWithDpRank ONE = new WorkerWithDpRank(1, 0);
    private static final WorkerWithDpRank TWO = new WorkerWithDpRank(2, 0);
    private static final BlockHasher HASHER = new BlockHasher(1, null, null, false);
    private static final int LONG = 20_000;
    private static final int STEP_BLOCKS_MAX = 1_024;

    private final WorkerSlots slots = new WorkerSlots();
    private final KvIndexer indexer = new PrefixKvIndexer(slots);
    private final KvIndexer index = (KvIndexer) Proxy.newProxyInstance(
            KvIndexer.class.getClassLoader(),
            new Class<?>[] {KvIndexer.class},
            (_, method, arguments) -> call(method, arguments));
    private final Deque<Runnable> meanwhile = new ArrayDeque<>();
    private final int[] tokens = IntStream.range(0, LONG).toArray();
    private int largestStep;
    private long nanos;

    LongPromptsTest() {
        slots.assign(ONE);
        slots.assign(TWO);
    }

    @Test
    void theIndexHearsOfItInStepsThatOthersCanWaitFor() {
        RoutedBlocks routed = routed(LONG);
        routed.routed(ONE, prompt(LONG)).undo();
        assertThat(index.stats().ownerBlocks().all()).isZero();
        routed.routed(ONE, prompt(LONG));
        assertThat(held(ONE, prompt(LONG))).isEqualTo(LONG);
        nanos += Duration.ofMinutes(2).toNanos();
        routed.expire();

        assertThat(index.stats().ownerBlocks().all()).isZero();
        assertThat(largestStep).isEqualTo(STEP_BLOCKS_MAX);
    }

    @Test
    void whatIsDecidedMeanwhileForItsRankFollowsIt() {
        RoutedBlocks routed = routed(2 * LONG);
        int[] other = tokens.clone();
        other[LONG - 1] = -1;
        meanwhile.add(() -> routed.routed(ONE, HASHER.hash(other)));
        routed.routed(ONE, prompt(LONG));

        assertThat(held(ONE, prompt(LONG))).isEqualTo(LONG);
        assertThat(held(ONE, HASHER.hash(other))).isEqualTo(LONG);
        assertThat(index.stats().rejected().unknownParents()).isZero();
    }

    @Test
    void whatIsDecidedMeanwhileForAnotherRankIsFoundAtOnce() {
        RoutedBlocks routed = routed(LONG);
        meanwhile.add(() -> {
            routed.routed(TWO, prompt(5));
            assertThat(held(TWO, prompt(5))).isEqualTo(5);
            assertThat(held(ONE, prompt(LONG))).isLessThan(LONG);
        });
        routed.routed(ONE, prompt(LONG));

        assertThat(meanwhile).isEmpty();
    }

    @Test
    void whatIsUndoneMeanwhileIsGoneInTheEnd() {
        RoutedBlocks routed = routed(2 * LONG);
        PrefixFinder.Undo earlier = routed.routed(ONE, HASHER.hash(new int[] {-7, -8}));
        meanwhile.add(earlier::undo);
        meanwhile.add(() -> routed.routed(ONE, HASHER.hash(new int[] {-7})));
        routed.routed(ONE, prompt(LONG));

        assertThat(held(ONE, HASHER.hash(new int[] {-7, -8}))).isEqualTo(1);
        assertThat(routed.blocks()).isEqualTo(LONG + 1);
        assertThat(index.stats().ownerBlocks().all()).isEqualTo(LONG + 1);
    }

    @Test
    void aRankThatLeavesMeanwhileHoldsNothingAfterwards() {
        RoutedBlocks routed = routed(LONG);
        meanwhile.add(() -> routed.removeRank(ONE, () -> slots.release(ONE)));
        routed.routed(ONE, prompt(LONG));

        assertThat(routed.blocks()).isZero();
        assertThat(index.stats().ownerBlocks().all()).isZero();
        slots.assign(ONE);
        assertThat(held(ONE, prompt(LONG))).isZero();
        routed.routed(ONE, prompt(3));
        assertThat(held(ONE, prompt(LONG))).isEqualTo(3);
    }

    private RoutedBlocks routed(int blocksPerRankMax) {
        return new RoutedBlocks(
                index, slots, new RoutedBlocks.Limits(Duration.ofMinutes(1), blocksPerRankMax), () -> nanos);
    }

    private int held(WorkerWithDpRank rank, BlockHashes hashes) {
        return index.findMatches(hashes).device(slots.slotOf(rank));
    }

    private BlockHashes prompt(int length) {
        return HASHER.hash(Arrays.copyOf(tokens, length));
    }

    /// Lets others do something after each whole step.
    private Object call(Method method, Object[] arguments) throws ReflectiveOperationException {
        Object result = method.invoke(indexer, arguments);
        if (method.getName().equals("apply")) {
            int blocks = blocks(((RouterEvent) arguments[0]).event());
            largestStep = Math.max(largestStep, blocks);
            if (blocks == STEP_BLOCKS_MAX && !meanwhile.isEmpty()) {
                meanwhile.poll().run();
            }
        }
        return result;
    }

    private static int blocks(KvCacheEvent event) {
        return switch (event) {
            case KvCacheEvent.Stored stored -> stored.blockHashes().length;
            case KvCacheEvent.Removed removed -> removed.blockHashes().length;
            case KvCacheEvent.Cleared() -> 0;
        };
    }
}
