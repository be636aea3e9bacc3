package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the unit tests compare this process with is still what the real programs make: jinja2 of
/// templates, the Dynamo frontend of chats in the formats of its own.
class RecordingsIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Path RECORDINGS = Project.root().resolve("src/test/resources/io/kvepp/preprocess");

    private final RealParts parts = RealParts.install();

    @TempDir
    private Path again;

    @Test
    void jinja2StillMakesTheRecordedOutputs() throws IOException {
        Path recorded = RECORDINGS.resolve("jinja2");
        record(recorded, List.of(again.toString()));
        assertSame(recorded, "golden.json", "chats.jsonl");
    }

    @Test
    void theFrontendStillWritesTheRecordedFormats() throws IOException {
        Path recorded = RECORDINGS.resolve("nativeformat");
        record(recorded, List.of(parts.python().toString(), again.toString()));
        assertSame(recorded, "v32.jsonl", "v4.jsonl", "v41.jsonl", "k3.jsonl");
    }

    /// Runs `record.py` of a folder; -B keeps Python from leaving files in the checkout.
    private void record(Path folder, List<String> arguments) {
        List<String> script = List.of(
                parts.python().toString(), "-B", folder.resolve("record.py").toString());
        List<String> command =
                Stream.concat(script.stream(), arguments.stream()).toList();
        try (Processes processes = new Processes(Project.logs())) {
            ManagedProcess record = processes.start("record-" + folder.getFileName(), command, System.getenv());
            assertThat(record.awaitExit(LIMIT)).as(record.logTail()).isZero();
        }
    }

    private void assertSame(Path recorded, String... files) throws IOException {
        for (String file : files) {
            assertThat(Files.readString(again.resolve(file)))
                    .as("%s, recorded again", file)
                    .isEqualTo(Files.readString(recorded.resolve(file)));
        }
    }
}
