package io.kvepp.discovery.staticlist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.EngineEvents.EngineKind;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.DpRanks;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.Renderer;
import io.kvepp.worker.card.WorkerRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The format that the README describes.
class StaticWorkersFileTest {
    private static final String SMALLEST = """
            models:
              - name: m
                tokenizer: .
                block_size: 16
                workers:
                  - endpoint: 10.0.0.5:8000
                    engine: vllm
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void writeModel() throws IOException {
        WarmUpModel.in(folder);
    }

    @Test
    void theExampleOfTheReadmeSaysWhatItsCommentsSay() throws IOException {
        Files.writeString(folder.resolve("qwen.jinja"), "template");
        WorkerSet set = StaticWorkersFile.parse(readmeExample(), folder);

        Worker vllm = worker(set, "10.0.0.5:8000");
        assertThat(vllm.cards())
                .extracting(ModelCard::name)
                .containsExactly("Qwen/Qwen2.5-0.5B-Instruct", "legal-adapter", "sql-adapter");
        assertThat(vllm.cards()).extracting(ModelCard::loraName).containsExactly(null, "legal-adapter", "sql-adapter");
        ModelCard card = vllm.baseCard();
        assertThat(card.aliases()).containsExactly("qwen");
        assertThat(card.role()).isEqualTo(WorkerRole.AGGREGATED);
        assertThat(card.prompt().renderer()).isEqualTo(Renderer.TRANSFORMERS);
        assertThat(card.cache().blockSizeTokens()).isEqualTo(16);
        assertThat(card.cache().publishesEvents()).isTrue();
        assertThat(card.limits().contextLengthTokens()).isEqualTo(32_768);
        assertThat(card.limits().totalKvBlocks()).isEqualTo(20_000);
        assertThat(card.ranks()).isEqualTo(new DpRanks(0, 2));
        assertThat(Objects.requireNonNull(card.files().tokenizer()).path())
                .isEqualTo(folder.resolve("tokenizer.json").toString());
        assertThat(Objects.requireNonNull(card.files().chatTemplate()).fileName())
                .isEqualTo("qwen.jinja");
        assertThat(worker(set, "10.0.0.6:30000").baseCard().role()).isEqualTo(WorkerRole.DECODE);
        assertThat(worker(set, "10.0.0.6:30000").baseCard().cache().publishesEvents())
                .isFalse();
        assertThat(worker(set, "10.0.0.7:30000").baseCard().role()).isEqualTo(WorkerRole.PREFILL);
        assertThat(worker(set, "10.0.0.7:30000").cards())
                .extracting(ModelCard::name)
                .containsExactly("Qwen/Qwen2.5-0.5B-Instruct", "sql-adapter");
        long first = vllm.id();
        assertThat(set.engineEvents())
                .containsExactlyInAnyOrder(
                        new EngineEvents(
                                new WorkerWithDpRank(first, 0),
                                EngineKind.VLLM,
                                "tcp://10.0.0.5:5557",
                                "tcp://10.0.0.5:6557",
                                16),
                        new EngineEvents(
                                new WorkerWithDpRank(first, 1),
                                EngineKind.VLLM,
                                "tcp://10.0.0.5:5558",
                                "tcp://10.0.0.5:6558",
                                16),
                        new EngineEvents(
                                new WorkerWithDpRank(StaticWorkersFile.idOf("10.0.0.7:30000"), 0),
                                EngineKind.SGLANG,
                                "tcp://10.0.0.7:5557",
                                null,
                                16));
        assertThat(set.kvEventPublishers()).isEmpty();
    }

    @Test
    void whatIsNotSaidHasADefault() {
        Worker worker = StaticWorkersFile.parse(SMALLEST, folder).workers().getFirst();

        assertThat(worker.id()).isEqualTo(StaticWorkersFile.idOf("10.0.0.5:8000"));
        assertThat(worker.address()).isEqualTo("10.0.0.5:8000");
        assertThat(worker.cards()).hasSize(1);
        assertThat(worker.baseCard().role()).isEqualTo(WorkerRole.AGGREGATED);
        assertThat(worker.baseCard().ranks()).isEqualTo(DpRanks.ONE);
        assertThat(worker.baseCard().prompt().renderer()).isNull();
        assertThat(worker.baseCard().limits().contextLengthTokens()).isZero();
        assertThat(worker.baseCard().files().config()).isNotNull();
        assertThat(worker.baseCard().files().tokenizerConfig()).isNotNull();
        assertThat(worker.baseCard().files().chatTemplate()).isNull();
    }

    @Test
    void aRendererIsOneOfTwo() {
        assertRefused(
                SMALLEST.replace("block_size", "renderer: jinja\n    block_size"),
                "static-workers.models[0].renderer: jinja (expected: minijinja or transformers)");
        assertThat(StaticWorkersFile.parse(
                                SMALLEST.replace("block_size", "renderer: minijinja\n    block_size"), folder)
                        .workers()
                        .getFirst()
                        .baseCard()
                        .prompt()
                        .renderer())
                .isEqualTo(Renderer.MINIJINJA);
    }

    @Test
    void enginesKeepTheirToolsAsTheirKindDoes() {
        String sglang = SMALLEST.replace("vllm", "sglang");

        assertThat(excludesTools(SMALLEST)).isFalse();
        assertThat(excludesTools(sglang)).isTrue();
    }

    @Test
    void theOrderOfTheListDoesNotMatter() {
        String one = "      - {endpoint: '10.0.0.6:1', engine: vllm, events: 'tcp://10.0.0.6:2', dp_size: 3}\n";
        String two = "      - {endpoint: '[fe80::1]:1', engine: sglang, events: 'tcp://[fe80::1]:2'}\n";

        WorkerSet set = StaticWorkersFile.parse(SMALLEST + one + two, folder);
        assertThat(set).isEqualTo(StaticWorkersFile.parse(SMALLEST + two + one, folder));
        assertThat(set.workers()).isSortedAccordingTo((a, b) -> Long.compareUnsigned(a.id(), b.id()));
    }

    @Test
    void noModelsAndNoWorkersAreAllowedWhenTheListSaysSo() {
        assertThat(StaticWorkersFile.parse("models: []", folder)).isEqualTo(WorkerSet.EMPTY);
        String empty = "models: [{name: m, tokenizer: ., block_size: 16, workers: []}]";
        assertThat(StaticWorkersFile.parse(empty, folder)).isEqualTo(WorkerSet.EMPTY);
    }

    /// Each row puts one line in the place of another.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "models: | modls: | static-workers: modls (expected: only [models])",
                "name: m | nam: m | static-workers.models[0]: nam (expected: only [aliases, block_size,",
                "name: m | name: ' ' | static-workers.models[0].name:",
                "name: m | name: 5 | static-workers.models[0].name: 5 (expected: text)",
                "name: m | aliases: [m] | static-workers.models[0].name: absent (expected: text)",
                "name: m | {name: m, aliases: x} | no YAML",
                "tokenizer: . | aliases: a | static-workers.models[0].tokenizer: absent (expected: text)",
                "tokenizer: . | tokenizer: none | none (expected: a tokenizer file, or a folder with one)",
                "tokenizer: . | tokenizer: \"\\0\" | static-workers.models[0].tokenizer: unusable (expected: a path",
                "block_size: 16 | block_size: 0 | static-workers.models[0].block_size: 0 (expected: 1 to 65536)",
                "block_size: 16 | lora: [] | static-workers.models[0].block_size: absent (expected: 1 to 65536)",
                "block_size: 16 | block_size: 99999 | .block_size: 99999 (expected: 1 to 65536)",
                "block_size: 16 | block_size: x | .block_size: x (expected: a whole number >= 0)",
                "10.0.0.5:8000 | engine:8000 | .workers[0].endpoint: engine:8000 (expected: ip:port, IPv6 in brackets)",
                "10.0.0.5:8000 | 10.0.0.5:0 | .workers[0].endpoint: 10.0.0.5:0 (expected: ip:port",
                "10.0.0.5:8000 | 10.0.0.5:65536 | .workers[0].endpoint: 10.0.0.5:65536 (expected: ip:port",
                "engine: vllm | engine: trt | .workers[0].engine: trt (expected: vllm or sglang)",
                "engine: vllm | role: decode | .workers[0].engine: absent (expected: text)",
                "engine: vllm | model: x | .workers[0]: model (expected: only [dp_size, dp_start, endpoint,"
            })
    void whatIsWrongIsNamed(String right, String wrong, String message) {
        assertRefused(SMALLEST.replace(right, wrong), message);
    }

    /// Each row adds a member to the worker.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "role: encode | .workers[0].role: encode (expected: aggregated, prefill or decode)",
                "dp_size: 0 | .workers[0].dp_size: 0 (expected: 1 to",
                "dp_start: -1 | .workers[0].dp_start: -1 (expected: a whole number >= 0)",
                "lora: sql | .workers[0].lora: sql (expected: a list of texts)",
                "lora: [1] | .workers[0].lora[0]: 1 (expected: text)",
                "replay: tcp://10.0.0.5:1 | .workers[0].replay: tcp://10.0.0.5:1 (expected: given together with events)",
                "events: 10.0.0.5:1 | .workers[0].events: 10.0.0.5:1 (expected: tcp://ip:port with room",
                "events: tcp://host:1 | .workers[0].events: tcp://host:1 (expected: tcp://ip:port with room",
                "{events: 'tcp://10.0.0.5:65535', dp_size: 2} | no YAML"
            })
    void whatIsWrongInAWorkerIsNamed(String member, String message) {
        assertRefused(SMALLEST + "        " + member + "\n", message);
    }

    @Test
    void whatMustBeThereOnceIsThereOnce() {
        String worker = "      - {endpoint: '10.0.0.5:8000', engine: vllm}\n";
        assertRefused(SMALLEST + worker, "workers[1].endpoint: 10.0.0.5:8000 (expected: an endpoint that is not");
        String events = ", engine: vllm, events: 'tcp://10.0.0.5:1'}\n";
        assertRefused(
                SMALLEST + "      - {endpoint: '10.0.0.5:1'" + events + "      - {endpoint: '10.0.0.5:2'" + events,
                "workers[2].events: tcp://10.0.0.5:1 (expected: an address that no other rank has)");
        assertRefused(
                SMALLEST + "  - {name: m, tokenizer: ., block_size: 16, workers: []}\n",
                "models[1].name: m (expected: a model that is not listed twice)");
        assertRefused(SMALLEST + "models: []\n", "no YAML");
        String ranks = "      - {endpoint: '10.0.0.5:1', engine: vllm, events: 'tcp://10.0.0.5:65535', dp_size: 2}\n";
        assertRefused(SMALLEST + ranks, "workers[1].events: tcp://10.0.0.5:65535 (expected: tcp://ip:port with room");
    }

    private void assertRefused(String yaml, String message) {
        assertThatThrownBy(() -> StaticWorkersFile.parse(yaml, folder))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("static-workers")
                .hasMessageContaining(message);
    }

    private boolean excludesTools(String yaml) {
        return StaticWorkersFile.parse(yaml, folder)
                .workers()
                .getFirst()
                .baseCard()
                .prompt()
                .excludeToolsWhenToolChoiceNone();
    }

    private static Worker worker(WorkerSet set, String endpoint) {
        List<Worker> found = set.workers().stream()
                .filter(worker -> endpoint.equals(worker.address()))
                .toList();
        assertThat(found).as(endpoint).hasSize(1);
        return found.getFirst();
    }

    /// The one block of YAML, with the paths of this test.
    private static String readmeExample() throws IOException {
        Matcher block = Pattern.compile("```yaml\n(models:.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("README.md")));
        assertThat(block.find()).isTrue();
        return block.group(1).replace("/models/qwen.jinja", "qwen.jinja").replace("/models/qwen ", ". ");
    }
}
