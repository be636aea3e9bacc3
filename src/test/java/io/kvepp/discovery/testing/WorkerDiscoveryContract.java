package io.kvepp.discovery.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every [WorkerDiscovery] keeps to, whatever the store.
public abstract class WorkerDiscoveryContract {
    protected final EppMetrics metrics = new EppMetrics();
    protected final List<WorkerSet> sets = new CopyOnWriteArrayList<>();
    private WorkerDiscovery discovery;

    /// A discovery of the store, which is empty; it is closed by the contract.
    protected abstract WorkerDiscovery open() throws Exception;

    /// Adds a worker, or writes the one that is there again without a change; its unsigned id.
    protected abstract long put(int worker) throws Exception;

    protected abstract void remove(int worker) throws Exception;

    /// Makes what the store says of a worker that is there unreadable.
    protected abstract void damage(int worker) throws Exception;

    /// The discovery under test.
    protected final WorkerDiscovery discovery() {
        return discovery;
    }

    @BeforeEach
    void openDiscovery() throws Exception {
        discovery = open();
    }

    @AfterEach
    void closeDiscovery() {
        discovery.close();
        metrics.close();
    }

    @Test
    void nothingHappensBeforeTheStart() throws Exception {
        put(1);

        assertThat(discovery.synced()).isFalse();
        assertThat(sets).isEmpty();
    }

    @Test
    void anEmptyStoreIsAnEmptySet() {
        discovery.start(sets::add);

        Await.until("synced", discovery::synced);
        assertThat(sets).containsExactly(WorkerSet.EMPTY);
        Await.until("connected", discovery::connected);
    }

    @Test
    void workersThatAreThereComeWithTheFirstSet() throws Exception {
        Set<Long> ids = Set.of(put(1), put(2));
        discovery.start(sets::add);

        Await.until("synced", discovery::synced);
        assertThat(ids(sets.getFirst())).isEqualTo(ids);
    }

    @Test
    void workersComeAndGo() throws Exception {
        discovery.start(sets::add);
        long first = put(1);
        awaitWorkers(Set.of(first));
        long second = put(2);
        awaitWorkers(Set.of(first, second));
        remove(1);
        awaitWorkers(Set.of(second));
        put(1);
        awaitWorkers(Set.of(first, second));
        remove(1);
        remove(2);
        awaitWorkers(Set.of());
    }

    @Test
    void everySetDiffersFromTheOneBefore() throws Exception {
        long first = put(1);
        discovery.start(sets::add);
        awaitWorkers(Set.of(first));
        put(1);
        put(1);
        long second = put(2);
        awaitWorkers(Set.of(first, second));
        put(2);
        put(1);
        remove(1);
        awaitWorkers(Set.of(second));

        for (int i = 1; i < sets.size(); i++) {
            assertThat(sets.get(i)).isNotEqualTo(sets.get(i - 1));
        }
    }

    @Test
    void whatBecomesUnreadableKeepsItsLastGoodValueAndIsCounted() throws Exception {
        long first = put(1);
        discovery.start(sets::add);
        awaitWorkers(Set.of(first));

        damage(1);

        Await.until("the damage is counted", () -> metrics.scrape().contains("kv_epp_discovery_skipped_total"));
        assertThat(ids(sets.getLast())).containsExactly(first);
        long second = put(1);
        assertThat(second).isEqualTo(first);
        remove(1);
        awaitWorkers(Set.of());
    }

    @Test
    void aListenerThatThrowsIsToldAgain() throws Exception {
        AtomicBoolean thrown = new AtomicBoolean();
        long first = put(1);
        discovery.start(set -> {
            if (thrown.compareAndSet(false, true)) {
                throw new IllegalStateException("the first time");
            }
            sets.add(set);
        });

        awaitWorkers(Set.of(first));
        assertThat(thrown).isTrue();
    }

    @Test
    void theListenerIsNotCalledAfterTheEnd() throws Exception {
        discovery.start(sets::add);
        Await.until("synced", discovery::synced);
        discovery.close();
        int told = sets.size();

        put(1);

        assertThat(sets).hasSize(told);
        discovery.close();
    }

    @Test
    void itStartsOnce() {
        discovery.start(sets::add);

        assertThatThrownBy(() -> discovery.start(sets::add)).isInstanceOf(IllegalStateException.class);
        discovery.close();
        assertThatThrownBy(() -> discovery.start(sets::add)).isInstanceOf(IllegalStateException.class);
    }

    /// Waits until the newest set has exactly these workers.
    protected final void awaitWorkers(Set<Long> ids) {
        Await.until(
                "workers " + ids, () -> !sets.isEmpty() && ids(sets.getLast()).equals(ids));
    }

    private static Set<Long> ids(WorkerSet set) {
        return set.workers().stream().map(Worker::id).collect(Collectors.toSet());
    }
}
