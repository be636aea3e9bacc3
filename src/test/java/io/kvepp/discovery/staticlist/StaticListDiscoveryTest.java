package io.kvepp.discovery.staticlist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.testing.WorkerDiscoveryContract;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StaticListDiscoveryTest extends WorkerDiscoveryContract {
    private static final Duration POLL = Duration.ofMillis(5);
    private static final String SKIPPED = "kv_epp_discovery_skipped_total{reason=\"malformed\"} ";

    @TempDir
    private Path folder = Path.of("");

    private final Map<Integer, String> entries = new TreeMap<>();
    private final AtomicReference<Instant> now = new AtomicReference<>();

    @Override
    protected WorkerDiscovery open() throws IOException {
        WarmUpModel.in(folder);
        write("models: []\n");
        return open(file());
    }

    @Override
    protected long put(int worker) throws IOException {
        String endpoint = "10.0.0." + worker + ":8000";
        entries.put(worker, "{endpoint: '" + endpoint + "', engine: vllm}");
        write(list());
        return StaticWorkersFile.idOf(endpoint);
    }

    @Override
    protected void remove(int worker) throws IOException {
        entries.remove(worker);
        write(list());
    }

    @Override
    protected void damage(int worker) throws IOException {
        write(list().replace("10.0.0." + worker + ":8000", "nowhere"));
    }

    @Test
    void aFileThatIsNoListEndsTheStart() throws IOException {
        write("models: none\n");
        assertThatThrownBy(() -> discovery().start(sets::add))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("static-workers.models: none (expected: a list)");

        assertThatThrownBy(() -> open(folder.resolve("absent")).start(sets::add))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith("absent (expected: a readable file)");
        assertThat(sets).isEmpty();
    }

    @Test
    void eachErrorIsCountedOnceAndTheListIsKeptUntilTheFileIsGood() throws IOException {
        long id = put(1);
        discovery().start(sets::add);
        awaitWorkers(Set.of(id));

        write("models: one\n");
        Await.until("the error is counted", () -> skipped() == 1);
        assertThat(discovery().connected()).isFalse();
        write("models: two\n");
        Await.until("the next error is counted", () -> skipped() == 2);
        Files.delete(file());
        Await.until("its absence is counted", () -> skipped() == 3);
        assertThat(sets).hasSize(1);

        long second = put(2);
        awaitWorkers(Set.of(id, second));
        assertThat(discovery().connected()).isTrue();
        assertThat(skipped()).isEqualTo(3);
    }

    @Test
    void aChangeThatTheTimeOfTheFileDoesNotShowIsSeenAllTheSame() throws IOException {
        put(1);
        FileTime time = Files.getLastModifiedTime(file());
        now.set(time.toInstant().plus(Duration.ofSeconds(1)));
        WorkerDiscovery clocked = new StaticListDiscovery(new StaticListConfig(file(), POLL), now::get, metrics);
        try (clocked) {
            clocked.start(sets::add);
            Await.until("synced", clocked::synced);

            Files.writeString(file(), list().replace("10.0.0.1", "10.0.0.3"));
            Files.setLastModifiedTime(file(), time);

            awaitWorkers(Set.of(StaticWorkersFile.idOf("10.0.0.3:8000")));
        }
    }

    @Test
    void thePollHasADefaultAndThereIsNoFileUnlessOneIsNamed() {
        StaticListConfig config = StaticListConfig.from(Options.defaults());

        assertThat(config.hasFile()).isFalse();
        assertThat(config.poll()).isEqualTo(Duration.ofMillis(500));
        assertThatThrownBy(() -> new StaticListConfig(file(), Duration.ZERO)).hasMessage("poll: 0s (expected: > 0)");
    }

    private WorkerDiscovery open(Path list) {
        return new StaticListDiscovery(new StaticListConfig(list, POLL), Clock.systemUTC(), metrics);
    }

    private String list() {
        UnaryOperator<String> model =
                workers -> "models:\n  - {name: m, tokenizer: ., block_size: 16, workers: [" + workers + "]}\n";
        return entries.isEmpty()
                ? "models: []\n"
                : model.apply(entries.values().stream().collect(Collectors.joining(", ")));
    }

    private void write(String yaml) throws IOException {
        Path temporary = folder.resolve("new");
        Files.writeString(temporary, yaml);
        Files.move(temporary, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private Path file() {
        return folder.resolve("engines.yaml");
    }

    private double skipped() {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(SKIPPED))
                .mapToDouble(line -> Double.parseDouble(line.substring(SKIPPED.length())))
                .sum();
    }
}
