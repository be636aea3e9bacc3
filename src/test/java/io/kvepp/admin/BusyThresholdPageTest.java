package io.kvepp.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.ConfigurationException;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.testing.FixedInspection;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The same questions and answers as with Dynamo's `/busy_threshold`.
class BusyThresholdPageTest {
    private final EppMetrics metrics = new EppMetrics();
    private final HttpClient http = HttpClient.newHttpClient();
    private final OneModel thresholds = new OneModel();
    private final AdminServer server;

    BusyThresholdPageTest() throws IOException {
        server = new AdminServer(
                new AdminConfig("127.0.0.1", 0, false, false, false),
                new AdminSources(
                        metrics,
                        new FixedInspection(List.of(), List.of(), List.of(), 0),
                        () -> new ReadinessReport(true, Map.of()),
                        List::of,
                        _ -> {},
                        thresholds));
    }

    @BeforeEach
    void start() throws IOException {
        server.start();
    }

    @AfterEach
    void close() {
        http.close();
        server.close();
        metrics.close();
    }

    @Test
    void settingAnswersWhatIsInForceAndListingShowsIt() throws Exception {
        HttpResponse<String> set = post("{\"model\":\"m\",\"active_decode_blocks_threshold\":0.85,"
                + "\"active_prefill_tokens_threshold\":1000,\"active_prefill_tokens_threshold_frac\":0.8}");
        String inForce = "{\"model\":\"m\",\"active_decode_blocks_threshold\":0.85,"
                + "\"active_prefill_tokens_threshold\":1000,\"active_prefill_tokens_threshold_frac\":0.8}";

        assertThat(set.statusCode()).isEqualTo(200);
        assertThat(compact(set.body())).isEqualTo(inForce);
        assertThat(compact(get().body())).isEqualTo("{\"thresholds\":[" + inForce + "]}");
    }

    @Test
    void askingWithoutThresholdsChangesNothing() throws Exception {
        HttpResponse<String> answer = post("{\"model\":\"m\",\"active_decode_blocks_threshold\":null}");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(compact(answer.body()))
                .isEqualTo("{\"model\":\"m\",\"active_decode_blocks_threshold\":null,"
                        + "\"active_prefill_tokens_threshold\":null,\"active_prefill_tokens_threshold_frac\":null}");
        assertThat(compact(get().body())).isEqualTo("{\"thresholds\":[]}");
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"model\":\"m\",\"active_decode_blocks_threshold\":1.5} | 400",
                "{\"model\":\"m\" | 400",
                "{\"model\":\"unknown\",\"active_prefill_tokens_threshold\":1} | 404",
                "{\"model\":7} | 422",
                "{} | 422",
                "[] | 422",
                "{\"model\":\"m\",\"active_decode_blocks_threshold\":\"1\"} | 422",
                "{\"model\":\"m\",\"active_prefill_tokens_threshold\":1.5} | 422",
                "{\"model\":\"m\",\"active_prefill_tokens_threshold_frac\":true} | 422",
            })
    void whatCannotBeDoneIsAnErrorObject(String body, int status) throws Exception {
        HttpResponse<String> answer = post(body);

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains("\"error\" : \"");
        assertThat(thresholds.row).isEqualTo(OneModel.NOTHING);
    }

    @Test
    void aBodyOfAnotherTypeOrOfTooManyBytesIsRefused() throws Exception {
        assertThat(send("POST", "text/plain", "{\"model\":\"m\"}").statusCode()).isEqualTo(415);
        assertThat(post("{\"model\":\"" + "m".repeat(65 << 10) + "\"}").statusCode())
                .isEqualTo(413);
        assertThat(send("DELETE", "application/json", "").statusCode()).isEqualTo(405);
    }

    private HttpResponse<String> post(String body) throws Exception {
        return send("POST", "application/json; charset=utf-8", body);
    }

    private HttpResponse<String> get() throws Exception {
        return send("GET", "application/json", "");
    }

    private HttpResponse<String> send(String method, String type, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.port() + "/busy_threshold"))
                .header("content-type", type)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static String compact(String json) {
        return json.replaceAll("\\s", "");
    }

    /// Thresholds of the only model, `m`.
    private static final class OneModel implements BusyThresholds {
        static final Row NOTHING = new Row("m", null, null, null);

        private volatile Row row = NOTHING;

        @Override
        public List<Row> all() {
            return row.asksOnly() ? List.of() : List.of(row);
        }

        @Override
        public Row of(String model) {
            return row;
        }

        @Override
        public Optional<Row> change(Row changes) {
            if (changes.decodeBlocks() != null && changes.decodeBlocks() > 1) {
                throw ConfigurationException.of("active_decode_blocks_threshold", "1.5", "a number from 0 to 1");
            }
            if (!changes.model().equals("m")) {
                return Optional.empty();
            }
            row = changes;
            return Optional.of(changes);
        }
    }
}
