package io.kvepp.kvcache.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.bench.WorkloadSpec.Eviction;
import io.kvepp.worker.WorkerWithDpRank;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What the workloads of `./e2e/bench index` contain.
class WorkloadGeneratorTest {
    private static final WorkloadSpec SMALL = new WorkloadSpec(3, 60, 2, false, Eviction.LEAF_FIRST, 0, true, 5);

    @TempDir
    Path folder;

    /// Conversations that grow, branch and return.
    private static Trace trace() {
        Random random = new Random(11);
        List<long[]> prompts = new ArrayList<>();
        prompts.add(new long[] {0, 1});
        for (int i = 2; i < 150; i++) {
            long[] before = prompts.get(random.nextInt(prompts.size()));
            int kept = 1 + random.nextInt(before.length);
            long[] prompt = Arrays.copyOf(before, kept + random.nextInt(3));
            for (int j = kept; j < prompt.length; j++) {
                prompt[j] = 10L * i + j;
            }
            prompts.add(prompt);
        }
        return new Trace(prompts);
    }

    private Workload workload(WorkloadSpec spec) throws IOException {
        Path file = folder.resolve("workload");
        WorkloadGenerator.generate(trace(), spec).write(file);
        return Workload.read(file);
    }

    private static WorkloadSpec with(boolean privateHashes, Eviction eviction, int holesEvery) {
        return new WorkloadSpec(3, 60, 2, privateHashes, eviction, holesEvery, true, 5);
    }

    /// What one worker's events make it hold: the engine's hash -> its parent's and its content.
    private record Held(OptionalLong parent, long local) {}

    /// Returns what every worker holds at the end; after no request is it more than its size.
    private static Map<WorkerWithDpRank, Map<Long, Held>> replay(Workload workload) {
        Map<WorkerWithDpRank, Map<Long, Held>> workers = new HashMap<>();
        for (Workload.Requests requests = workload.requests(); requests.next(); ) {
            requests.query();
            for (RouterEvent event : requests.events()) {
                replay(event.event(), workers.computeIfAbsent(event.worker(), worker -> new HashMap<>()));
            }
            assertThat(workers.values()).allSatisfy(held -> assertThat(held).hasSizeLessThanOrEqualTo(60));
        }
        return workers;
    }

    private static void replay(KvCacheEvent event, Map<Long, Held> held) {
        switch (event) {
            case KvCacheEvent.Stored stored -> {
                OptionalLong parent = stored.parentHash();
                parent.ifPresent(hash -> assertThat(held).containsKey(hash));
                for (int i = 0; i < stored.blockHashes().length; i++) {
                    assertThat(held.put(stored.blockHashes()[i], new Held(parent, stored.tokensHashes()[i])))
                            .isNull();
                    parent = OptionalLong.of(stored.blockHashes()[i]);
                }
            }
            case KvCacheEvent.Removed removed -> {
                for (long hash : removed.blockHashes()) {
                    assertThat(held.remove(hash)).isNotNull();
                }
            }
            case KvCacheEvent.Cleared() -> throw new AssertionError("no worker is cleared");
        }
    }

    @ParameterizedTest
    @EnumSource(Eviction.class)
    void workersStoreUnderWhatTheyHoldAndRemoveWhatTheyHold(Eviction eviction) throws IOException {
        Workload workload = workload(with(false, eviction, 3));
        long held = replay(workload).values().stream().mapToInt(Map::size).sum();
        assertThat(held).isPositive().isEqualTo(workload.ownerBlocks());
    }

    @Test
    void leafFirstNeverLeavesABlockWithoutItsParent() throws IOException {
        assertThat(orphans(replay(workload(SMALL)))).isZero();
    }

    @Test
    void rootFirstAndHolesDo() throws IOException {
        assertThat(orphans(replay(workload(with(false, Eviction.ROOT_FIRST, 0)))))
                .isPositive();
        assertThat(orphans(replay(workload(with(false, Eviction.LEAF_FIRST, 1)))))
                .isPositive();
    }

    private static long orphans(Map<WorkerWithDpRank, Map<Long, Held>> workers) {
        return workers.values().stream()
                .flatMap(held -> held.values().stream()
                        .filter(block -> block.parent().isPresent()
                                && !held.containsKey(block.parent().getAsLong())))
                .count();
    }

    @ParameterizedTest
    @EnumSource(Eviction.class)
    void theExactCountsAreThoseOfAnExactIndex(Eviction eviction) throws IOException {
        for (boolean privateHashes : new boolean[] {false, true}) {
            Map<String, Object> figures = ExactCheck.of(workload(with(privateHashes, eviction, 3)));
            assertThat(figures).containsEntry("over_pairs", 0L).containsEntry("under_pairs", 0L);
            assertThat((long) figures.get("matched")).isPositive();
        }
    }

