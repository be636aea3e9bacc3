package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.testing.HostileBody;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.testing.RequestParsers;
import io.kvepp.worker.card.Renderer;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A hostile body that is read is also rendered and tokenized soon, and with memory in proportion to
/// it, whichever of the oracle's templates it meets.
class HostilePromptsTest {
    /// Templates that look through the messages several times, and one that prints all it is given.
    private static final List<String> FOLDERS = List.of(
            "qwen3-reversed-namespace", "qwen3coder-xml-tools", "gptoss-typescript-types", "jinja-messages-printed");

    /// Bytes allocated for each byte of a body.
    private static final long ALLOCATED_PER_BYTE_MAX = 80;
    private static final long ALLOCATED_FIXED_MAX = 4 << 20;

    private static final RequestParser PARSER = RequestParsers.all();

    static Stream<Arguments> hostile() {
        List<HostileBody> read = HostileBody.all("m").stream()
                .filter(body -> body.verdict() == HostileBody.Verdict.READ)
                .toList();
        return OracleFolder.all().stream()
                .filter(folder -> FOLDERS.contains(folder.name()))
                .flatMap(folder -> read.stream().map(body -> Arguments.of(folder, body)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("hostile")
    @Timeout(10)
    void everyPromptIsMadeOrRefusedWithMemoryInProportion(OracleFolder folder, HostileBody body) throws Exception {
        Preprocessor preprocessor = load(folder);
        long before = allocated();
        ParseResult parsed = PARSER.parse(body.path(), "application/json", null, body.body());
        assertThat(parsed).isInstanceOfSatisfying(Parsed.class, read -> preprocessor.preprocess(read.request()));
        long allocated = allocated() - before;
        assertThat(allocated)
                .as("bytes allocated for %d of body", body.body().length)
                .isLessThan(ALLOCATED_FIXED_MAX + ALLOCATED_PER_BYTE_MAX * body.body().length);
    }

    private static Preprocessor load(OracleFolder folder) throws Exception {
        ModelFilesConfig config = new ModelFilesConfig(Path.of("."), 1 << 20, Duration.ofSeconds(5));
        try (HttpClient client = HttpClient.newHttpClient();
                EppMetrics metrics = new EppMetrics()) {
            return new PreprocessorLoader(
                            new ModelFileStore(config, client, metrics), Clock.systemUTC(), false, Renderer.MINIJINJA)
                    .load(folder.card());
        }
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
