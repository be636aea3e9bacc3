package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Pick;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.http.RecordingUpstream.Recorded;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.Deployments.Disaggregated;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Only kv-epp names workers: what a client says about them changes nothing.
@ExtendWith(Deployments.class)
class HeadersIT {
    private static final List<String> WORKER_HEADERS = List.of("x-dynamo-worker-instance-id", "x-worker-instance-id");
    private static final List<String> PREFILL_HEADERS =
            List.of("x-dynamo-prefill-instance-id", "x-prefill-instance-id");
    private static final List<String> RANK_HEADERS = List.of(
            "x-dynamo-dp-rank", "x-dp-rank", "x-data-parallel-rank", "x-dynamo-prefill-dp-rank", "x-prefill-dp-rank");
    private static final List<String> DESTINATION_HEADERS = List.of(
            "x-gateway-destination-endpoint",
            "x-gateway-destination-endpoint-subset",
            "x-gateway-destination-endpoint-served");

    private final Deployment aggregated;
    private final Deployment disaggregated;

    HeadersIT(@Aggregated Deployment aggregated, @Disaggregated Deployment disaggregated) {
        this.aggregated = aggregated;
        this.disaggregated = disaggregated;
    }

    @Test
    void theFrontendRefusesARequestWithoutThem() {
        String body = Prompts.chat(aggregated.model(), 4, "system", "user").toString();

        assertThat(aggregated.frontend().complete(InferenceClient.CHAT, body).status())
                .isEqualTo(400);
        assertThat(disaggregated.frontend().complete(InferenceClient.CHAT, body).status())
                .isEqualTo(500);
    }

    /// prefill-router 5.3, by the frontend that we decide for. With the prefill worker named too, the same
    /// request is answered.
    @Test
    void theFrontendRefusesADisaggregatedRequestThatNamesNoPrefillWorker() {
        String body = Prompts.chat(disaggregated.model(), 4, "system", "user").toString();
        Headers decode = Headers.of("x-dynamo-worker-instance-id", workerId(Role.DECODE));
        Headers both = decode.with("x-dynamo-prefill-instance-id", workerId(Role.PREFILL));

        Completion refused = disaggregated.frontend().complete(InferenceClient.CHAT, body, decode);
        assertThat(refused.status()).isEqualTo(500);
        assertThat(refused.events().toString()).contains("Failed to generate completions");
        assertThat(disaggregated.direct().process().output()).contains("x-dynamo-prefill-instance-id");
        assertThat(disaggregated
                        .frontend()
                        .complete(InferenceClient.CHAT, body, both)
                        .status())
                .isEqualTo(200);
    }

    private String workerId(Role role) {
        return disaggregated.stack().workerIds(role).iterator().next();
    }

    @Test
    void theUpstreamSeesExactlyTheHeadersOfTheDecision() {
        for (Deployment deployment : List.of(aggregated, disaggregated)) {
            String body = Prompts.chat(deployment.model(), 4, "system", "user").toString();

            Completion answer = new InferenceClient(deployment.recording().port())
                    .complete(InferenceClient.CHAT, body, spoofed(deployment, String::toString));

            assertThat(answer.status()).isEqualTo(200);
            assertThat(routingHeaders(deployment, answer.requestId()))
                    .isEqualTo(expectedHeaders(deployment, answer.requestId()));
        }
    }

    @Test
    void spellingDoesNotMatter() {
        String requestId = UUID.randomUUID().toString();
        byte[] body =
                Prompts.chat(aggregated.model(), 4, "system", "user").toString().getBytes(StandardCharsets.UTF_8);
        Headers headers = spoofed(aggregated, name -> name.toUpperCase(Locale.ROOT))
                .with("X-Request-ID", requestId)
                .with("Content-Type", "application/json")
                .with("Content-Length", Integer.toString(body.length));

        HttpAnswer answer;
        try (RawExchange exchange = new RawExchange(aggregated.recording().port())) {
            answer = exchange.head("POST", InferenceClient.CHAT, headers)
                    .write(body)
                    .answer();
        }

        assertThat(answer.status()).isEqualTo(200);
        assertThat(routingHeaders(aggregated, requestId)).isEqualTo(expectedHeaders(aggregated, requestId));
    }

    @Test
    void headersForOthersPass() {
        Headers passing = Headers.of(
                "x-dynamo-request-priority", "3",
                "x-dynamo-request-strict-priority", "1",
                "x-dynamo-session-id", "session-7",
                "x-dynamo-parent-session-id", "session-6",
                "x-dynamo-session-final", "true",
                "x-session-id", "session-8",
                "x-dynamo-meta-team", "blue",
                "x-tenant-id", "tenant",
                "authorization", "Bearer secret");
        String body = Prompts.chat(aggregated.model(), 4, "system", "user").toString();

        Completion answer =
                new InferenceClient(aggregated.recording().port()).complete(InferenceClient.CHAT, body, passing);

        Headers seen = aggregated.upstream().request(answer.requestId()).headers();
        assertThat(passing.lines())
                .allSatisfy(line -> assertThat(seen.all(line.getKey())).containsExactly(line.getValue()));
    }

