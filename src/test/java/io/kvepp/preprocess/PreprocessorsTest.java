package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.preprocess.PreprocessorState.Failed;
import io.kvepp.preprocess.PreprocessorState.Loading;
import io.kvepp.preprocess.PreprocessorState.Ready;
import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.Renderer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.commons.codec.digest.Blake3;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreprocessorsTest {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);
    private static final String TOKENIZER = "{\"version\":\"1.0\",\"added_tokens\":[],\"normalizer\":null,"
            + "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,"
            + "\"use_regex\":true},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},"
            + "\"merges\":[\"a b\"]}}";
    private static final String CONFIG = "{\"chat_template\":\"{{ messages[0].content }}\"}";

    @TempDir
    Path folder;

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private final EppMetrics metrics = new EppMetrics();
    private final SettableClock clock = new SettableClock();
    private Preprocessors preprocessors;

    @BeforeEach
    void create() {
        preprocessors = preprocessors(tasks::add);
    }

    @AfterEach
    void close() {
        client.close();
        metrics.close();
    }

    @Test
    void aModelIsLoadingUntilItIsReady() throws Exception {
        ModelCard card = card(CONFIG, TOKENIZER);
        assertThat(preprocessors.stateOf(card)).isInstanceOf(Loading.class);
        preprocessors.retain(List.of(card));
        assertThat(preprocessors.stateOf(card)).isInstanceOf(Loading.class);
        runTasks(1);
        assertThat(preprocessors.stateOf(card)).isInstanceOf(Ready.class);
        assertThat(metrics.scrape()).contains("kv_epp_model_loads_total{outcome=\"ok\"} 1.0");
    }

    @Test
    void cardsOfTheSameFilesShareOnePreprocessor() throws Exception {
        ModelCard one = cardAt(folder.resolve("one"));
        ModelCard two = cardAt(folder.resolve("two"));
        preprocessors.retain(List.of(one, two));
        runTasks(1);
        assertThat(preprocessors.stateOf(one)).isInstanceOf(Ready.class).isEqualTo(preprocessors.stateOf(two));
    }

    @Test
    void aModelThatIsGoneIsForgotten() throws Exception {
        ModelCard card = card(CONFIG, TOKENIZER);
        preprocessors.retain(List.of(card));
        runTasks(1);
        preprocessors.retain(List.of());
        assertThat(preprocessors.stateOf(card)).isInstanceOf(Loading.class);
        assertThat(tasks).isEmpty();
    }

    @Test
    void filesThatCannotBeReadAreTriedAgainAfterAPause() throws Exception {
        ModelCard card = cardAt(folder.resolve("one"));
        Files.delete(folder.resolve("one/tokenizer.json"));
        preprocessors.retain(List.of(card));
        runTasks(1);
        assertThat(preprocessors.stateOf(card))
                .isInstanceOfSatisfying(
                        Failed.class, failed -> assertThat(failed.reason()).contains("tokenizer.json: not found"));
        clock.advance(RETRY_AFTER.minusMillis(1));
        preprocessors.stateOf(card);
        assertThat(tasks).isEmpty();
        clock.advance(Duration.ofMillis(1));
        Files.writeString(folder.resolve("one/tokenizer.json"), TOKENIZER);
        preprocessors.stateOf(card);
        preprocessors.stateOf(card);
        runTasks(1);
        assertThat(preprocessors.stateOf(card)).isInstanceOf(Ready.class);
    }

    @Test
    void theFilesOfAnotherWorkerAreTriedNext() throws Exception {
        ModelCard one = cardAt(folder.resolve("one"));
        Files.delete(folder.resolve("one/tokenizer.json"));
        ModelCard two = cardAt(folder.resolve("two"));
        preprocessors.retain(List.of(one, two));
        runTasks(1);
        clock.advance(RETRY_AFTER);
        preprocessors.stateOf(one);
        runTasks(1);
        assertThat(preprocessors.stateOf(one)).isInstanceOf(Ready.class);
    }

    @Test
    void filesThatCannotBeUsedAreNotTriedAgain() throws Exception {
        assertFailsForGood(card("{\"chat_template\":\"{% if %}\"}", TOKENIZER), "chat template: line 1");
        assertFailsForGood(card("{}", TOKENIZER), "chat template: none called default");
        assertFailsForGood(card(CONFIG, "{\"model\":{\"type\":\"Unigram\"}}"), "tokenizer.json");
    }

    @Test
    void aTiktokenFileIsReadWithThePatternOfTheModelType() throws Exception {
        assertThat(tiktoken("{\"model_type\":\"kimi_k2\"}")).isInstanceOf(Ready.class);
        assertThat(tiktoken("{\"model_type\":\"llama\"}"))
                .isInstanceOfSatisfying(
                        Failed.class, failed -> assertThat(failed.reason()).contains("config.json.model_type: llama"));
    }

    private PreprocessorState tiktoken(String config) throws IOException {
        Path model = Files.createTempDirectory(folder, "model");
        StringBuilder ranks = new StringBuilder();
        for (int b = 0; b < 256; b++) {
            ranks.append(Base64.getEncoder().encodeToString(new byte[] {(byte) b}))
                    .append(" " + b + "\n");
        }
        ModelFiles files = files(model, CONFIG, TOKENIZER);
        ModelCard card = RecordedPrompts.card(new ModelFiles(
                RecordedPrompts.file(
                        Files.writeString(model.resolve("config.json"), config).toString()),
                RecordedPrompts.file(Files.writeString(model.resolve("tiktoken.model"), ranks)
                        .toString()),
                files.tokenizerConfig(),
                null,
                List.of()));
        preprocessors.retain(List.of(card));
        runTasks(1);
        return preprocessors.stateOf(card);
    }

    @Test
    void aFamilyWithAFormatOfItsOwnNeedsNoTemplate() throws Exception {
        ModelCard card = cardOfType("deepseek_v4");
        preprocessors.retain(List.of(card));
        runTasks(1);
        assertThat(preprocessors.stateOf(card)).isInstanceOf(Ready.class);
    }

    @Test
    void promptsInPiecesNeedATokenizerThatTakesThem() throws Exception {
        assertFailsForGood(cardOfType("kimi_k3"), "tokenizer: none for prompts in pieces");
    }

    @Test
    void modelsWithThinkingRulesOfTheirOwnFail() throws Exception {
        ModelFiles files = files(folder, CONFIG, TOKENIZER);
        assertFailsForGood(RecordedPrompts.card(files, "minimax_m3", null), "parser: minimax_m3");
    }

    private ModelCard cardOfType(String modelType) throws IOException {
        Path config = Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"" + modelType + "\"}");
        ModelFiles files = files(folder, "{}", TOKENIZER);
        return RecordedPrompts.card(new ModelFiles(
                RecordedPrompts.file(config.toString()), files.tokenizer(), files.tokenizerConfig(), null, List.of()));
    }

    @Test
    void aTemplateFileReplacesTheTemplateOfTheConfiguration() throws Exception {
        ModelFiles files = files(folder, "{\"chat_template\":\"{% if %}\"}", TOKENIZER);
        Path template = Files.writeString(folder.resolve("chat_template.jinja"), "ab");
        ModelCard card = RecordedPrompts.card(new ModelFiles(
                null,
                files.tokenizer(),
                files.tokenizerConfig(),
                RecordedPrompts.file(template.toString()),
                List.of()));
        preprocessors.retain(List.of(card));
        runTasks(1);
        assertThat(preprocessors.stateOf(card)).isInstanceOf(Ready.class);
    }

    @Test
    void anExecutorThatStopsIsAFailure() throws Exception {
        ModelCard card = card(CONFIG, TOKENIZER);
        Preprocessors stopping = preprocessors(_ -> {
            throw new RejectedExecutionException();
        });
        stopping.retain(List.of(card));
        assertThat(stopping.stateOf(card)).isInstanceOf(Failed.class);
    }

    private void assertFailsForGood(ModelCard card, String reason) {
        preprocessors.retain(List.of(card));
        runTasks(1);
        clock.advance(RETRY_AFTER.multipliedBy(100));
        assertThat(preprocessors.stateOf(card))
                .isInstanceOfSatisfying(
                        Failed.class, failed -> assertThat(failed.reason()).contains(reason));
        assertThat(tasks).isEmpty();
    }

    private Preprocessors preprocessors(Executor executor) {
        ModelFilesConfig config = new ModelFilesConfig(folder, 1 << 20, Duration.ofSeconds(5));
        return new Preprocessors(
                new PreprocessConfig(RETRY_AFTER, false, Renderer.MINIJINJA),
                new ModelFileStore(config, client, metrics),
                metrics,
                executor,
                clock);
    }

    private void runTasks(int expected) {
        assertThat(tasks).hasSize(expected);
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private ModelCard card(String config, String tokenizer) throws IOException {
        return RecordedPrompts.card(files(Files.createTempDirectory(folder, "model"), config, tokenizer));
    }

    private static ModelFiles files(Path model, String config, String tokenizer) throws IOException {
        Path configFile = Files.writeString(model.resolve("tokenizer_config.json"), config);
        Path tokenizerFile = Files.writeString(model.resolve("tokenizer.json"), tokenizer);
        return new ModelFiles(
                null,
                RecordedPrompts.file(tokenizerFile.toString()),
                RecordedPrompts.file(configFile.toString()),
                null,
                List.of());
    }

    private static ModelCard cardAt(Path model) throws IOException {
        files(Files.createDirectories(model), CONFIG, TOKENIZER);
        return RecordedPrompts.card(new ModelFiles(
                null,
                reference(model.resolve("tokenizer.json"), TOKENIZER),
                reference(model.resolve("tokenizer_config.json"), CONFIG),
                null,
                List.of()));
    }

    private static FileReference reference(Path file, String text) {
        byte[] hash = Blake3.hash(text.getBytes(StandardCharsets.UTF_8));
        return new FileReference(file.toString(), "blake3:" + HexFormat.of().formatHex(hash), -1);
    }

    private static final class SettableClock extends Clock {
        private Instant now = Instant.EPOCH;

        void advance(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(@Nullable ZoneId zone) {
            return this;
        }
    }
}
