package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The index takes memory for what is cached now.
class IndexMemoryTest {
    private static final int RANKS = 8;
    private static final int PROMPTS = 20_000;
    private static final int BLOCKS = 24;

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index = new PrefixKvIndexer(
            slots,
            new IndexLimits(
                    IndexLimits.ENTRIES_PER_RANK_MAX,
                    100_000,
                    512,
                    IndexLimits.TABLE_LINES,
                    1 << 15,
                    KeyMix.random(new Random(1))));
    private final List<long[]> prompts = new ArrayList<>();
    private final long empty = index.stats().bytes();
    private long eventId;

    IndexMemoryTest() {
        Random random = new Random(2);
        for (int i = 0; i < RANKS; i++) {
            slots.assign(rank(i));
        }
        for (int i = 0; i < PROMPTS; i++) {
            prompts.add(random.longs(BLOCKS).toArray());
        }
    }

    /// @param own whether a second rank has each prompt, by names of its own
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIndexThatWasFullAndIsEmptyIsSmall(boolean own) {
        fill(own);
        long full = index.stats().bytes();
        for (int i = 0; i < RANKS; i++) {
            index.removeRank(rank(i));
        }
        settle();
        assertThat(index.stats().bytes() - empty).isLessThan((full - empty) / 20);
    }

    /// Whole prompts at random go, which leaves something everywhere.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTenthThatStaysTakesLessThanAQuarterOfTheMemory(boolean own) {
        fill(own);
        long full = index.stats().bytes();
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < PROMPTS; i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(3));
        for (int i : order.subList(PROMPTS / 10, PROMPTS)) {
            remove(i, prompts.get(i));
            if (own) {
                remove(i + 1, ownNames(prompts.get(i)));
            }
        }
        settle();
        long left = index.stats().bytes();
        assertThat(left - empty).isLessThan((full - empty) / 4);
        for (int i : order.subList(0, PROMPTS / 10)) {
            long[] prompt = prompts.get(i);
            OverlapScores scores = index.findMatches(new BlockHashes(prompt, prompt, 16));
            assertThat(scores.device(slots.slotOf(rank(i)))).isEqualTo(BLOCKS);
            assertThat(scores.device(slots.slotOf(rank(i + 1)))).isEqualTo(own ? BLOCKS : 0);
        }
        for (int i : order.subList(0, PROMPTS / 10)) {
            remove(i, prompts.get(i));
            if (own) {
                remove(i + 1, ownNames(prompts.get(i)));
            }
        }
        assertThat(index.stats().rejected()).as("every name is found").isEqualTo(IndexStats.NONE.rejected());
        assertThat(index.parts()).isZero();
    }

    /// @param blocks of a prompt: with one block each, what is around the blocks takes most of the memory
    @ParameterizedTest
    @ValueSource(ints = {1, 100})
    void anIndexIsFullBeforeTheHeapIs(int blocks) throws Exception {
        String told = runAlone("128m", FullHeap.class, String.valueOf(blocks));
        assertThat(Long.parseLong(told)).isGreaterThan(100_000);
    }

    /// One rank a prompt, few of many, and so many that nodes and tiers have all forms.
    @ParameterizedTest
    @CsvSource({"16, 20000, 1", "1024, 20000, 6", "1024, 3000, 200", "1024, 1000, 600"})
    void theIndexTakesWhatItSays(int ranks, int prompts, int holders) throws Exception {
        String[] measuredAndTold = runAlone(
                        "1g",
                        WeighedIndex.class,
                        String.valueOf(ranks),
                        String.valueOf(prompts),
                        String.valueOf(holders))
                .split(" ", 2);
        double measured = Double.parseDouble(measuredAndTold[0]);
        assertThat(Double.parseDouble(measuredAndTold[1])).isBetween(0.85 * measured, 1.15 * measured);
    }

    /// What the program prints, in a process with the product's collector and layout of objects.
    private static String runAlone(String heap, Class<?> program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Xmx" + heap,
                "-XX:+UseG1GC",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(told).isZero();
        return told.strip();
    }

    @ParameterizedTest
    @CsvSource({"0, 16", "128, 42", "3136, 2048", "65536, 12288"})
    void theHeapSaysHowMuchAnIndexMayTake(long heapMebibytes, long expectedMebibytes) {
        IndexLimits limits = IndexLimits.of(new Random(1), heapMebibytes << 20);
        assertThat((long) limits.pagesMax() * IndexLimits.PAGE_LONGS * Long.BYTES >> 20)
                .isEqualTo(expectedMebibytes);
    }

    private void fill(boolean own) {
        for (int i = 0; i < PROMPTS; i++) {
            store(i, prompts.get(i), prompts.get(i));
            if (own) {
                store(i + 1, prompts.get(i), ownNames(prompts.get(i)));
            }
        }
    }

    private static long[] ownNames(long[] prompt) {
        return Arrays.stream(prompt).map(hash -> ~hash).toArray();
    }

    /// Events that change little, so that what is done step by step comes to its end.
    private void settle() {
        long[] prompt = {1, 2};
        for (int i = 0; i < PROMPTS; i++) {
            store(0, prompt, prompt);
            remove(0, prompt);
        }
    }

    private void store(int number, long[] prompt, long[] names) {
        apply(number, new KvCacheEvent.Stored(OptionalLong.empty(), names, prompt));
    }

    private void remove(int number, long[] prompt) {
        long[] leafFirst = new long[prompt.length];
        Arrays.setAll(leafFirst, i -> prompt[prompt.length - 1 - i]);
        apply(number, new KvCacheEvent.Removed(leafFirst));
    }

    private void apply(int number, KvCacheEvent event) {
        index.apply(new RouterEvent(rank(number), StorageTier.DEVICE, ++eventId, event));
    }

    private static WorkerWithDpRank rank(int number) {
        return new WorkerWithDpRank(1 + number % RANKS, 0);
    }
}
