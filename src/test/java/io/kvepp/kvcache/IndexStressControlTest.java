package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What [IndexStressTest] would say of an index that does not tell its readers of one kind of change.
class IndexStressControlTest {
    private static final Duration MOST = Duration.ofSeconds(60);

    private interface Run {
        @Nullable
        String of(IndexStress stress) throws InterruptedException;
    }

    /// Readers that believe whatever they saw.
    private static final class Believing extends Phase {
        Believing(RunMemory memory) {
            super(memory);
        }

        @Override
        boolean isSameTurn(long before) {
            return true;
        }

        @Override
        boolean isSame(long before) {
            return true;
        }
    }

    /// Any two removals in one turn.
    private static final class OneTurnForRemovals extends Phase {
        OneTurnForRemovals(RunMemory memory) {
            super(memory);
        }

        @Override
        void betweenRemovals() {}
    }

    /// A rank that goes block by block.
    private static final class ClearingSilently extends Phase {
        ClearingSilently(RunMemory memory) {
            super(memory);
        }

        @Override
        void beforeClear(int slot) {
            super.beforeClear(NOBODY);
        }
    }

    /// Who looks at several tiers asks for the turn only.
    private static final class ForOneTier extends Phase {
        ForOneTier(RunMemory memory) {
            super(memory);
        }

        @Override
        boolean isSame(long before) {
            return isSameTurn(before);
        }
    }

    @Test
    void readersThatBelieveWhatTheySawAreFoundOut() throws InterruptedException {
        isFoundOut(Believing::new, IndexStress::blocksThatWereNeverHeldTogetherDoNotMatchTogether);
    }

    @Test
    void removalsInOneTurnAreFoundOut() throws InterruptedException {
        isFoundOut(OneTurnForRemovals::new, IndexStress::ofTwoRemovalsTheLaterIsNotSeenAlone);
    }

    @Test
    void aRankThatGoesBlockByBlockIsFoundOut() throws InterruptedException {
        isFoundOut(ClearingSilently::new, IndexStress::aRankIsForgottenAtOnce);
    }

    @Test
    void tiersOfTwoMomentsAreFoundOut() throws InterruptedException {
        isFoundOut(ForOneTier::new, IndexStress::aBlockThatMovesBetweenTiersCountsOnce);
    }

    private static void isFoundOut(Function<RunMemory, Phase> broken, Run run) throws InterruptedException {
        assertThat(run.of(new IndexStress(broken, MOST))).startsWith("matched");
    }
}
