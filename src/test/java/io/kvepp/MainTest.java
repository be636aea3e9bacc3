package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.OptionEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
    @TempDir
    Path store;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void helpNamesEveryOptionAndItsVariables() {
        assertThat(run(Map.of(), "--help")).isZero();
        String help = text(out);

        assertThat(help).startsWith("Usage: kv-epp [router] [OPTION]...").contains("KV_EPP_SOME_NAME");
        for (OptionEntry entry : Main.defaults()) {
            String value = entry.type().equals("true|false") ? "[=true|false]" : "=" + entry.type();
            assertThat(help).contains("--" + entry.name() + value);
            entry.environment().stream()
                    .skip(1)
                    .forEach(variable -> assertThat(help).contains(variable));
        }
        assertThat(help).contains("--print-config", "--version", "--help");
        assertThat(text(err)).isEmpty();
    }

    @Test
    void versionIsOneLine() {
        assertThat(run(Map.of(), "--version")).isZero();
        assertThat(text(out)).isEqualTo("kv-epp development\n");
    }

    @Test
    void printConfigShowsEveryValueWithItsOrigin() {
        Map<String, String> environment = Map.of(
                "KV_EPP_PORT", "1",
                "KV_EPP_HEALTH_PORT", "2",
                "DYN_EPP_METRICS_PORT", "3",
                "KV_EPP_LOG_LEVEL", " ");
        assertThat(run(environment, "--port=4", "--body-idle", "90s", "--print-config"))
                .isZero();

        assertThat(text(out).lines())
                .hasSize(Main.defaults().size())
                .contains("--port=4  # from flag; default 9002; env KV_EPP_PORT; gRPC port of ext_proc")
                .contains("--health-port=2  # from KV_EPP_HEALTH_PORT; default 9003; env KV_EPP_HEALTH_PORT;"
                        + " gRPC port of the health service alone")
                .anyMatch(line -> line.startsWith(
                        "--admin-port=3  # from DYN_EPP_METRICS_PORT; default 9090; env KV_EPP_ADMIN_PORT,"
                                + " DYN_EPP_METRICS_PORT;"))
                .anyMatch(line -> line.startsWith("--body-idle=90s  # from flag; default 30s;"))
                .anyMatch(line -> line.startsWith("--log-level=info  # from default; default info;"));
    }

    @Test
    void whatPrintConfigPrintsCanBeGivenAgain() {
        run(Map.of(), "--port=4", "--frontend-endpoint=10.0.0.1:1", "--frontend-endpoint=10.0.0.2:2", "--print-config");
        String first = text(out);
        Stream<String> options = first.lines().map(line -> line.substring(0, line.indexOf("  # ")));
        String[] again = Stream.concat(options, Stream.of("--print-config")).toArray(String[]::new);
        out.reset();

        assertThat(run(Map.of(), again)).isZero();
        assertThat(text(out).replaceAll("# from [^;]*", "#")).isEqualTo(first.replaceAll("# from [^;]*", "#"));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--prot=1 | Unknown option: '--prot=1' (expected: an option of --help)",
                "port | Unmatched argument at index 0: 'port' (expected: an option of --help)",
                "--port=abc | port: abc (expected: a whole number)",
                "--port=70000 | port: 70000 (expected: 0 to 65535)",
                "--body-idle=5 | body-idle: 5 (expected: a duration such as 250ms, 30s, 5m or 1h)",
                "--log-format=xml | log-format: xml (expected: one of text, json)",
                "--frontend-endpoint=web:80 | frontend-endpoint: web:80 (expected: ip:port, IPv6 in brackets)",
            })
    void whatCannotBeUsedIsNamed(String argument, String message) {
        assertThat(run(Map.of(), argument)).isEqualTo(2);
        assertThat(text(err)).isEqualTo("kv-epp: " + message + "\n");
        assertThat(text(out)).isEmpty();
    }

    @Test
    void anOptionWithoutItsValueIsNamed() {
        assertThat(run(Map.of(), "--port")).isEqualTo(2);
        assertThat(text(err)).startsWith("kv-epp: ").contains("--port").hasLineCount(1);
    }

    @Test
    void aVariableThatCannotBeUsedIsNamedBesideItsOption() {
        assertThat(run(Map.of("KV_EPP_PORT", "x"))).isEqualTo(2);
        assertThat(text(err)).isEqualTo("kv-epp: port: x (expected: a whole number) from KV_EPP_PORT\n");
    }

    @Test
    void anInstallationThatWorksBecomesReadyAndLeavesWithZero() {
        assertThat(runHere("--port=0", "--exit-when-ready=true")).isZero();
        assertThat(text(err)).isEmpty();
    }

    /// As Dynamo's operator starts a picker.
    @Test
    void theOperatorsArgumentsAndVariablesAreUnderstood() {
        Map<String, String> environment = Map.ofEntries(
                Map.entry("USE_STREAMING", "true"),
                Map.entry("RUST_LOG", "debug,dynamo_llm::kv_router=trace"),
                Map.entry("NVIDIA_VISIBLE_DEVICES", "void"),
                Map.entry("DYN_NAMESPACE", "ns-graph"),
                Map.entry("DYN_NAMESPACE_PREFIX", "ns-graph"),
                Map.entry("DYN_ENFORCE_DISAGG", "false"),
                Map.entry("DYN_COMPONENT", "epp"),
                Map.entry("DYN_DISCOVERY_BACKEND", "kubernetes"),
                Map.entry("DYN_EVENT_PLANE", "zmq"),
                Map.entry("DYN_REQUEST_PLANE", "tcp"),
                Map.entry("DYN_PARENT_DGD_K8S_NAME", "graph"),
                Map.entry("DYN_PARENT_DGD_K8S_NAMESPACE", "ns"),
                Map.entry("POD_NAME", "graph-epp-0"),
                Map.entry("POD_NAMESPACE", "ns"),
                Map.entry("POD_UID", "u-1"));
        String arguments = "-pool-name graph-pool -pool-namespace ns -pool-group inference.networking.k8s.io -v 4"
                + " --zap-encoder json -grpc-port 9002 -grpc-health-port 9003 -config-file /etc/epp/config.yaml";

        assertThat(run(environment, (arguments + " --print-config").split(" "))).isZero();
        assertThat(text(out).lines().map(line -> line.substring(0, line.indexOf("  # "))))
                .contains(
                        "--pool=ns/graph-pool",
                        "--port=9002",
                        "--health-port=9003",
                        "--namespace=ns-graph",
                        "--discovery-backend=kubernetes",
                        "--kube-namespace=ns",
                        "--kube-pod-name=graph-epp-0",
                        "--enforce-disagg=false");
        assertThat(text(err)).isEmpty();
    }

    @Test
    void whatIsIgnoredIsLoggedOnceEach() {
        List<String> arguments = new ArrayList<>();
        ForeignFlags.SWITCHES.forEach(name -> arguments.add("--" + name));
        ForeignFlags.VALUES.forEach(name -> arguments.addAll(List.of("-" + name, "4")));
        PrintStream before = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            arguments.addAll(List.of("--port=0", "--log-level=info", "--exit-when-ready=true"));
            assertThat(runHere(Map.of("USE_STREAMING", "true"), arguments.toArray(new String[0])))
                    .isZero();
        } finally {
            System.setErr(before);
        }

        Stream.concat(ForeignFlags.SWITCHES.stream(), ForeignFlags.VALUES.stream())
                .forEach(name -> assertThat(text(log)).containsOnlyOnce(" --" + name + ": ignored, it is another"));
        assertThat(text(log)).containsOnlyOnce(" USE_STREAMING: ignored, responses pass as they come");
    }

    @Test
    void aTakenPortEndsTheStart() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(runHere("--port=" + taken.getLocalPort())).isEqualTo(1);
            assertThat(text(err))
                    .startsWith("kv-epp: port: 127.0.0.1:" + taken.getLocalPort() + " (expected: a free port)");
        }
    }

    @Test
    void aHostThatDoesNotExistEndsTheStart() {
        assertThat(runHere("--port=0", "--host=no-such-host.invalid")).isEqualTo(1);
        assertThat(text(err)).startsWith("kv-epp: health-port: no-such-host.invalid:0 (expected: ");
    }

    private int runHere(String... arguments) {
        return runHere(Map.of(), arguments);
    }

    private int runHere(Map<String, String> environment, String... arguments) {
        List<String> all = new ArrayList<>(List.of(
                "--host=127.0.0.1", "--health-port=0", "--admin-port=0", "--log-level=error", "--file-kv=" + store));
        all.addAll(List.of(arguments)); // the last of a repeated option counts
        return run(environment, all.toArray(new String[0]));
    }

    private int run(Map<String, String> environment, String... arguments) {
        return Main.run(
                arguments,
                environment,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
