package io.kvepp.router.headers;

import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The headers by which gateways, pickers, sidecars and frontends steer requests; from a client they
/// would choose workers, endpoints or flows for it.
///
/// `prefer`, `x-session-id`, `x-dynamo-session-id` and the like are not among them: they are as much
/// for whoever serves the request.
///
/// Source: Endpoint Picker protocol 1.0; llm-d router, request headers and sidecar of decode engines;
/// Dynamo 1.6.1 `lib/llm/protocols/common/extensions`.
///
/// Thread-safe.
final class ControlHeaders {
    /// Everything the Endpoint Picker protocol says with a header.
    private static final String DESTINATION_PREFIX = "x-gateway-destination-endpoint";

    /// For Dynamo's frontends: the canonical names, their aliases, and the routing mode.
    private static final List<String> OF_FRONTENDS = Stream.of(
                    DynamoPins.WORKER,
                    DynamoPins.WORKER_RANK,
                    DynamoPins.PREFILL,
                    DynamoPins.PREFILL_RANK,
                    List.of("x-dynamo-routing-mode"))
            .flatMap(List::stream)
            .toList();

    private static final List<String> OF_SIDECARS = List.of(
            EngineHeaders.PREFILL, "x-encoder-hosts-ports", "x-data-parallel-host-port", "x-kv-cache-source-host-port");

    /// Under the names of both vendors where there are two.
    private static final List<String> OF_PICKERS = List.of(
            "x-llm-d-inference-fairness-id",
            "x-gateway-inference-fairness-id",
            "x-llm-d-inference-objective",
            "x-gateway-inference-objective",
            "x-llm-d-model-name-rewrite",
            "x-gateway-model-name-rewrite",
            "x-llm-d-slo-ttft-ms",
            "x-slo-ttft-ms",
            "x-llm-d-slo-tpot-ms",
            "x-slo-tpot-ms",
            "x-llm-d-video-fps",
            "x-llm-d-video-duration-seconds",
            "x-llm-d-video-resolution",
            "x-llm-d-request-dropped-reason",
            "epp-profile");

    private static final Set<String> NAMES = Stream.of(OF_FRONTENDS, OF_SIDECARS, OF_PICKERS)
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableSet());

    private ControlHeaders() {}

    /// Those that the request carries, each once.
    static List<String> in(PickRequest request) {
        Set<String> found = new TreeSet<>();
        for (HttpHeader header : request.headers()) {
            if (NAMES.contains(header.name()) || header.name().startsWith(DESTINATION_PREFIX)) {
                found.add(header.name());
            }
        }
        return List.copyOf(found);
    }
}
