package io.kvepp.router.prefill;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.testing.ModelCards;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.ModelCard;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PrefillPoolTest {
    private static final ModelCard CARD = ModelCards.prefill("m").card();
    private static final ModelCard OTHER_BLOCKS =
            ModelCards.prefill("m").blocksOf(32).card();
    private static final List<RankSlot> RANKS = List.of(new RankSlot(new WorkerWithDpRank(1, 0), 0));
    private static final List<RankSlot> OTHERS = List.of(new RankSlot(new WorkerWithDpRank(2, 0), 1));

    /// Where a pool can stand; `NEW` is a model nobody has seen before.
    enum State {
        NEW(null),
        PENDING(new PrefillPool.Pending()),
        ACTIVE(new PrefillPool.Active(CARD, RANKS)),
        UNAVAILABLE(new PrefillPool.Unavailable());

        final @Nullable PrefillPool pool;

        State(@Nullable PrefillPool pool) {
            this.pool = pool;
        }
    }

    /// What discovery can say.
    enum Event {
        NOBODY(null, List.of()),
        CARD_WITHOUT_RANKS(CARD, List.of()),
        WORKERS(CARD, RANKS),
        OTHER_WORKERS(CARD, OTHERS),
        WORKERS_WITH_OTHER_BLOCKS(OTHER_BLOCKS, RANKS);

        final @Nullable ModelCard card;
        final List<RankSlot> ranks;

        Event(@Nullable ModelCard card, List<RankSlot> ranks) {
            this.card = card;
            this.ranks = ranks;
        }
    }

    @ParameterizedTest(name = "{0} x {1} -> {2}")
    @MethodSource("everyStateTimesEveryEvent")
    void everyEventInEveryState(State before, Event event, PrefillPool after) {
        ModelWorkers workers =
                new ModelWorkers(ModelCards.decode("m").card(), event.card, List.of(), event.ranks, List.of());

        assertThat(PrefillPool.after(before.pool, workers)).isEqualTo(after);
        assertThat(PrefillPool.after(after, workers)).as("the same again").isEqualTo(after);
    }

    static List<Arguments> everyStateTimesEveryEvent() {
        PrefillPool pending = new PrefillPool.Pending();
        PrefillPool unavailable = new PrefillPool.Unavailable();
        List<Arguments> table = new ArrayList<>();
        for (State state : State.values()) {
            PrefillPool without = state == State.NEW || state == State.PENDING ? pending : unavailable;
            table.add(Arguments.of(state, Event.NOBODY, without));
            table.add(Arguments.of(state, Event.CARD_WITHOUT_RANKS, without));
            table.add(Arguments.of(state, Event.WORKERS, new PrefillPool.Active(CARD, RANKS)));
            table.add(Arguments.of(state, Event.OTHER_WORKERS, new PrefillPool.Active(CARD, OTHERS)));
            table.add(
                    Arguments.of(state, Event.WORKERS_WITH_OTHER_BLOCKS, new PrefillPool.Active(OTHER_BLOCKS, RANKS)));
        }
        assertThat(table).hasSize(State.values().length * Event.values().length);
        return table;
    }

    @ParameterizedTest(name = "{0}, enforced {1}: can serve {2}")
    @CsvSource({
        "PENDING, false, true",
        "ACTIVE, false, true",
        "UNAVAILABLE, false, true",
        "PENDING, true, false",
        "ACTIVE, true, true",
        "UNAVAILABLE, true, false",
    })
    void onlyEnforcedDisaggregationNeedsAnActivePool(State state, boolean enforced, boolean canServe) {
        assertThat(state.pool.canServe(enforced)).isEqualTo(canServe);
    }
}
