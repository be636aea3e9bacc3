package io.kvepp;

import io.kvepp.config.ConfigurationException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/// The command line of `kv-epp router`: the options of `kv-epp`, and the spellings of Dynamo's router
/// of 2025 and of today.
///
/// Thread-safe.
final class RouterCommand {
    static final String NAME = "router";
    static final String SYNOPSIS = "kv-epp router --endpoint NAMESPACE.COMPONENT.ENDPOINT [OPTION]...";
    static final String DESCRIPTION =
            "A standalone router for the workers of one endpoint, as Dynamo's components call it over the request plane: generate, best_worker_id, get_overlap_scores, find_best_worker and free, under router (or prefill_router). Options of ext_proc have no effect. Besides the options below it takes the flags of Dynamo's router: --block-size, --kv-overlap-score-weight, --[no-]kv-events, --[no-]track-active-blocks and --[no-]router-....";

    /// Other spellings of options that take a value.
    private static final Map<String, String> RENAMED = Map.of(
            "--block-size", "--router-block-size",
            "--kv-overlap-score-weight", "--router-kv-overlap-score-weight");

    /// Options that are switches there, by all their names without `--` and `--no-`.
    private static final Map<String, String> SWITCHES = Map.ofEntries(
            Map.entry("kv-events", "--use-kv-events"),
            Map.entry("router-kv-events", "--use-kv-events"),
            Map.entry("use-kv-events", "--use-kv-events"),
            Map.entry("track-active-blocks", "--router-track-active-blocks"),
            Map.entry("router-track-active-blocks", "--router-track-active-blocks"),
            Map.entry("track-output-blocks", "--router-track-output-blocks"),
            Map.entry("router-track-output-blocks", "--router-track-output-blocks"),
            Map.entry("router-track-prefill-tokens", "--router-track-prefill-tokens"),
            Map.entry("assume-kv-reuse", "--router-assume-kv-reuse"),
            Map.entry("router-assume-kv-reuse", "--router-assume-kv-reuse"),
            Map.entry("router-reset-states", "--router-reset-states"),
            Map.entry("router-conditional-disagg", "--prefill-bypass"),
            Map.entry("load-aware", "--load-aware"),
            Map.entry("prefill-router", "--prefill-router"),
            Map.entry("announce-models", "--announce-models"));

    private static final List<String> CONDITIONAL =
            List.of("KV_EPP_ROUTER_CONDITIONAL_DISAGG", "DYN_ROUTER_CONDITIONAL_DISAGG");
    private static final Set<String> TRUTHS = Set.of("true", "false", "1", "0", "yes", "no", "on", "off");
    private static final String PREFILL_WORKERS = ".prefill.generate";
    private static final String NAMESPACE = "DYN_NAMESPACE";
    private static final String NAMESPACE_DEFAULT = "dynamo";
    private static final String NAMESPACE_OF_ENDPOINT = "^(dyn://)?([^./]*)(.*)$";

    private RouterCommand() {}

    /// The arguments behind the command's name, as options of `kv-epp`.
    ///
    /// @throws ConfigurationException for a flag of a part that is missing here
    static String[] translated(String[] arguments) {
        List<String> translated = new ArrayList<>();
        for (int i = 1; i < arguments.length; i++) {
            int harmless = RefusedFlags.harmless(arguments, i);
            if (harmless > 0) {
                i += harmless - 1;
                continue;
            }
            String[] parts = arguments[i].split("=", 2);
            String flag = parts[0];
            boolean negated = flag.startsWith("--no-");
            String option = SWITCHES.get(flag.replaceFirst("^--(no-)?", ""));
            boolean bare =
                    parts.length == 1 && (negated || i + 1 == arguments.length || !TRUTHS.contains(arguments[i + 1]));
            if (option != null && flag.startsWith("--") && (bare || negated)) {
                translated.add(option + "=" + !negated);
            } else if (option != null && flag.startsWith("--")) {
                translated.add(parts.length == 1 ? option : option + "=" + parts[1]);
            } else {
                String renamed = RENAMED.getOrDefault(flag, flag);
                translated.add(parts.length == 1 ? renamed : renamed + "=" + parts[1]);
            }
        }
        return translated.toArray(new String[0]);
    }

