package io.kvepp.router.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvepp.scheduling.RouterMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Replays so small that every figure can be worked out by hand.
class SimulationTest {
    private static final Policy TURNS = Policy.of(RouterMode.ROUND_ROBIN);

    @Test
    void aPromptIsComputedAtItsSpeedAndTheNextWaits() {
        List<TraceRequest> trace = List.of(request(0, 8_000, 50, 1), request(0, 4_000, 50, 100));

        Replay replay = new Simulation(trace, TURNS, 1, 1, 1).run();

        // the first takes 1 s, the second another half; each answer 1 s
        assertThat(replay.ttftMeanMillis()).isCloseTo((1_000 + 1_500) / 2.0, within(1e-6));
        assertThat(replay.ttftP99Millis()).isCloseTo(1_500, within(1e-6));
        assertThat(replay.seconds()).isCloseTo(2.5, within(1e-9));
        assertThat(replay.hitRate()).isZero();
    }

    @Test
    void whatIsCachedNeedNotBeComputed() {
        List<TraceRequest> trace = List.of(request(0, 1_024, 1, 1), request(1_000, 1_024, 1, 1));

        Replay replay = new Simulation(trace, TURNS, 1, 1, 1).run();

        // all 8 blocks are there; one token is computed all the same
        assertThat(replay.hitRate()).isEqualTo(0.5);
        assertThat(replay.ttftMeanMillis()).isCloseTo((128 + 0.125) / 2, within(1e-6));
    }

    @Test
    void eventsReachTheIndexLaterThanTheOracle() {
        // computed after 128 ms, told 5 ms later
        assertThat(hitRates(Policy.KV, 129)).as("too early for the event").contains(0.0);
        assertThat(hitRates(Policy.KV, 134)).containsOnly(0.5);
        assertThat(hitRates(Policy.ORACLE, 129)).containsOnly(0.5);
    }

    /// Of two equal requests, the second so much later, by several seeds.
    private static double[] hitRates(Policy policy, long laterMillis) {
        List<TraceRequest> trace = List.of(request(0, 1_024, 400, 1), request(laterMillis, 1_024, 400, 1));
        return LongStream.range(0, 10)
                .mapToDouble(
                        seed -> new Simulation(trace, policy, 2, 1, seed).run().hitRate())
                .toArray();
    }

    @Test
    void theOracleKnowsWhatAWaitingRequestWillLeave() {
        List<TraceRequest> trace = List.of(request(0, 8_192, 1, 1), request(1, 8_192, 1, 1));

        assertThat(new Simulation(trace, Policy.ORACLE, 2, 1, 1).run().hitRate())
                .isEqualTo(0.5);
    }

    @Test
    void workInTurnsIsSpreadEvenlyAndAlwaysTheSame() {
        List<TraceRequest> trace = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            trace.add(request(100L * i, 2_000, 20, 1_000L * i));
        }

        Replay first = new Simulation(trace, TURNS, 4, 1, 1).run();

        assertThat(first.loadCv()).isZero();
        assertThat(new Simulation(trace, TURNS, 4, 1, 1).run()).isEqualTo(first);
        assertThat(new Simulation(trace, Policy.KV, 4, 1, 9).run())
                .isEqualTo(new Simulation(trace, Policy.KV, 4, 1, 9).run());
    }

    @Test
    void atRateOneRequestsArriveAtSevenTenthsOfTheCapacity() {
        List<TraceRequest> trace = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            trace.add(request(10L * i, 8_000, 1, 1_000L * i));
        }

        // one worker serves one a second; the trace brings 100 in 0.99 s
        double scale = RoutingDriver.scaleAtRateOne(trace, 1, 1);

        assertThat(100 / (0.99 * scale)).isCloseTo(0.7, within(0.001));
    }

    /// `blocks`: the id of its first block of 512 tokens; the others follow.
    private static TraceRequest request(long arrivalMillis, int promptTokens, int outputTokens, long blocks) {
        long[] ids =
                LongStream.range(blocks, blocks + (promptTokens + 511) / 512).toArray();
        return TraceRequest.of(arrivalMillis, promptTokens, outputTokens, ids);
    }
}
