package io.kvepp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Flags of other Endpoint Pickers, with which operators and charts start whatever image they are
/// given: some have a name here, the rest asks for nothing that is done here.
///
/// Written as those take them: `-v 4`, `--name value`, `--name=value`; switches may stand alone.
///
/// Source: Dynamo 1.6.1 `component_epp.go`; `options.go` of llm-d-router 0.10 and of GAIE 1.3 to 1.5,
/// `runner.go` of GAIE 1.0.
///
/// Immutable.
final class ForeignFlags {
    private static final String POOL_NAME = "pool-name";
    private static final String POOL_NAMESPACE = "pool-namespace";

    /// A flag there, and the option here.
    static final Map<String, String> NAMED_HERE = Map.of(
            "grpc-port", "port",
            "grpc-health-port", "health-port",
            "metrics-port", "admin-port");

    /// Options that others have by the same name, and may write with one dash.
    static final Set<String> SHARED = Set.of(
            "cert-path",
            "secure-serving",
            "endpoint-selector",
            "endpoint-target-ports",
            "disable-endpoint-subset-filter",
            "emit-endpoint-scores",
            "drain-timeout");

    /// The pool's name and its namespace, which are one option here.
    static final Set<String> POOL = Set.of(POOL_NAME, POOL_NAMESPACE);

    /// Ignored, each with a value.
    static final Set<String> VALUES = Set.of(
            "v",
            "zap-encoder",
            "zap-log-level",
            "zap-stacktrace-level",
            "zap-time-encoding",
            "config-file",
            "config-text",
            "pool-group",
            "refresh-metrics-interval",
            "refresh-prometheus-metrics-interval",
            "metrics-staleness-threshold",
            "grpc-max-recv-msg-size",
            "grpc-max-send-msg-size",
            "tls-min-version",
            "tls-cipher-suites",
            "metrics-client-ca-file",
            "metrics-cert-dir",
            "model-server-metrics-port",
            "model-server-metrics-path",
            "model-server-metrics-scheme",
            "total-queued-requests-metric",
            "total-running-requests-metric",
            "kv-cache-usage-percentage-metric",
            "lora-info-metric",
            "cache-info-metric",
            "engine-label-key");

    /// Ignored, with a value only behind an equals sign.
    static final Set<String> SWITCHES = Set.of(
            "zap-devel",
            "tracing",
            "enable-pprof",
            "enable-cert-reload",
            "enable-grpc-stream-metrics",
            "ha-enable-leader-election",
            "metrics-endpoint-auth",
            "model-server-metrics-https-insecure-skip-verify",
            "health-checking",
            "enable-multi-engine",
            "allow-experimental-plugins");

    private final List<String> own;
    private final Set<String> ignored;

    private ForeignFlags(List<String> own, Set<String> ignored) {
        this.own = List.copyOf(own);
        this.ignored = Set.copyOf(ignored);
    }

    /// Tells the arguments of this process from others'.
    static ForeignFlags in(String[] arguments) {
        List<String> own = new ArrayList<>();
        Set<String> ignored = new TreeSet<>();
        Map<String, String> pool = new HashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            String name = name(arguments[i]);
            int equals = arguments[i].indexOf('=');
            @Nullable String here = NAMED_HERE.get(name);
            if (SHARED.contains(name)) {
                own.add("--" + arguments[i].substring(arguments[i].indexOf(name)));
            } else if (here != null) {
                own.add("--" + here + arguments[i].substring(arguments[i].indexOf(name) + name.length()));
            } else if (POOL.contains(name)) {
                pool.put(name, equals < 0 ? following(arguments, i++) : arguments[i].substring(equals + 1));
            } else if (VALUES.contains(name)) {
                ignored.add(name);
                i += equals < 0 ? 1 : 0;
            } else if (SWITCHES.contains(name)) {
                ignored.add(name);
            } else {
                own.add(arguments[i]);
            }
        }
        own.addAll(poolOption(pool));
        return new ForeignFlags(own, ignored);
    }

    private static String following(String[] arguments, int index) {
        return index + 1 < arguments.length ? arguments[index + 1] : "";
    }

    /// A namespace alone names no pool.
    private static List<String> poolOption(Map<String, String> pool) {
        @Nullable String name = pool.get(POOL_NAME);
        String namespace = pool.getOrDefault(POOL_NAMESPACE, "");
        return name == null ? List.of() : List.of("--pool", namespace.isEmpty() ? name : namespace + "/" + name);
    }

    /// What is left, in names that are known here.
    String[] own() {
        return own.toArray(String[]::new);
    }

    /// Names of flags that were left out, for the log.
    List<String> ignored() {
        return ignored.stream().sorted().toList();
    }

    /// Empty for what is no flag.
    private static String name(String argument) {
        if (!argument.startsWith("-")) {
            return "";
        }
        int from = argument.startsWith("--") ? 2 : 1;
        int to = argument.indexOf('=');
        return argument.substring(from, to < 0 ? argument.length() : to);
    }
}
