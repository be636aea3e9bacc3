package io.kvepp.kvcache.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A trace in Mooncake's format.
class TraceTest {
    @TempDir
    Path folder;

    private Trace read(String content) throws IOException {
        return Trace.read(Files.writeString(folder.resolve("trace.jsonl"), content));
    }

    @Test
    void aLineIsAPromptAndEmptyLinesAreNone() throws IOException {
        Trace trace = read("{\"timestamp\": 0, \"hash_ids\": [7, 46]}\n\n{\"hash_ids\": []}\n");
        assertThat(trace.prompts()).containsExactly(new long[] {7, 46}, new long[0]);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            x                          | trace.jsonl line 2: x (expected: a JSON object)
            {"hash_ids": [1            | trace.jsonl line 2: {"hash_ids": [1 (expected: a JSON object)
            {}                         | trace.jsonl line 2: hash_ids: missing (expected: a list)
            [1]                        | trace.jsonl line 2: hash_ids: missing (expected: a list)
            {"hash_ids": 3}            | trace.jsonl line 2: hash_ids: 3 (expected: a list)
            {"hash_ids": [1, -1]}      | trace.jsonl line 2: hash_ids[1]: -1 (expected: a whole number >= 0)
            {"hash_ids": ["1"]}        | trace.jsonl line 2: hash_ids[0]: "1" (expected: a whole number >= 0)
            {"hash_ids": [0.5]}        | trace.jsonl line 2: hash_ids[0]: 0.5 (expected: a whole number >= 0)
            """)
    void aBadLineIsNamedWithWhatIsWrong(String line, String message) {
        assertThatThrownBy(() -> read("{\"hash_ids\": [1]}\n" + line + "\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void aLongLineIsNotRepeatedWhole() {
        assertThatThrownBy(() -> read("x".repeat(10_000)))
                .hasMessageStartingWith("trace.jsonl line 1: xxx")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
    }

    @Test
    void aFileWithoutRequestsIsRefused() {
        assertThatThrownBy(() -> read("\n")).hasMessage("trace.jsonl: no requests (expected: one a line)");
    }
}
