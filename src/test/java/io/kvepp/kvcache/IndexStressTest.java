package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Readers beside the writer see only states that existed. `-Dkvepp.stress.seconds=N` runs each test
/// for N seconds.
class IndexStressTest {
    private final IndexStress stress =
            new IndexStress(Phase::new, Duration.ofSeconds(Long.getLong("kvepp.stress.seconds", 3)));

    @Test
    void blocksThatWereNeverHeldTogetherDoNotMatchTogether() throws InterruptedException {
        assertThat(stress.blocksThatWereNeverHeldTogetherDoNotMatchTogether()).isNull();
    }

    @Test
    void ofTwoRemovalsTheLaterIsNotSeenAlone() throws InterruptedException {
        assertThat(stress.ofTwoRemovalsTheLaterIsNotSeenAlone()).isNull();
    }

    @Test
    void aRankIsForgottenAtOnce() throws InterruptedException {
        assertThat(stress.aRankIsForgottenAtOnce()).isNull();
    }

    @Test
    void whatIsDumpedOfARankIsWhatItHeld() throws InterruptedException {
        assertThat(stress.whatIsDumpedOfARankIsWhatItHeld()).isNull();
    }

    @Test
    void whatIsDumpedInPiecesIsOneState() throws InterruptedException {
        assertThat(stress.whatIsDumpedInPiecesIsOneState()).isNull();
    }

    @Test
    void whatStaysHeldStaysFound() throws InterruptedException {
        assertThat(stress.whatStaysHeldStaysFound()).isNull();
    }

    @Test
    void whatStaysHeldStaysFoundWhileTheIndexGrowsAndShrinks() throws InterruptedException {
        assertThat(stress.whatStaysHeldStaysFoundWhileTheIndexGrowsAndShrinks()).isNull();
    }

    @Test
    void aBlockThatMovesBetweenTiersCountsOnce() throws InterruptedException {
        assertThat(stress.aBlockThatMovesBetweenTiersCountsOnce()).isNull();
    }

    @Test
    void readersOfAWriterThatNeverRestsGetTheirAnswers() throws InterruptedException {
        assertThat(stress.readersOfAWriterThatNeverRestsGetTheirAnswers()).isNull();
    }
}
