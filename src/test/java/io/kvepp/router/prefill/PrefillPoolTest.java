package io.kvepp.router.prefill;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.testing.ModelCards;
import io.kvepp.worker.ModelCard;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PrefillPoolTest {
    private static final ModelCard CARD = ModelCards.prefill("m").card();
    private static final List<RankSlot> RANKS = List.of(new RankSlot(new WorkerWithDpRank(1, 0), 0));
    private static final List<RankSlot> OTHERS = List.of(new RankSlot(new WorkerWithDpRank(2, 0), 1));
    private static final PrefillPool PENDING = new PrefillPool.Pending();
    private static final PrefillPool ACTIVE = new PrefillPool.Active(CARD, RANKS);
    private static final PrefillPool UNAVAILABLE = new PrefillPool.Unavailable();

    @ParameterizedTest(name = "{0} with {2} ranks, card {1} -> {3}")
    @MethodSource("lifeCycle")
    void thePoolFollowsWhoIsThere(PrefillPool before, ModelCard card, List<RankSlot> ranks, PrefillPool after) {
        ModelWorkers workers = new ModelWorkers(ModelCards.decode("m").card(), card, List.of(), ranks, List.of());

        assertThat(PrefillPool.after(before, workers)).isEqualTo(after);
    }

    static List<Arguments> lifeCycle() {
        return List.of(
                Arguments.of(null, null, List.of(), PENDING),
                Arguments.of(null, CARD, RANKS, ACTIVE),
                Arguments.of(PENDING, null, List.of(), PENDING),
                Arguments.of(PENDING, CARD, RANKS, ACTIVE),
                Arguments.of(PENDING, CARD, List.of(), PENDING),
                Arguments.of(ACTIVE, CARD, OTHERS, new PrefillPool.Active(CARD, OTHERS)),
                Arguments.of(ACTIVE, CARD, List.of(), UNAVAILABLE),
                Arguments.of(ACTIVE, null, List.of(), UNAVAILABLE),
                Arguments.of(UNAVAILABLE, null, List.of(), UNAVAILABLE),
                Arguments.of(UNAVAILABLE, CARD, RANKS, ACTIVE));
    }
}
