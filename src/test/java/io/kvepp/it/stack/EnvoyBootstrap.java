package io.kvepp.it.stack;

import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/// Writes an Envoy configuration with many listeners, each of which asks its pickers in its own way.
///
/// Confined to one thread.
public final class EnvoyBootstrap {
    private static final String TYPE = "\"@type\": type.googleapis.com/envoy.";
    private static final String DESTINATION = "x-gateway-destination-endpoint";
    private static final String SERVED = DESTINATION + "-served";
    private static final String TRAILERS_PASS =
            "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {" + TYPE
                    + "extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: "
                    + "{http_protocol_options: {enable_trailers: true}}}}, ";

    /// Follows the destination in the dynamic metadata, through a list of endpoints if need be.
    public static final String OVERRIDE_HOST = "override-host";

    /// Goes where the destination header says.
    public static final String ORIGINAL_DST = "original-dst";

    /// How much of a body a gateway holds where nothing else is said.
    private static final int BUFFER_BYTES = 20 << 20;

    private final boolean selectedHost;
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

    /// Where the requests of one listener go.
    ///
    /// - `bufferBytes`: how much of a body the gateway holds
    /// - `retries`: to another endpoint when one cannot be reached. Envoy may then send a body twice
    ///   that is STREAMED or that ends with trailers (envoyproxy/envoy#36119).
    public record Route(String cluster, int bufferBytes, boolean retries) {
        public static Route to(String cluster) {
            return new Route(cluster, BUFFER_BYTES, false);
        }

        public Route buffering(int bytes) {
            return new Route(cluster, bytes, retries);
        }

        public Route retrying() {
            return new Route(cluster, bufferBytes, true);
        }
    }

    /// Who served is told to the pickers: by the load balancer where it can (`selectedHost`), else
    /// by the address that Envoy was connected to.
    ///
    /// @param upstreams ports of the endpoints that [#OVERRIDE_HOST] knows
    public EnvoyBootstrap(List<Integer> upstreams, boolean selectedHost) {
        this.selectedHost = selectedHost;
        String selected = selectedHost ? "selected_host_key: {key: envoy.lb, path: [{key: " + SERVED + "}]}, " : "";
        clusters.add("  - {name: " + OVERRIDE_HOST
                + ", type: STATIC, connect_timeout: 1s, " + TRAILERS_PASS + "load_balancing_policy: {policies: ["
                + "{typed_extension_config: {name: override_host, typed_config: {" + TYPE
                + "extensions.load_balancing_policies.override_host.v3.OverrideHost, override_host_sources: "
                + "[{metadata: {key: envoy.lb, path: [{key: " + DESTINATION + "}]}}], " + selected
                + "fallback_policy: {policies: [{typed_extension_config: {name: round_robin, typed_config: {" + TYPE
                + "extensions.load_balancing_policies.round_robin.v3.RoundRobin}}}]}}}}]}, load_assignment: "
                + assignment(OVERRIDE_HOST, upstreams) + "}");
        clusters.add("  - {name: " + ORIGINAL_DST
                + ", type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, connect_timeout: 1s, "
                + TRAILERS_PASS + "original_dst_lb_config: {use_http_header: true, http_header_name: " + DESTINATION
                + "}}");
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

    /// A listener with one filter for each way of asking.
    public EnvoyBootstrap listener(int port, Route to, Asking... pickers) {
        StringJoiner filters = new StringJoiner(", ");
        for (int i = 0; i < pickers.length; i++) {
            filters.add(filter("ext_proc_" + i, pickers[i]));
        }
        if (!selectedHost) {
            filters.add("{name: served, typed_config: {" + TYPE
                    + "extensions.filters.http.header_to_metadata.v3.Config, response_rules: [{header: " + SERVED
                    + ", remove: true, on_header_present: {metadata_namespace: envoy.lb, key: " + SERVED
                    + ", type: STRING}}]}}");
        }
        filters.add("{name: router, typed_config: {" + TYPE + "extensions.filters.http.router.v3.Router}}");
        listeners.add("  - {name: listener-" + port + ", address: {socket_address: {address: 127.0.0.1, port_value: "
                + port
                + "}}, per_connection_buffer_limit_bytes: " + to.bufferBytes()
                + ", filter_chains: [{filters: [{name: http, typed_config: {"
                + TYPE + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: l"
                + port
                + ", codec_type: AUTO, preserve_external_request_id: true, http_protocol_options: {enable_trailers: true}, "
                + "route_config: {name: r, virtual_hosts: [{name: all, domains: [\"*\"], routes: [{match: {prefix: /}, "
                + (selectedHost
                        ? ""
                        : "response_headers_to_add: [{header: {key: " + SERVED
                                + ", value: \"%UPSTREAM_REMOTE_ADDRESS%\"}}], ")
                + "route: {cluster: " + to.cluster() + ", timeout: 60s"
                + (to.retries() ? ", retry_policy: {retry_on: connect-failure, num_retries: 3}" : "") + "}}]}]}, "
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
