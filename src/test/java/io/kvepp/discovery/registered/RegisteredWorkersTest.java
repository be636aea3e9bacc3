package io.kvepp.discovery.registered;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.card.KvTransfer;
import io.kvepp.worker.card.ModelCard;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegisteredWorkersTest {
    private static final RegistrationRules RULES = new RegistrationRules(true, false);

    private final Others others = new Others();
    private final RegisteredWorkers registered = new RegisteredWorkers(others, RULES);
    private final List<WorkerSet> told = new ArrayList<>();

    /// A discovery whose finds are the test's.
    private static final class Others implements WorkerDiscovery {
        private Consumer<WorkerSet> listener;

        @Override
        public void start(Consumer<WorkerSet> workers) {
            listener = workers;
        }

        @Override
        public boolean synced() {
            return listener != null;
        }

        @Override
        public void close() {
            listener = null;
        }

        void find(Worker... workers) {
            listener.accept(new WorkerSet(List.of(workers), List.of()));
        }
    }

    @BeforeEach
    void start() {
        registered.start(told::add);
    }

    @Test
    void aRegisteredWorkerIsInForceWhenTheCallReturns() {
        assertThat(registered.register(engine(7, 16)).isSchedulable()).isTrue();

        Worker worker = told.getLast().workers().getFirst();
        ModelCard card = worker.baseCard();
        assertThat(worker.id()).isEqualTo(7);
        assertThat(worker.address()).isEqualTo("http://w:1");
        assertThat(card.name()).isEqualTo("m");
        assertThat(card.routing().group()).isEqualTo("g");
        assertThat(card.cache().blockSizeTokens()).isEqualTo(16);
        assertThat(card.limits().totalKvBlocks()).isEqualTo(900);
        assertThat(told.getLast().engineEvents())
                .extracting(EngineEvents::eventAddress)
                .containsExactly("tcp://10.0.0.7:5557");
    }

    @Test
    void itStandsBesideWhatDiscoveryFindsAndBelowItInCaseOfTheSameId() {
        registered.register(engine(7, 16));
        registered.register(engine(2, 16));
        others.find(
                ModelCards.aggregated("found").on(5),
                ModelCards.aggregated("found").on(7));

        assertThat(told.getLast().workers()).extracting(Worker::id).containsExactly(2L, 5L, 7L);
        assertThat(told.getLast().workers().getLast().baseCard().name()).isEqualTo("found");
        assertThat(told.getLast().engineEvents()).hasSize(1);

        others.find();
        assertThat(told.getLast().workers()).extracting(Worker::id).containsExactly(2L, 7L);
    }

    @Test
    void oneThatLacksSomethingIsListedButNotInForce() {
        RegisteredWorker worker = registered.register(WorkerRegistration.of(1, "m", "g"));

        assertThat(worker.missing())
                .containsExactly(
                        "endpoint: none (expected: where it is)",
                        "block_size: none (expected: tokens of a block, > 0)",
                        "kv_events_endpoints[0]: none (expected: tcp://ip:port)");
        assertThat(registered.registered()).containsExactly(worker);
        assertThat(told.getLast().workers()).isEmpty();
    }

    @Test
    void aChangeCanTakeItOutAndBringItBack() {
        registered.register(engine(1, 16));
        assertThat(registered.change(1, known -> blockSize(known, 0)).isSchedulable())
                .isFalse();
        assertThat(told.getLast().workers()).isEmpty();
        assertThat(registered.change(1, known -> blockSize(known, 32)).isSchedulable())
                .isTrue();
        assertThat(told.getLast().workers()).hasSize(1);
        assertThat(registered.change(9, known -> known)).isNull();
    }

    @Test
    void theWorkersOfAGroupCutPromptsAlike() {
        registered.register(engine(1, 16));

        assertThat(registered.register(engine(2, 32)).missing())
                .containsExactly("block_size: 32 (expected: 16, as the others of its routing group)");
        registered.remove(1);
        assertThat(registered.register(engine(2, 32)).isSchedulable()).isTrue();
    }

    @Test
    void aRemovedWorkerIsGone() {
        registered.register(engine(1, 16));

        assertThat(registered.remove(1)).isNotNull();
        assertThat(registered.remove(1)).isNull();
        assertThat(registered.registered()).isEmpty();
        assertThat(told.getLast().workers()).isEmpty();
    }

    @Test
    void thereAreNoMoreThanTheLimit() {
        RegisteredWorkers many = new RegisteredWorkers(others, RULES);
        for (int id = 0; id < RegisteredWorkers.WORKERS_MAX; id++) {
            assertThat(many.register(WorkerRegistration.of(id, "m", "g"))).isNotNull();
        }
        assertThat(many.register(WorkerRegistration.of(-1, "m", "g"))).isNull();
        assertThat(many.register(WorkerRegistration.of(0, "m", "other"))).isNotNull();
    }

    @Test
    void nobodyIsToldAfterTheEnd() {
        registered.close();
        registered.register(engine(1, 16));

        assertThat(told).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "tcp://10.0.0.1:5557, true",
        "tcp://[::1]:5557, true",
        "tcp://host:5557, false",
        "tcp://10.0.0.1:0, false",
        "tcp://10.0.0.1:70000, false",
        "ipc://x, false",
        "10.0.0.1:5557, false"
    })
    void anAddressOfEventsIsASocket(String address, boolean valid) {
        WorkerRegistration worker = engine(1, 16, address, Map.of(), null, 1);
        assertThat(registered.register(worker).isSchedulable()).isEqualTo(valid);
    }

    @Test
    void eachRankNeedsAnAddressAndSeveralHaveNoReplay() {
        Map<Integer, String> both = Map.of(0, "tcp://10.0.0.1:1", 1, "tcp://10.0.0.1:2");
        assertThat(registered.register(engine(1, 16, null, both, null, 2)).missing())
                .isEmpty();
        assertThat(registered
                        .register(engine(1, 16, null, both, "tcp://10.0.0.1:3", 2))
                        .missing())
                .containsExactly("replay_endpoint: tcp://10.0.0.1:3 (expected: none, as it has several ranks)");
        assertThat(registered
                        .register(engine(1, 16, "tcp://10.0.0.1:1", Map.of(), null, 2))
                        .missing())
                .hasSize(2);
    }

    @Test
    void withoutKvEventsNoAddressIsNeededAndWithQueuesALimitIs() {
        RegistrationRules rules = new RegistrationRules(false, true);
        assertThat(rules.missing(engine(1, 16, null, Map.of(), null, 1), List.of()))
                .containsExactly("max_num_batched_tokens: none (expected: given, as requests may wait)");
    }

    private static WorkerRegistration engine(long id, int blockSize) {
        return engine(id, blockSize, "tcp://10.0.0." + id + ":5557", Map.of(), null, 1);
    }

    private static WorkerRegistration engine(
            long id, int blockSize, String events, Map<Integer, String> byRank, String replay, int ranks) {
        return new WorkerRegistration(
                id,
                "m",
                "g",
                "http://w:1",
                events,
                byRank,
                replay,
                blockSize,
                0,
                ranks,
                null,
                900,
                null,
                false,
                Set.of(),
                KvTransfer.ANY);
    }

    private static WorkerRegistration blockSize(WorkerRegistration worker, int blockSize) {
        return engine(worker.workerId(), blockSize);
    }
}
