package io.kvepp.pool.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.kube.testing.MemoryKube;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.picker.RequestLifecycle;
import io.kvepp.pool.PoolRef;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RulesPickerTest {
    private static final String BODY = "{\"model\":\"large\",\"messages\":[],\"nvext\":{}}";
    private static final RequestLifecycle LIFE = new RequestLifecycle() {
        @Override
        public void responseHeaders(int status, String contentType) {}

        @Override
        public void responseBody(ByteBuffer part, boolean endOfStream) {}

        @Override
        public void servedBy(String endpoint) {}

        @Override
        public void completed() {}

        @Override
        public void withdrawn() {}
    };

    private final MemoryKube kube = new MemoryKube("ns");
    private final List<PickRequest> seen = new ArrayList<>();
    private PickResult answer = routed(BodyEdit.NONE);

    @BeforeEach
    void objects() throws Exception {
        ObjectMapper json = new ObjectMapper();
        kube.put(WatchedRules.objective("llm-d.ai"), json.readTree("""
                {"metadata":{"name":"batch"},"spec":{"poolRef":{"name":"p"},"priority":-2}}"""));
        kube.put(WatchedRules.rewrite("llm-d.ai"), json.readTree("""
                {"metadata":{"name":"r"},"spec":{"poolRef":{"name":"p"},"rules":[
                  {"matches":[{"model":{"value":"large"}}],"targets":[{"modelRewrite":"org/large-v2"}]}]}}"""));
    }

    @Test
    void theDecisionAndTheWorkerSeeTheTargetAndTheClientItsOwnName() {
        int nvext = BODY.replace("large", "org/large-v2").indexOf("{}");
        answer = routed(new BodyEdit(nvext, 2, bytes("{\"token_data\":[1]}")));

        PickResult.Routed result = (PickResult.Routed) pick(true, "p", "accept-encoding", "gzip");

        assertThat(text(seen.getFirst().body())).isEqualTo(BODY.replace("large", "org/large-v2"));
        assertThat(text(ModelNameEdit.applied(bytes(BODY), result.body())))
                .isEqualTo("{\"model\":\"org/large-v2\",\"messages\":[],\"nvext\":{\"token_data\":[1]}}");
        assertThat(result.headers().remove()).contains("accept-encoding");
        ByteBuffer restored = result.response().edit(ByteBuffer.wrap(bytes("{\"model\":\"org/large-v2\"}")), true);
        assertThat(StandardCharsets.UTF_8.decode(restored).toString()).isEqualTo("{\"model\":\"large\"}");
    }

    @Test
    void anAnswerOfThePickerItselfNamesTheClientsModel() {
        answer = new PickResult.Answered("application/json", "{\"model\":\"org/large-v2\"}");

        assertThat(pick(false, "p")).isEqualTo(new PickResult.Answered("application/json", "{\"model\":\"large\"}"));
    }

    @Test
    void requestsOfOtherPoolsAndModelsPassAsTheyCame() {
        PickResult other = pick(false, "another");
        assertThat(other).isSameAs(answer);
        assertThat(text(seen.getLast().body())).isEqualTo(BODY);

        assertThat(pick(false, null)).isSameAs(answer);
        answer = new PickResult.Rejected(RejectReason.NO_WORKERS, "none", null);
        assertThat(pick(false, "p")).isSameAs(answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-llm-d-inference-objective", "x-gateway-inference-objective"})
    void anObjectiveIsAPriorityWhereHeadersCount(String name) {
        pick(true, "p", name, "batch");
        assertThat(seen.getLast().priority()).isEqualTo(-2);
        pick(true, "p", name, "unknown");
        assertThat(seen.getLast().priority()).isZero();
        pick(true, "another", name, "batch");
        assertThat(seen.getLast().priority()).isZero();
        pick(false, "p", name, "batch");
        assertThat(seen.getLast().priority()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-llm-d-model-name-rewrite", "x-gateway-model-name-rewrite"})
    void aHeaderNamesTheTargetWhereHeadersCount(String name) {
        pick(true, "p", name, "mine");
        assertThat(text(seen.getLast().body())).isEqualTo(BODY.replace("large", "mine"));
        pick(true, null, name, "mine");
        assertThat(text(seen.getLast().body())).isEqualTo(BODY.replace("large", "mine"));
        pick(false, null, name, "mine");
        assertThat(text(seen.getLast().body())).isEqualTo(BODY);
    }

    @Test
    void controlHeadersNeverReachTheWorker() {
        for (boolean honoured : new boolean[] {true, false}) {
            PickResult.Routed result = (PickResult.Routed) pick(
                    honoured,
                    null,
                    "x-llm-d-inference-objective",
                    "batch",
                    "x-gateway-model-name-rewrite",
                    "large",
                    "x-other",
                    "kept");
            assertThat(result.headers().remove())
                    .containsExactly("x-given", "x-llm-d-inference-objective", "x-gateway-model-name-rewrite");
        }
    }

    @Test
    void howEndpointsComparedIsTold() {
        Map<String, Double> scores = Map.of("10.0.0.1:1", 1.0, "10.0.0.2:1", 0.5);
        answer = new PickResult.Routed(
                "10.0.0.1:1", List.of(), new HeaderEdit(List.of(), List.of()), BodyEdit.NONE, null, null, scores, LIFE);

        for (String name : List.of("x-llm-d-inference-objective", "x-llm-d-model-name-rewrite")) {
            assertThat(((PickResult.Routed) pick(true, null, name, "mine")).endpointScores())
                    .isEqualTo(scores);
        }
    }

    private PickResult pick(boolean honours, String pool, String... headers) {
        EndpointPicker picker = (request, listener) -> {
            seen.add(request);
            listener.accept(answer);
            return () -> {};
        };
        WatchedRules rules = WatchedRules.of(List.of(new PoolRef("", "p", PoolRef.MAIN_PORT)), kube);
        List<HttpHeader> list = new ArrayList<>();
        for (int i = 0; i < headers.length; i += 2) {
            list.add(new HttpHeader(headers[i], headers[i + 1]));
        }
        PickRequest request = new PickRequest("id", "POST", "/v1/chat/completions", list, bytes(BODY));
        List<PickResult> results = new ArrayList<>();
        Consumer<PickResult> listener = results::add;
        PickHandle _ = new RulesPicker(new RulesConfig(honours), rules, picker, new Random(1))
                .pick(pool == null ? request : request.inPool(pool), listener);
        return results.getFirst();
    }

    private static PickResult.Routed routed(BodyEdit body) {
        return new PickResult.Routed("10.0.0.1:1", new HeaderEdit(List.of(), List.of("x-given")), body, LIFE);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