    @Test
    void spoofedHeadersAndBodyPinsDoNotMoveAnAggregatedRequest() {
        staysWithItsPrefix(aggregated, 3_000_000);
    }

    @Test
    void spoofedHeadersAndBodyPinsDoNotMoveADisaggregatedRequest() {
        staysWithItsPrefix(disaggregated, 3_100_000);
    }

    private void staysWithItsPrefix(Deployment deployment, long seed) {
        RoutedConversation routed = new RoutedConversation(deployment);
        ObjectNode body = routed.fitted(Prompts.text(seed, 60), Prompts.text(seed + 1, 30));
        String owner = routed.send(body);
        for (String other : others(deployment, owner)) {
            assertThat(routed.send(body, spoofed(deployment, other))).isEqualTo(owner);
            assertThat(routed.send(pinned(body, other))).isEqualTo(owner);
            assertThat(routed.send(Prompts.streamed(pinned(body, other)), spoofed(deployment, other)))
                    .isEqualTo(owner);
        }
    }

    private static List<String> others(Deployment deployment, String owner) {
        return Stream.of(Role.values())
                .flatMap(role -> deployment.stack().workerIds(role).stream())
                .filter(id -> !id.equals(owner))
                .toList();
    }

    /// The body names a worker in every way `nvext` offers, with ranks that do not exist.
    private static ObjectNode pinned(ObjectNode body, String workerId) {
        ObjectNode copy = body.deepCopy();
        BigInteger id = new BigInteger(workerId);
        copy.withObjectProperty("nvext")
                .put("backend_instance_id", id)
                .put("decode_worker_id", id)
                .put("prefill_worker_id", id)
                .put("dp_rank", 5)
                .put("prefill_dp_rank", 6);
        return copy;
    }

    private static Headers spoofed(Deployment deployment, UnaryOperator<String> spelling) {
        return spoofed(spelling, deployment.stack().workers().getFirst().workerId());
    }

    private static Headers spoofed(Deployment deployment, String workerId) {
        assertThat(deployment.stack().workers())
                .anyMatch(worker -> worker.workerId().equals(workerId));
        return spoofed(String::toString, workerId);
    }

    /// Every name and alias, each twice with different values.
    private static Headers spoofed(UnaryOperator<String> spelling, String workerId) {
        Headers headers = Headers.NONE;
        for (String name :
                Stream.concat(WORKER_HEADERS.stream(), PREFILL_HEADERS.stream()).toList()) {
            headers = headers.with(spelling.apply(name), workerId).with(spelling.apply(name), "12345");
        }
        for (String name : RANK_HEADERS) {
            headers = headers.with(spelling.apply(name), "0").with(spelling.apply(name), "7");
        }
        for (String name : DESTINATION_HEADERS) {
            headers = headers.with(spelling.apply(name), "127.0.0.1:9").with(spelling.apply(name), "127.0.0.1:10");
        }
        return headers.with(spelling.apply("x-dynamo-routing-mode"), "kv");
    }

    /// What the upstream got under all names that could route.
    private static Map<String, List<String>> routingHeaders(Deployment deployment, String requestId) {
        Recorded recorded = deployment.upstream().request(requestId);
        Map<String, List<String>> found = new TreeMap<>();
        Stream.of(WORKER_HEADERS, PREFILL_HEADERS, RANK_HEADERS, DESTINATION_HEADERS, List.of("x-dynamo-routing-mode"))
                .flatMap(List::stream)
                .filter(name -> !recorded.headers().all(name).isEmpty())
                .forEach(name -> found.put(name, recorded.headers().all(name)));
        return found;
    }

    private static Map<String, List<String>> expectedHeaders(Deployment deployment, String requestId) {
        Pick pick = deployment.recording().admin().pick(requestId);
        Map<String, List<String>> expected = new TreeMap<>(Map.of(
                "x-gateway-destination-endpoint",
                List.of("127.0.0.1:" + deployment.upstream().port()),
                "x-dynamo-worker-instance-id",
                List.of(pick.decode().workerId()),
                "x-dynamo-dp-rank",
                List.of("0")));
        pick.prefill().ifPresent(prefill -> {
            expected.put("x-dynamo-prefill-instance-id", List.of(prefill.workerId()));
            expected.put("x-dynamo-prefill-dp-rank", List.of("0"));
        });
        return expected;
    }
}
