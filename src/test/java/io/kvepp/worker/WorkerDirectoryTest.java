package io.kvepp.worker;

import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static io.kvepp.testing.ModelCards.set;
import static io.kvepp.testing.ModelCards.worker;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.testing.ModelCards;
import io.kvepp.worker.card.WorkerRole;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class WorkerDirectoryTest {
    private final WorkerSlots slots = new WorkerSlots();
    private final WorkerDirectory directory = new WorkerDirectory(slots);

    @Test
    void nobodyIsThereBeforeTheFirstUpdate() {
        assertThat(directory.snapshot().models()).isEmpty();
        assertThat(find("m")).isNull();
        assertThat(directory.snapshot().seen()).isEmpty();
    }

    @Test
    void ranksAreSortedIntoTheRolesOfTheirCards() {
        directory.update(set(
                aggregated("m").on(1),
                prefill("m").on(2),
                decode("m").on(3),
                ModelCards.of("m", WorkerRole.ENCODE).on(4)));
        ModelWorkers workers = find("m");

        assertThat(ranks(workers.aggregated())).containsExactly("1:0");
        assertThat(ranks(workers.prefill())).containsExactly("2:0");
        assertThat(ranks(workers.decode())).containsExactly("3:0");
        assertThat(workers.card().role()).isEqualTo(WorkerRole.AGGREGATED);
        assertThat(workers.prefillCard().role()).isEqualTo(WorkerRole.PREFILL);
    }

    @Test
    void aModelThatOnlyPrefillWorkersKnowIsReadByTheirCard() {
        directory.update(set(prefill("m").on(2)));

        assertThat(find("m").card().role()).isEqualTo(WorkerRole.PREFILL);
    }

    @Test
    void aModelThatOnlyEncodersKnowIsNotServed() {
        directory.update(
                set(ModelCards.of("m", WorkerRole.ENCODE).alsoCalled("n").on(4)));

        assertThat(directory.snapshot().models()).isEmpty();
        assertThat(directory.snapshot().names()).isEmpty();
        assertThat(directory.snapshot().seen()).isEmpty();
    }

    @Test
    void everyDataParallelRankHasASlotOfItsOwn() {
        directory.update(set(aggregated("m").ranks(2, 3).on(-1)));
        List<RankSlot> ranks = find("m").aggregated();

        assertThat(ranks(ranks))
                .containsExactly("18446744073709551615:2", "18446744073709551615:3", "18446744073709551615:4");
        assertThat(ranks).extracting(RankSlot::slot).containsExactly(0, 1, 2);
    }

    @Test
    void aliasesAndLoraNamesLeadToTheirModel() {
        directory.update(set(worker(
                1,
                aggregated("base").alsoCalled("short", "other"),
                aggregated("adapter").lora("adapter").alsoCalled("tuned"))));
        WorkerDirectory.Snapshot snapshot = directory.snapshot();

        assertThat(find("short").model()).isEqualTo("base");
        assertThat(find("other").model()).isEqualTo("base");
        assertThat(find("adapter").card().loraName()).isEqualTo("adapter");
        assertThat(find("tuned").model()).isEqualTo("adapter");
        assertThat(snapshot.seen()).containsExactlyInAnyOrder("base", "short", "other", "adapter", "tuned");
    }

    @Test
    void aBaseModelAndItsAdapterShareTheRanksSlot() {
        directory.update(set(worker(1, aggregated("base"), aggregated("adapter").lora("adapter"))));

        assertThat(find("adapter").aggregated()).isEqualTo(find("base").aggregated());
        assertThat(slots.assign(new WorkerWithDpRank(2, 0))).isEqualTo(1);
    }

    @Test
    void anAliasNeverHidesAModelOfThatName() {
        directory.update(
                set(aggregated("a").alsoCalled("b").on(1), aggregated("b").on(2)));

        assertThat(find("b").model()).isEqualTo("b");
    }

    @Test
    void modelsAreSortedByName() {
        directory.update(set(worker(1, aggregated("c"), aggregated("a"), aggregated("d"), aggregated("b"))));

        assertThat(directory.snapshot().models().keySet()).containsExactly("a", "b", "c", "d");
    }

    @Test
    void namesThatAreGoneWereSeen() {
        directory.update(set(aggregated("m").alsoCalled("n").on(1)));
        directory.update(WorkerSet.EMPTY);

        assertThat(find("m")).isNull();
        assertThat(directory.snapshot().names()).isEmpty();
        assertThat(directory.snapshot().seen()).containsExactlyInAnyOrder("m", "n");
    }

    @Test
    void anUpdateTellsWhoLeftAndKeepsTheirSlotUntilRelease() {
        directory.update(set(aggregated("m").on(1), aggregated("m").ranks(0, 2).on(2)));
        List<WorkerWithDpRank> left =
                directory.update(set(aggregated("m").ranks(0, 1).on(2))).left();

        assertThat(left).containsExactly(new WorkerWithDpRank(1, 0), new WorkerWithDpRank(2, 1));
        assertThat(slots.slotOf(new WorkerWithDpRank(1, 0))).isZero();
        assertThat(release(left.getFirst())).isTrue();
        assertThat(slots.slotOf(new WorkerWithDpRank(1, 0))).isEqualTo(WorkerSlots.NONE);
    }

    @Test
    void aRankThatReturnsBeforeItsReleaseKeepsItsSlot() {
        WorkerSet set = set(aggregated("m").on(1));
        directory.update(set);
        List<WorkerWithDpRank> left = directory.update(WorkerSet.EMPTY).left();
        directory.update(set);

        assertThat(left).containsExactly(new WorkerWithDpRank(1, 0));
        assertThat(release(left.getFirst())).isFalse();
        assertThat(find("m").aggregated())
                .containsExactly(new RankSlot(left.getFirst(), slots.slotOf(left.getFirst())));
    }

    @Test
    void aRankThatReturnsAfterItsReleaseGetsAFreshSlot() {
        WorkerSet set = set(aggregated("m").on(1));
        directory.update(set);
        directory.update(WorkerSet.EMPTY).left().forEach(this::release);
        directory.update(set);

        assertThat(find("m").aggregated().getFirst().slot()).isEqualTo(1);
    }

    @Test
    void ranksBeyondTheSlotsAreNotServed() {
        WorkerDirectory.Change change = directory.update(
                set(aggregated("m").ranks(0, WorkerSlots.SLOTS_MAX + 2).on(1)));

        assertThat(change.ranksWithoutSlot()).isEqualTo(2);
        assertThat(find("m").aggregated()).hasSize(WorkerSlots.SLOTS_MAX);
        assertThat(directory.update(WorkerSet.EMPTY).left()).hasSize(WorkerSlots.SLOTS_MAX);
    }

    @Test
    void whatIsKeptUnderASlotIsClearedWhileTheRankStillHasIt() {
        directory.update(set(aggregated("m").on(1)));
        WorkerWithDpRank rank = directory.update(WorkerSet.EMPTY).left().getFirst();
        List<Integer> slotsWhenCleared = new ArrayList<>();
        directory.release(rank, () -> slotsWhenCleared.add(slots.slotOf(rank)));

        assertThat(slotsWhenCleared).containsExactly(0);
        assertThat(slots.slotOf(rank)).isEqualTo(WorkerSlots.NONE);
    }

    private ModelWorkers find(String name) {
        WorkerDirectory.Snapshot snapshot = directory.snapshot();
        String canonical = snapshot.names().get(name);
        return canonical == null ? null : snapshot.models().get(canonical);
    }

    /// Whether the rank had left for good.
    private boolean release(WorkerWithDpRank rank) {
        AtomicBoolean cleared = new AtomicBoolean();
        directory.release(rank, () -> cleared.set(true));
        return cleared.get();
    }

    private static List<String> ranks(List<RankSlot> ranks) {
        return ranks.stream().map(rank -> rank.worker().toString()).toList();
    }

    @Test
    void theBlocksOfAModelAreThoseOfMostOfItsWorkers() {
        WorkerDirectory all = new WorkerDirectory(new WorkerSlots());
        var _ = all.update(ModelCards.set(
                ModelCards.aggregated("m").blocksOf(32).on(1),
                ModelCards.aggregated("m").blocksOf(16).on(2),
                ModelCards.aggregated("m").blocksOf(16).on(3)));

        assertThat(all.snapshot().models().get("m").card().cache().blockSizeTokens())
                .isEqualTo(16);
    }
}
