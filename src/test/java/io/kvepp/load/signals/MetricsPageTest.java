package io.kvepp.load.signals;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsPageTest {
    @Test
    void readsThePageOfVllm() {
        assertThat(MetricsPage.read(fixture("vllm-dp2.txt")))
                .contains(new MetricsPage(
                        Map.of(0, new EngineReport(2, 7, 0.4375), 1, new EngineReport(0, 0, 0.0001220703125))));
    }

    @Test
    void readsThePageOfSglang() {
        assertThat(MetricsPage.read(fixture("sglang-dp2.txt")))
                .contains(new MetricsPage(Map.of(0, new EngineReport(3, 12, 0.37), 1, new EngineReport(0, 1, 0.02))));
    }

    @Test
    void allRanksTogetherHaveTheSumOfRequestsAndTheFullestCache() {
        assertThat(MetricsPage.read(fixture("sglang-dp2.txt")).orElseThrow().whole())
                .isEqualTo(new EngineReport(3, 13, 0.37));
    }

    @ParameterizedTest(name = "{0} -> {1} waiting")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "vllm:num_requests_waiting 3|3",
                "vllm:num_requests_waiting 3.0 1700000000000|3",
                "vllm:num_requests_waiting{} 3|3",
                "vllm:num_requests_waiting{model_name=\"a}b,engine=\\\"7\\\"\"} 3|3",
                "vllm:num_requests_waiting{engine=\"x\"} 3|3",
                "vllm:num_requests_waiting{model_name=\"a\", engine=\"0\",} 3|3",
                "sglang:num_queue_reqs{priority=\"\"} 5 & sglang:num_queue_reqs{priority=\"1\"} 2|5",
                "sglang:num_queue_reqs{tp_rank=\"0\"} 4 & sglang:num_queue_reqs{tp_rank=\"1\"} 4|4",
                "vllm:num_requests_waiting NaN & vllm:num_requests_running 1|0",
                "vllm:num_requests_waiting -1 & vllm:num_requests_running 1|0",
                "vllm:num_requests_waiting_total 9 & vllm:num_requests_running 1|0",
                "vllm:num_requests_waiting 1e300|2147483647",
            })
    void readsEveryFormOfASample(String page, int waiting) {
        assertThat(MetricsPage.read(page.replace(" & ", "\n")).orElseThrow().byRank())
                .extractingByKey(0)
                .extracting(EngineReport::waitingRequests)
                .isEqualTo(waiting);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html><body>not found</body></html>",
                "process_cpu_seconds_total 5",
                "vllm:num_requests_waiting",
                "vllm:num_requests_waiting{engine",
                "vllm:num_requests_waiting{engine=\"0",
                "vllm:num_requests_waiting{engine=\"0\\",
                "vllm:num_requests_waiting{engine=0} 3",
                "# vllm:num_requests_waiting 3",
            })
    void aPageOfSomethingElseIsNone(String page) {
        assertThat(MetricsPage.read(page)).isEmpty();
    }

    @Test
    void damagedPagesAreReadOrNotButNeverFail() {
        String page = fixture("vllm-dp2.txt");
        Random random = new Random(3);
        for (int i = 0; i < 2_000; i++) {
            StringBuilder damaged = new StringBuilder(page.substring(0, random.nextInt(page.length())));
            for (int j = 0; j < 5 && !damaged.isEmpty(); j++) {
                damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(128));
            }
            var _ = MetricsPage.read(damaged.toString());
        }
    }

    static String fixture(String name) {
        try (InputStream in =
                Objects.requireNonNull(MetricsPageTest.class.getResourceAsStream("/io/kvepp/load/signals/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