    @Test
    void workersWithPrivateHashesShareNone() throws IOException {
        Map<Long, WorkerWithDpRank> owners = new HashMap<>();
        for (Workload.Requests requests =
                        workload(with(true, Eviction.LEAF_FIRST, 0)).requests();
                requests.next(); ) {
            requests.query();
            for (RouterEvent event : requests.events()) {
                if (event.event() instanceof KvCacheEvent.Stored stored) {
                    for (long hash : stored.blockHashes()) {
                        assertThat(owners.computeIfAbsent(hash, key -> event.worker()))
                                .isEqualTo(event.worker());
                    }
                }
            }
        }
        assertThat(new HashSet<>(owners.values())).hasSize(3);
    }

    @Test
    void copiesHaveNothingInCommon() throws IOException {
        Set<Long> first = new HashSet<>();
        Set<Long> second = new HashSet<>();
        for (Workload.Requests requests = workload(SMALL).requests(); requests.next(); ) {
            for (long hash : requests.query()) {
                (requests.number() < trace().prompts().size() ? first : second).add(hash);
            }
            requests.events();
        }
        assertThat(second).hasSameSizeAs(first).doesNotContainAnyElementsOf(first);
    }

    @Test
    void theSameIdAfterAnotherPrefixIsAnotherBlockWithTheSameContent() {
        PromptTree tree = new PromptTree(new Trace(List.of(new long[] {1, 3}, new long[] {2, 3})), 1, 1);
        int one = tree.path(0, 0)[PromptTree.BLOCKS_PER_ID];
        int other = tree.path(0, 1)[PromptTree.BLOCKS_PER_ID];
        assertThat(tree.localHash(one)).isEqualTo(tree.localHash(other));
        assertThat(tree.externalHash(one)).isNotEqualTo(tree.externalHash(other));
        assertThat(tree.externalHash(one, 0)).isNotEqualTo(tree.externalHash(one, 1));
    }

    @Test
    void theSameSeedGivesTheSameFileAndAnotherOneAnother() throws IOException {
        byte[] once = bytes(SMALL);
        assertThat(bytes(SMALL)).isEqualTo(once);
        assertThat(bytes(new WorkloadSpec(3, 60, 2, false, Eviction.LEAF_FIRST, 0, true, 6)))
                .isNotEqualTo(once);
    }

    private byte[] bytes(WorkloadSpec spec) throws IOException {
        workload(spec);
        return Files.readAllBytes(folder.resolve("workload"));
    }

    @Test
    void withoutQueriesTheEventsStayTheSame() throws IOException {
        List<RouterEvent> with = events(SMALL);
        assertThat(events(new WorkloadSpec(3, 60, 2, false, Eviction.LEAF_FIRST, 0, false, 5)))
                .isEqualTo(with);
    }

    private List<RouterEvent> events(WorkloadSpec spec) throws IOException {
        List<RouterEvent> events = new ArrayList<>();
        for (Workload.Requests requests = workload(spec).requests(); requests.next(); ) {
            assertThat(requests.query().length > 0).isEqualTo(spec.queries());
            events.addAll(requests.events());
        }
        return events;
    }

    @Test
    void whatIsOutOfRangeIsNamed() {
        assertThatThrownBy(() -> new WorkloadSpec(5000, 60, 1, false, Eviction.LEAF_FIRST, 0, true, 1))
                .hasMessage("workers: 5000 (expected: 1 to 4096)");
        assertThatThrownBy(() -> new WorkloadSpec(1, 0, 1, false, Eviction.LEAF_FIRST, 0, true, 1))
                .hasMessage("blocks-per-worker: 0 (expected: 1 to 16777216)");
        assertThatThrownBy(() -> new WorkloadSpec(1, 1, 0, false, Eviction.LEAF_FIRST, 0, true, 1))
                .hasMessage("copies: 0 (expected: 1 to 65536)");
        assertThatThrownBy(() -> new WorkloadSpec(1, 1, 1, false, Eviction.LEAF_FIRST, -1, true, 1))
                .hasMessage("holes: -1 (expected: 0 to 2147483647)");
        Trace wide = new Trace(List.of(new long[20_000]));
        assertThatThrownBy(() -> new PromptTree(wide, 1, 1))
                .hasMessage("hash_ids: 20000 in one request (expected: at most 16383)");
        assertThatThrownBy(() -> new PromptTree(trace(), 1 << 28, 1)).hasMessageStartingWith("copies: 268435456");
    }

    @Test
    void anotherFileIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("other"), new byte[100]);
        assertThatThrownBy(() -> Workload.read(file)).hasMessageContaining("not a workload file");
    }
}