    /// What the environment and the command itself say, too.
    ///
    /// - The prefill router of 2025 knew its workers without being told: `NAMESPACE.prefill.generate`.
    /// - `DYN_NAMESPACE` takes the place of the endpoint's namespace, for the router and for its
    ///   workers, and the workers' ends with `-DYN_NAMESPACE_WORKER_SUFFIX`. Where no workers are
    ///   looked for, no endpoint is needed.
    /// - Variables that ask for conditional disaggregation ask `generate` for it: no Direct frontend,
    ///   which could not do it, is behind this command.
    ///
    /// Source: Dynamo 1.6.1 `dynamo/router/args.py`.
    ///
    /// @throws ConfigurationException when no endpoint is given
    static Map<String, List<String>> withDefaults(Map<String, List<String>> flags, Map<String, String> environment) {
        return withEndpoint(withBypass(flags, environment), environment);
    }

    private static Map<String, List<String>> withBypass(
            Map<String, List<String>> flags, Map<String, String> environment) {
        @Nullable
        String asked = CONDITIONAL.stream()
                .map(variable -> environment.getOrDefault(variable, "").strip())
                .filter(value -> !value.isEmpty())
                .findFirst()
                .orElse(null);
        if (asked == null) {
            return flags;
        }
        Map<String, List<String>> more = new HashMap<>(flags);
        more.put("router-conditional-disagg", List.of("false"));
        if (environment.getOrDefault("KV_EPP_PREFILL_BYPASS", "").isBlank()) {
            more.putIfAbsent("prefill-bypass", List.of(asked));
        }
        return more;
    }

    private static Map<String, List<String>> withEndpoint(
            Map<String, List<String>> flags, Map<String, String> environment) {
        Map<String, List<String>> more = new HashMap<>(flags);
        String endpoint = endpoint(flags, environment);
        if (endpoint.isEmpty()) {
            if ("none".equals(last(flags, "discovery-backend"))) {
                return flags;
            }
            if (!"true".equals(last(flags, "prefill-router"))) {
                throw ConfigurationException.of("endpoint", "none", "namespace.component.endpoint of the workers");
            }
            @Nullable String namespace = last(flags, "namespace");
            endpoint = (namespace == null ? variable(environment, NAMESPACE, NAMESPACE_DEFAULT) : namespace)
                    + PREFILL_WORKERS;
            more.put("endpoint", List.of(endpoint));
        } else if (!variable(environment, NAMESPACE, "").isEmpty()) {
            endpoint = inNamespace(variable(environment, NAMESPACE, ""), endpoint);
            more.put("endpoint", List.of(endpoint));
        }
        String suffix = variable(environment, "DYN_NAMESPACE_WORKER_SUFFIX", "");
        if (!suffix.isEmpty()) {
            String namespace = endpoint.replaceFirst(NAMESPACE_OF_ENDPOINT, "$2");
            more.put("endpoint", List.of(inNamespace(namespace + "-" + suffix, endpoint)));
            if (variable(environment, "KV_EPP_ROUTER_NAMESPACE", "").isEmpty()) {
                more.putIfAbsent("router-namespace", List.of(namespace));
            }
        }
        return more;
    }

    /// What was given; empty for nothing.
    private static String endpoint(Map<String, List<String>> flags, Map<String, String> environment) {
        @Nullable String flag = last(flags, "endpoint");
        return flag != null
                ? flag
                : variable(environment, "KV_EPP_ENDPOINT", variable(environment, "DYN_ROUTER_ENDPOINT", ""));
    }

    private static String inNamespace(String namespace, String endpoint) {
        return endpoint.replaceFirst(NAMESPACE_OF_ENDPOINT, "$1" + Matcher.quoteReplacement(namespace) + "$3");
    }

    private static String variable(Map<String, String> environment, String name, String unset) {
        String value = environment.getOrDefault(name, "").strip();
        return value.isEmpty() ? unset : value;
    }

    private static @Nullable String last(Map<String, List<String>> flags, String name) {
        @Nullable List<String> values = flags.get(name);
        return values == null ? null : values.getLast();
    }
}
