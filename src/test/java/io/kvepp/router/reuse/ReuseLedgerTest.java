package io.kvepp.router.reuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReuseLedgerTest {
    private static final int BLOCK = 16;
    private static final WorkerWithDpRank WORKER = new WorkerWithDpRank(-7, 1);
    private static final int[] PROMPT = IntStream.range(0, 10 * BLOCK + 3).toArray();

    private final EppMetrics metrics = new EppMetrics();
    private final AtomicLong nanos = new AtomicLong();
    private final ReuseLedger ledger = new ReuseLedger(metrics, true, nanos::get);
    private final BlockHashes prompt = hashes(PROMPT);
    private long eventId;

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void whatTheResponseSaysOfTheAggregatedWorkerIsDelivered() {
        open(claim(6, 4, true)).close(true, 48);

        assertSums(6 * BLOCK, 4 * BLOCK, 48);
        assertThat(sum("prompt")).isEqualTo(PROMPT.length);
    }

    @Test
    void withoutUsageItIsWhatTheEventsDoNotStoreAnew() {
        ReuseWatch watch = open(claim(4, 4, true));
        store(WORKER, prompt.local(), 5, 10);
        watch.close(true, -1);
        assertSums(0, 0, 0);

        later();
        assertSums(4 * BLOCK, 4 * BLOCK, 5 * BLOCK);
    }

    @Test
    void theUsageOfAnotherWorkerIsNotAskedAndLateEventsCount() {
        ReuseWatch watch = open(claim(4, 4, false));
        watch.close(true, 9 * BLOCK);
        store(WORKER, prompt.local(), 4, 10);
        later();

        assertSums(4 * BLOCK, 4 * BLOCK, 4 * BLOCK);
    }

    @Test
    void onlyBlocksOfThePromptCountAndThoseThatFollowItDoNot() {
        ReuseWatch watch = open(claim(0, 0, false));
        long[] withOutput = Arrays.copyOf(prompt.local(), 12);
        withOutput[10] = 77;
        withOutput[11] = 78;
        store(WORKER, withOutput, 8, 12);
        store(WORKER, new long[] {99}, 0, 1);
        store(new WorkerWithDpRank(-7, 0), prompt.local(), 0, 10);
        ledger.onEvent(event(WORKER, StorageTier.HOST_PINNED, prompt.local()));
        watch.close(true, -1);
        later();

        assertSums(0, 0, 8 * BLOCK);
    }

    @Test
    void aPromptOfEqualBlocksIsCountedByNumber() {
        BlockHashes repeating = hashes(new int[8 * BLOCK]);
        ReuseWatch watch = open(new ReuseClaim("m", WORKER, 8 * BLOCK, repeating, 0, 0, false, true, true));
        store(WORKER, repeating.local(), 5, 8);
        watch.close(true, -1);
        later();

        assertSums(0, 0, 5 * BLOCK);
    }

    @Test
    void anEventCountsForTheOldestRequestOfThatPrompt() {
        ReuseWatch first = open(claim(0, 0, false));
        ReuseWatch second = open(claim(0, 0, false));
        store(WORKER, prompt.local(), 0, 10);
        first.close(true, -1);
        second.close(true, -1);
        later();

        assertSums(0, 0, 10 * BLOCK);
    }

    @Test
    void aRequestThatFailedOrOfWhichNothingIsKnownIsLeftOut() {
        open(claim(4, 4, true)).close(false, 48);
        open(claim(4, 4, false)).close(false, -1);
        open(new ReuseClaim("m", WORKER, PROMPT.length, prompt, 64, 64, true, false, true))
                .close(true, -1);
        later();
        assertThat(ledger.open(new ReuseClaim("m", WORKER, PROMPT.length, prompt, 64, 64, false, false, true)))
                .as("a prefill worker without events")
                .isNull();

        assertSums(0, 0, 0);
    }

    @Test
    void closingTwiceIsClosingOnce() {
        ReuseWatch watch = open(claim(4, 4, true));
        watch.close(true, 64);
        watch.close(true, 64);
        watch.close(true, -1);
        later();

        assertSums(4 * BLOCK, 4 * BLOCK, 4 * BLOCK);
    }

    @Test
    void aWorkerThatDeliversSomethingElseIsNamedWithinItsFirstRequestsAndClearedWhenItIsRightAgain() {
        for (int i = 0; i < DeliveryRecord.DIFFERENT_MIN; i++) {
            assertThat(ledger.off()).isEmpty();
            open(claim(0, 0, true)).close(true, 9 * BLOCK);
        }
        assertThat(ledger.off()).isEqualTo(Set.of(-7L));
        assertThat(metrics.scrape()).contains("kv_epp_worker_reuse_off{worker=\"18446744073709551609\"} 1");

        for (int i = 0; i < DeliveryRecord.REQUESTS; i++) {
            open(claim(9, 9, true)).close(true, 9 * BLOCK);
        }
        assertThat(ledger.off()).isEmpty();
        assertThat(metrics.scrape()).contains("kv_epp_worker_reuse_off{worker=\"18446744073709551609\"} 0");
    }

    @Test
    void aWorkerWhoseEventsPromiseMoreThanItHasIsNamedToo() {
        for (int i = 0; i < DeliveryRecord.DIFFERENT_MIN; i++) {
            open(claim(9, 9, true)).close(true, 0);
        }

        assertThat(ledger.off()).isEqualTo(Set.of(-7L));
    }

    @Test
    void fewDifferencesADifferenceOfABlockAndBusyWorkersProveNothing() {
        for (int i = 0; i < 200; i++) {
            int delivered = i % 10 == 0 ? 0 : 9 * BLOCK;
            open(claim(9, 9, true)).close(true, delivered);
            open(claim(9, 9, true)).close(true, 8 * BLOCK);
            open(new ReuseClaim("m", WORKER, PROMPT.length, prompt, 0, 0, true, true, false))
                    .close(true, 9 * BLOCK);
        }

        assertThat(ledger.off()).isEmpty();
    }

    @Test
    void withoutKvEventsResponsesAloneAreBelievedAndNobodyIsNamed() {
        ReuseLedger decisionsAlone = new ReuseLedger(metrics, false, nanos::get);
        assertThat(decisionsAlone.open(claim(4, 4, false))).isNull();
        for (int i = 0; i < DeliveryRecord.REQUESTS; i++) {
            @Nullable ReuseWatch watch = decisionsAlone.open(claim(4, 4, true));
            assertThat(watch).isNotNull();
            watch.close(true, i % 2 == 0 ? 0 : -1);
        }

        assertSums(25L * 4 * BLOCK, 25L * 4 * BLOCK, 0);
        assertThat(decisionsAlone.off()).isEmpty();
    }

    @Test
    void aWorkerThatLeftIsForgotten() {
        for (int i = 0; i < DeliveryRecord.DIFFERENT_MIN; i++) {
            open(claim(9, 9, true)).close(true, 0);
        }
        ledger.retain(Set.of(1L));

        assertThat(ledger.off()).isEmpty();
        assertThat(metrics.scrape()).doesNotContain("kv_epp_worker_reuse_off{");
    }

    private ReuseWatch open(ReuseClaim claim) {
        @Nullable ReuseWatch watch = ledger.open(claim);
        assertThat(watch).isNotNull();
        return watch;
    }

    private ReuseClaim claim(int heldBlocks, int capturedBlocks, boolean aggregated) {
        return new ReuseClaim(
                "m", WORKER, PROMPT.length, prompt, heldBlocks * BLOCK, capturedBlocks * BLOCK, aggregated, true, true);
    }

    private void store(WorkerWithDpRank worker, long[] local, int from, int to) {
        ledger.onEvent(event(worker, StorageTier.DEVICE, Arrays.copyOfRange(local, from, to)));
    }

    private RouterEvent event(WorkerWithDpRank worker, StorageTier tier, long[] tokensHashes) {
        return new RouterEvent(
                worker,
                tier,
                ++eventId,
                new KvCacheEvent.Stored(OptionalLong.empty(), new long[tokensHashes.length], tokensHashes));
    }

    private void later() {
        nanos.addAndGet(ReuseLedger.EVENTS_LATE_MAX.toNanos());
        ledger.tick();
    }

    private void assertSums(long held, long captured, long delivered) {
        assertThat(new long[] {sum("held"), sum("captured"), sum("delivered")})
                .containsExactly(held, captured, delivered);
    }

    private long sum(String what) {
        String name = "kv_epp_reuse_" + what + "_tokens_total{model=\"m\"} ";
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length())))
                .sum();
    }

    private static BlockHashes hashes(int[] tokenIds) {
        return new BlockHasher(BLOCK, null, null, false).hash(tokenIds);
    }
}
