package io.kvepp.it.stack;

import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Writes an Envoy configuration with many listeners, each of which asks its pickers in its own way.
///
/// Confined to one thread.
public final class EnvoyBootstrap {
    private static final String TYPE = "\"@type\": type.googleapis.com/envoy.";
    private static final String DESTINATION = "x-gateway-destination-endpoint";

    /// Follows the destination in the dynamic metadata, through a list of endpoints if need be.
    public static final String OVERRIDE_HOST = "override-host";

    /// Goes where the destination header says.
    public static final String ORIGINAL_DST = "original-dst";

    /// The same, and trailers of responses pass.
    public static final String TRAILERS = "original-dst-with-trailers";

    /// How much of a body a gateway holds where nothing else is said.
    static final int BUFFER_BYTES = 20 << 20;

    private final StringJoiner listeners = new StringJoiner("\n");
    private final StringJoiner clusters = new StringJoiner("\n");

    /// How one listener asks one picker.
    ///
    /// - `cluster`: of the picker
    /// - `bodyMode`: of requests; responses are FULL_DUPLEX_STREAMED if these are, else `responseMode`
    /// - `early`: `send_body_without_waiting_for_header_response`
    public record Asking(String cluster, String bodyMode, String responseMode, boolean early, boolean failOpen) {
        public static Asking fullDuplex(String cluster) {
            return new Asking(cluster, "FULL_DUPLEX_STREAMED", "FULL_DUPLEX_STREAMED", false, false);
        }

        public Asking failingOpen() {
            return new Asking(cluster, bodyMode, responseMode, early, true);
        }
    }

    /// `upstreams`: ports of the endpoints that [#OVERRIDE_HOST] knows; `selectedHost`: say who served
    public EnvoyBootstrap(List<Integer> upstreams, boolean selectedHost) {
        String selected =
                selectedHost ? "selected_host_key: {key: envoy.lb, path: [{key: " + DESTINATION + "-served}]}, " : "";
        clusters.add("  - {name: " + OVERRIDE_HOST
                + ", type: STATIC, connect_timeout: 1s, load_balancing_policy: {policies: ["
                + "{typed_extension_config: {name: override_host, typed_config: {" + TYPE
                + "extensions.load_balancing_policies.override_host.v3.OverrideHost, override_host_sources: "
                + "[{metadata: {key: envoy.lb, path: [{key: " + DESTINATION + "}]}}], " + selected
                + "fallback_policy: {policies: [{typed_extension_config: {name: round_robin, typed_config: {" + TYPE
                + "extensions.load_balancing_policies.round_robin.v3.RoundRobin}}}]}}}}]}, load_assignment: "
                + assignment(OVERRIDE_HOST, upstreams) + "}");
        clusters.add(originalDestination(ORIGINAL_DST, ""));
        clusters.add(originalDestination(
                TRAILERS,
                "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {" + TYPE
                        + "extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: "
                        + "{http_protocol_options: {enable_trailers: true}}}}, "));
    }

    private static String originalDestination(String name, String options) {
        return "  - {name: " + name + ", type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, connect_timeout: 1s, "
                + options + "original_dst_lb_config: {use_http_header: true, http_header_name: " + DESTINATION + "}}";
    }

    /// A picker over TLS. `name` is its `:authority`, `sni` the server name it is asked for.
    public EnvoyBootstrap picker(String name, int port, String sni) {
        clusters.add("  - {name: \"" + name
                + "\", type: STATIC, connect_timeout: 1s, typed_extension_protocol_options: {"
                + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {" + TYPE
                + "extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: {http2_protocol_options: {}}}}, "
                + "transport_socket: {name: tls, typed_config: {" + TYPE
                + "extensions.transport_sockets.tls.v3.UpstreamTlsContext, sni: \"" + sni + "\"}}, load_assignment: "
                + assignment(name, List.of(port)) + "}");
        return this;
    }

    /// A listener whose requests go to `cluster`, with one filter for each way of asking.
    ///
    /// @param bufferBytes how much of a body it holds
    public EnvoyBootstrap listener(int port, String cluster, int bufferBytes, Asking... pickers) {
        StringJoiner filters = new StringJoiner(", ");
        for (int i = 0; i < pickers.length; i++) {
            filters.add(filter("ext_proc_" + i, pickers[i]));
        }
        filters.add("{name: router, typed_config: {" + TYPE + "extensions.filters.http.router.v3.Router}}");
        listeners.add("  - {name: listener-" + port + ", address: {socket_address: {address: 127.0.0.1, port_value: "
                + port
                + "}}, per_connection_buffer_limit_bytes: " + bufferBytes
                + ", filter_chains: [{filters: [{name: http, typed_config: {"
                + TYPE + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: l"
                + port
                + ", codec_type: AUTO, preserve_external_request_id: true, http_protocol_options: {enable_trailers: true}, "
                + "route_config: {name: r, virtual_hosts: [{name: all, domains: [\"*\"], routes: [{match: {prefix: /}, "
                + "route: {cluster: " + cluster
                + ", timeout: 60s" + retries(pickers) + "}}]}]}, "
                + "http_filters: [" + filters + "]}}]}]}");
        return this;
    }

    public String yaml(int adminPort) {
        return "admin: {address: {socket_address: {address: 127.0.0.1, port_value: " + adminPort + "}}}\n"
                + "static_resources:\n  listeners:\n" + listeners + "\n  clusters:\n" + clusters + "\n";
    }

    private static String filter(String name, Asking asking) {
        return "{name: " + name + ", typed_config: {" + TYPE + "extensions.filters.http.ext_proc.v3.ExternalProcessor, "
                + "grpc_service: {envoy_grpc: {cluster_name: \"" + asking.cluster()
                + "\"}, timeout: 10s}, failure_mode_allow: "
                + asking.failOpen() + ", message_timeout: 10s, "
                + (asking.early() ? "send_body_without_waiting_for_header_response: true, " : "")
                + "processing_mode: {request_header_mode: SEND, response_header_mode: SEND, request_body_mode: "
                + asking.bodyMode() + ", response_body_mode: " + asking.responseMode() + ", request_trailer_mode: "
                + trailers(asking.bodyMode()) + ", response_trailer_mode: "
                + trailers(asking.responseMode())
                + "}, metadata_options: {forwarding_namespaces: {untyped: [envoy.lb, envoy.lb.subset_hint]}, "
                + "receiving_namespaces: {untyped: [envoy.lb]}}}}";
    }

    /// None where bodies are STREAMED: Envoy may then send a body twice (envoyproxy/envoy#36119).
    private static String retries(Asking... pickers) {
        return Stream.of(pickers).anyMatch(asking -> asking.bodyMode().equals("STREAMED"))
                ? ""
                : ", retry_policy: {retry_on: connect-failure, num_retries: 3}";
    }

    /// Buffered bodies end without them being shown, as Envoy's default has it.
    private static String trailers(String bodyMode) {
        return bodyMode.startsWith("BUFFERED") || bodyMode.equals("NONE") ? "SKIP" : "SEND";
    }

    private static String assignment(String name, List<Integer> ports) {
        String endpoints = ports.stream()
                .map(port -> "{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: " + port + "}}}}")
                .collect(Collectors.joining(", "));
        return "{cluster_name: \"" + name + "\", endpoints: [{lb_endpoints: [" + endpoints + "]}]}";
    }
}
