package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.http.RecordingUpstream;
import io.kvepp.it.http.RecordingUpstream.Recorded;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealEnvoys;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.EnvoyBootstrap;
import io.kvepp.it.stack.EnvoyFleet;
import io.kvepp.it.stack.GatewaySettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/// Two upstreams that keep what they are sent, kv-epps, and an Envoy of each release, over TLS with
/// the server name that Istio uses.
///
/// Confined to one thread.
final class EnvoyStand implements AutoCloseable {
    /// The name of a picker whose `:authority` is the server name: gateways of Istio send this.
    static final String ISTIO = "outbound|9002||epp.ns.svc.cluster.local";

    /// The name of a picker that nobody is.
    static final String DOWN = "down";

    final RecordingUpstream first = new RecordingUpstream();
    final RecordingUpstream second = new RecordingUpstream();
    final EnvoyFleet fleet;
    private final Deployment deployment;
    private final RealParts parts;

    EnvoyStand(String name, Deployment deployment, RealParts parts) throws IOException {
        this.deployment = deployment;
        this.parts = parts;
        fleet = new EnvoyFleet(new Processes(Project.logs().resolve(name)), ISTIO);
    }

    /// All releases, the newest last.
    static Stream<String> versions() {
        return Stream.concat(EnvoyRow.OLDER.stream(), Stream.of(EnvoyRow.NEWEST));
    }

    static String endpoint(int port) {
        return "127.0.0.1:" + port;
    }

    /// Starts a kv-epp; all come before the Envoys.
    void startPicker(String name, int frontendPort, String... flags) {
        List<String> all = new ArrayList<>(List.of("--long-prompts", "route"));
        all.addAll(List.of(flags));
        fleet.startPicker(
                new GatewaySettings(name, deployment.stack().discovery().path(), frontendPort, all));
    }

    /// Starts an Envoy of each release; `configure` adds its listeners. `more` are ports that the
    /// load balancer knows beside the upstreams.
    void startEnvoys(List<Integer> more, BiConsumer<String, EnvoyFleet.Listeners> configure) throws IOException {
        Map<String, Path> envoys = new LinkedHashMap<>(RealEnvoys.install());
        envoys.put(EnvoyRow.NEWEST, parts.envoy());
        assertThat(envoys).containsOnlyKeys(versions().toList());
        List<Integer> upstreams = new ArrayList<>(List.of(first.port(), second.port()));
        upstreams.addAll(more);
        for (Map.Entry<String, Path> envoy : envoys.entrySet()) {
            String version = envoy.getKey();
            boolean tellsServed = !version.startsWith("1.36") && !version.startsWith("1.37");
            EnvoyFleet.Listeners listeners = fleet.listeners(new EnvoyBootstrap(upstreams, tellsServed), DOWN);
            configure.accept(version, listeners);
            fleet.startEnvoy(version, envoy.getValue(), listeners);
        }
    }

    SentBody chat(int bytes) {
        return SentBody.chat(deployment.model(), bytes);
    }

    String model() {
        return deployment.model();
    }

    /// Sends a JSON body, with further headers.
    HttpAnswer post(String listener, SentBody body, String... headers) {
        Headers all = Headers.of("content-type", "application/json");
        for (int i = 0; i < headers.length; i += 2) {
            all = all.with(headers[i], headers[i + 1]);
        }
        return new InferenceClient(fleet.port(listener)).post(body.path(), body.bytes(), all);
    }

    /// Sends a whole request on a connection of its own and reads nothing yet.
    RawExchange send(String listener, SentBody body, Headers headers) {
        return send(listener, body, body.bytes().length, headers);
    }

    /// The same with only the first bytes of the body.
    RawExchange send(String listener, SentBody body, int bytes, Headers headers) {
        return new RawExchange(fleet.port(listener))
                .head(
                        "POST",
                        body.path(),
                        headers.with("connection", "close")
                                .with("content-type", "application/json")
                                .with("content-length", Integer.toString(body.bytes().length)))
                .write(Arrays.copyOf(body.bytes(), bytes));
    }

    /// The upstream that has seen something of the request, or the second.
    RecordingUpstream upstream(String requestId) {
        return first.begun(requestId) > 0 ? first : second;
    }

    /// The request as it arrived, at the endpoint that the picker had named.
    Recorded arrived(String requestId) {
        RecordingUpstream upstream = upstream(requestId);
        Recorded recorded = upstream.request(requestId);
        assertThat(recorded.headers().all("x-gateway-destination-endpoint"))
                .as("the destination is where it arrived")
                .containsExactly(endpoint(upstream.port()));
        return recorded;
    }

    @Override
    public void close() {
        fleet.close();
        first.close();
        second.close();
    }
}
