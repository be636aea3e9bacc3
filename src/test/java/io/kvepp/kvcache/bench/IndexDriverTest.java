package io.kvepp.kvcache.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What kv-epp's side answers: the names are those that `e2e/lib/bench` reads.
class IndexDriverTest {
    @TempDir
    Path folder;

    private Workload probes() throws IOException {
        Path file = folder.resolve("probes");
        Probe.workload().write(file);
        return Workload.read(file);
    }

    @Test
    void everyOrderOfEventsIsCountedExactly() throws IOException {
        Map<String, Object> figures = ExactCheck.of(probes());
        assertThat(figures)
                .containsOnlyKeys("matched", "over_pairs", "over_blocks", "under_pairs", "under_blocks", "wrong")
                .containsEntry("wrong", List.of())
                .containsEntry("matched", 29L);
    }

    @Test
    void aWrongCountIsToldWithItsPlace() throws IOException {
        Path file = folder.resolve("wrong");
        WorkloadFile workload = new WorkloadFile(2);
        int row = workload.row(1, 2);
        workload.request(new int[] {row}, new short[] {0, 1});
        workload.word(0);
        workload.write(file);
        Map<String, Object> figures = ExactCheck.of(Workload.read(file));
        assertThat(figures).containsEntry("under_pairs", 1L).containsEntry("under_blocks", 1L);
        assertThat((List<?>) figures.get("wrong")).isEqualTo(List.of(List.of(0, 1, 1, 0)));
    }

    @Test
    void aRunHasEveryPhase() throws IOException, InterruptedException {
        Map<String, Object> figures =
                new Phases(probes(), System::nanoTime).run().figures();
        assertThat(figures)
                .containsOnlyKeys(
                        "apply_seconds",
                        "idle",
                        "busy_apply_seconds",
                        "busy",
                        "mixed_seconds",
                        "event_blocks",
                        "query_blocks")
                .containsEntry("query_blocks", 28L)
                .containsEntry("event_blocks", 60L);
        assertThat(figures.get("idle")).extracting("lookups").isEqualTo(3L * 14);
    }

    @Test
    void memoryIsOfWhatIsHeldAtTheEnd() throws IOException {
        Map<String, Object> figures = MemoryCheck.of(probes());
        assertThat(figures)
                .containsOnlyKeys("stored_blocks", "owner_blocks", "bytes")
                .containsEntry("stored_blocks", 46L)
                .containsEntry("owner_blocks", 32L);
    }

    @Test
    void aLargeIndexFindsEveryPromptUntilItsWorkerIsRemoved() throws InterruptedException {
        SyntheticWorkers load = new SyntheticWorkers(4, 8_000, 1);
        Map<String, Object> figures = CapacityRun.of(load, 2, System::nanoTime);
        assertThat(figures)
                .containsOnlyKeys(
                        "owner_blocks",
                        "load_seconds",
                        "load_apply",
                        "load_apply_slowest_us",
                        "load_apply_slowest_collected_us",
                        "load_apply_processor_us",
                        "bytes",
                        "idle",
                        "removal_ms",
                        "removal_lookup",
                        "after_removal",
                        "after_removal_slowest_us",
                        "after_removal_slowest_collected_us",
                        "after_removal_processor_us",
                        "wrong")
                .containsEntry("wrong", 0L)
                .containsEntry("owner_blocks", load.ownerBlocks());
        assertThat((List<?>) figures.get("removal_ms")).hasSize(2);
        assertThat(load.ownerBlocks() / load.workers()).isBetween(7_900L, 8_000L);
    }
}
