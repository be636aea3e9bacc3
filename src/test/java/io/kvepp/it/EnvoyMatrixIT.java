package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Headers;
import io.kvepp.it.http.Http2Exchange;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.http.RecordingUpstream;
import io.kvepp.it.http.RecordingUpstream.Recorded;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.EnvoyBootstrap.Route;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Bodies and trailers pass, both ways, through real Envoys of five releases in the modes that
/// gateways use; what an Envoy does when something fails is `EnvoyReleasesIT` and
/// `EnvoyFailOpenIT`.
@ExtendWith(Deployments.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EnvoyMatrixIT {
    private static final String TRAILER = "x-checksum";

    private final EnvoyStand stand;

    EnvoyMatrixIT(@Aggregated Deployment deployment, RealParts parts) throws IOException {
        stand = new EnvoyStand("envoy-matrix", deployment, parts);
    }

    @BeforeAll
    void start() throws IOException {
        // A machine that is busy needs longer for a large body than the default wait.
        stand.startPicker(
                EnvoyStand.ISTIO,
                stand.first.port(),
                "--frontend-endpoint",
                EnvoyStand.endpoint(stand.second.port()),
                "--streamed-body-wait",
                "5s");
        stand.startEnvoys(
                List.of(),
                (version, listeners) -> rows().filter(row -> row.version().equals(version))
                        .forEach(row -> listeners.add(
                                row.listener(),
                                Route.to(row.cluster()),
                                EnvoyRow.asking(EnvoyStand.ISTIO, row.mode()))));
        stand.fleet.awaitReady();
    }

    @AfterAll
    void stop() {
        stand.close();
    }

    static Stream<EnvoyRow> rows() {
        return Stream.concat(EnvoyRow.pairwise().stream(), EnvoyRow.ofTheNewest().stream());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    @Order(1)
    void bodiesAndTrailersArriveWholeBothWays(EnvoyRow row) {
        String id = UUID.randomUUID().toString();
        SentBody body = row.isChat() ? stand.chat(row.bytes()) : SentBody.unread(row.bytes());
        Headers headers = Headers.of(
                "content-type",
                "application/json",
                "x-request-id",
                id,
                RecordingUpstream.ANSWER_BYTES,
                Integer.toString(row.bytes()));
        if (row.trailers()) {
            headers = headers.with(RecordingUpstream.ANSWER_TRAILER, "a-" + id);
        }

        HttpAnswer answer = send(row, body, headers, row.trailers() ? Headers.of(TRAILER, "r-" + id) : Headers.NONE);

        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(RecordingUpstream.answer(row.bytes()));
        assertThat(answer.trailers().allValues(RecordingUpstream.ANSWER_TRAILER))
                .isEqualTo(row.trailers() ? List.of("a-" + id) : List.of());
        Recorded recorded = stand.arrived(id);
        assertThat(recorded.trailers().all(TRAILER)).isEqualTo(row.trailers() ? List.of("r-" + id) : List.of());
        assertThat(recorded.headers().all("x-dynamo-worker-instance-id")).hasSize(1);
        if (row.bodyIsRead()) {
            body.assertSpliced(recorded);
        } else {
            body.assertWhole(recorded);
        }
    }

    @Test
    @Order(2)
    void bothUpstreamsHadTheirShare() {
        assertThat(List.of(stand.first.count(), stand.second.count()))
                .allSatisfy(count -> assertThat(count).isGreaterThan((int) rows().count() / 3));
    }

    /// Where the length is known, Envoy sends no trailers over HTTP/1.1: a request with trailers
    /// has none.
    private HttpAnswer send(EnvoyRow row, SentBody body, Headers headers, Headers trailers) {
        int port = stand.fleet.port(row.listener());
        Headers sized =
                row.trailers() ? headers : headers.with("content-length", Integer.toString(body.bytes().length));
        if (row.http2()) {
            return Http2Exchange.post(port, body.path(), body.bytes(), sized, trailers);
        }
        try (RawExchange exchange = new RawExchange(port)) {
            return row.trailers()
                    ? exchange.head("POST", body.path(), headers.with("transfer-encoding", "chunked"))
                            .chunk(body.bytes())
                            .end(trailers)
                            .answer()
                    : exchange.head("POST", body.path(), sized)
                            .write(body.bytes())
                            .answer();
        }
    }
}
