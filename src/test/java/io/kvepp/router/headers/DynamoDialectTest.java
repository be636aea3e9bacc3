package io.kvepp.router.headers;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DynamoDialectTest {
    private static final WorkerWithDpRank DECODE = new WorkerWithDpRank(Long.MIN_VALUE + 5, 3);
    private static final WorkerWithDpRank PREFILL = new WorkerWithDpRank(-1, 0);

    private final DynamoDialect dialect = new DynamoDialect();

    @Test
    void anAggregatedPickNamesOneWorkerAndItsRank() {
        assertThat(dialect.route(request(), DECODE, null))
                .isEqualTo(new HeaderEdit(
                        List.of(
                                new HttpHeader("x-dynamo-worker-instance-id", "9223372036854775813"),
                                new HttpHeader("x-dynamo-dp-rank", "3")),
                        List.of()));
    }

    @Test
    void aDisaggregatedPickNamesBothWorkersAndTheirRanks() {
        assertThat(dialect.route(request(), DECODE, PREFILL).set())
                .containsExactly(
                        new HttpHeader("x-dynamo-worker-instance-id", "9223372036854775813"),
                        new HttpHeader("x-dynamo-dp-rank", "3"),
                        new HttpHeader("x-dynamo-prefill-instance-id", "18446744073709551615"),
                        new HttpHeader("x-dynamo-prefill-dp-rank", "0"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-dynamo-worker-instance-id",
                "x-dynamo-dp-rank",
                "x-dynamo-prefill-instance-id",
                "x-dynamo-prefill-dp-rank",
                "x-worker-instance-id",
                "x-prefill-instance-id",
                "x-dp-rank",
                "x-data-parallel-rank",
                "x-prefill-dp-rank",
                "x-dynamo-routing-mode",
                "x-gateway-destination-endpoint",
                "x-gateway-destination-endpoint-subset",
                "x-gateway-destination-endpoint-served",
            })
    void aClientsRoutingHeaderIsRemovedWhateverThePick(String name) {
        PickRequest request = request("accept", name, "user-agent");

        assertThat(dialect.route(request, DECODE, null).remove()).containsExactly(name);
        assertThat(dialect.route(request, DECODE, PREFILL).remove()).containsExactly(name);
        assertThat(dialect.strip(request)).isEqualTo(new HeaderEdit(List.of(), List.of(name)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "authorization",
                "x-request-id",
                "x-tenant-id",
                "x-dynamo-request-id",
                "x-gateway-destination",
                "content-length"
            })
    void otherHeadersPass(String name) {
        assertThat(dialect.route(request(name), DECODE, PREFILL).remove()).isEmpty();
        assertThat(dialect.strip(request(name))).isEqualTo(new HeaderEdit(List.of(), List.of()));
    }

    @Test
    void aHeaderSentTwiceIsRemovedOnce() {
        assertThat(dialect.strip(request("x-dp-rank", "x-worker-instance-id", "x-dp-rank"))
                        .remove())
                .containsExactly("x-dp-rank", "x-worker-instance-id");
    }

    private static PickRequest request(String... names) {
        List<HttpHeader> headers =
                List.of(names).stream().map(name -> new HttpHeader(name, "7")).toList();
        return new PickRequest("id", "POST", "/v1/chat/completions", headers, new byte[0]);
    }
}
