package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.kvevents.RecoveryReply;
import io.kvepp.kvevents.RecoveryReply.Refused;
import io.kvepp.kvevents.RecoveryReply.TreeDump;
import io.kvepp.kvevents.testing.FakeRecoveryClient;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class FreshStartTest {
    private static final OptionalLong WHOLE_TREE = OptionalLong.empty();
    private static final TreeDump HELD = new TreeDump(
            List.of(new RouterEvent(
                    new WorkerWithDpRank(1, 0),
                    StorageTier.DEVICE,
                    0,
                    new KvCacheEvent.Stored(OptionalLong.empty(), new long[] {11}, new long[] {12}))),
            41);
    private static final TreeDump EMPTIED = new TreeDump(List.of(), 41);

    private final FakeRecoveryClient workers = new FakeRecoveryClient();
    private final FreshStart fresh = new FreshStart(workers);

    private static KvEventPublisher publisher(long id) {
        return new KvEventPublisher(
                id,
                new WorkerWithDpRank(1, 0),
                "tcp://10.0.0.5:5557",
                new RecoveryTarget("10.0.0.5:41877/7b/q", RecoveryTarget.Codec.MSGPACK));
    }

    private CompletableFuture<RecoveryReply> ask(KvEventPublisher publisher, OptionalLong startEventId) {
        return fresh.recover(publisher, startEventId, Duration.ofSeconds(1));
    }

    private RecoveryReply told(KvEventPublisher publisher, OptionalLong startEventId, RecoveryReply reply) {
        CompletableFuture<RecoveryReply> asked = ask(publisher, startEventId);
        workers.last().answer().complete(reply);
        return asked.join();
    }

    @Test
    void whatARankHeldAtFirstIsForgottenAndItsNewestEventIsNot() {
        assertThat(told(publisher(7), WHOLE_TREE, HELD)).isEqualTo(EMPTIED);
    }

    @Test
    void whatItHoldsWhenItIsAskedAgainCounts() {
        told(publisher(7), WHOLE_TREE, HELD);
        assertThat(told(publisher(7), WHOLE_TREE, HELD)).isEqualTo(HELD);
    }

    @Test
    void everyRankStartsEmpty() {
        told(publisher(7), WHOLE_TREE, HELD);
        assertThat(told(publisher(8), WHOLE_TREE, HELD)).isEqualTo(EMPTIED);
    }

    @Test
    void missedEventsAreNotForgotten() {
        assertThat(told(publisher(7), OptionalLong.of(40), HELD)).isEqualTo(HELD);
    }

    @Test
    void aQuestionThatFailsDoesNotCountAsTheFirst() {
        CompletableFuture<RecoveryReply> failed = ask(publisher(7), WHOLE_TREE);
        workers.last().answer().completeExceptionally(new IllegalStateException("no connection"));
        assertThat(failed).isCompletedExceptionally();
        Refused refusal = new Refused("TreeDumpFailed");
        assertThat(told(publisher(7), WHOLE_TREE, refusal)).isEqualTo(refusal);

        assertThat(told(publisher(7), WHOLE_TREE, HELD)).isEqualTo(EMPTIED);
    }

    @Test
    void aQuestionThatIsGivenUpIsGivenUpAtTheWorkerToo() {
        ask(publisher(7), WHOLE_TREE).cancel(true);
        assertThat(workers.last().answer()).isCancelled();
    }

    @Test
    void whoCanBeAskedIsAsBefore() {
        assertThat(fresh.canRecover(publisher(7))).isTrue();
        assertThat(fresh.canRecover(new KvEventPublisher(7, new WorkerWithDpRank(1, 0), "tcp://10.0.0.5:5557")))
                .isFalse();
    }
}
