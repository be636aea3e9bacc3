package io.kvepp.app;

import io.kvepp.config.Options;
import java.util.List;
import java.util.Set;

/// Settings of Dynamo's router for parts that are missing here. A process that was asked for one of
/// them does not start: it would route otherwise than its operator believes.
///
/// Only the variables can be met here; the flags are no options of this process at all.
final class RefusedOptions {
    private static final Set<String> OFF = Set.of("false", "0", "no", "off");
    private static final Set<String> NONE = Set.of("none");
    private static final Set<String> DEFAULT = Set.of("default");
    private static final Set<String> NOTHING = Set.of();

    private static final String NO_SELECTORS = "custom selection policies are Dynamo plug-ins";
    private static final String NO_KEYS = "blocks in use are told apart by the public hash";

    private static final String NO_LOAD_BYPASS =
            "a prefill worker is bypassed for what is left of a prompt, not for load";

    private static final List<Refused> ALL = List.of(
            new Refused(
                    "DYN_EPP_MODE",
                    Set.of("dynamo"),
                    "engines without Dynamo are listed by --static-workers, and their prompts tokenized here"),
            new Refused("DYN_ROUTER_PREFILL_LOAD_MODEL", NONE, "there is no model of prefill times"),
            new Refused("DYN_USE_REMOTE_INDEXER", OFF, "the index is always this process's own"),
            new Refused("DYN_SERVE_INDEXER", OFF, "the index is served at /dump alone"),
            new Refused("DYN_SHARED_CACHE_TYPE", NONE, "caches that workers share are not looked at"),
            new Refused(
                    "DYN_SHARED_CACHE_MULTIPLIER", Set.of("0", "0.0"), "caches that workers share are not looked at"),
            new Refused("DYN_ROUTER_POSITIONAL_SEARCH_MODE", NOTHING, "the index is a prefix tree"),
            new Refused("DYN_ROUTER_APPROXIMATE_CACHE_POLICY", Set.of("ttl"), "decisions are forgotten by age"),
            new Refused("DYN_ROUTER_TRACKING_HASH", Set.of("public-xxh3-v1"), NO_KEYS),
            new Refused("DYN_ROUTER_TRACKING_KEY_FILE", NOTHING, NO_KEYS),
            new Refused("DYN_ROUTER_TRACKING_KEY_ID", NOTHING, NO_KEYS),
            new Refused("DYN_ROUTER_REPLICA_SYNC", OFF, "replicas do not tell each other of their load"),
            new Refused("DYN_ROUTER_WORKER_SELECTION_POLICY", DEFAULT, NO_SELECTORS),
            new Refused("DYN_ROUTER_PREFILL_POLICY", DEFAULT, NO_SELECTORS),
            new Refused("DYN_ROUTER_DECODE_POLICY", DEFAULT, NO_SELECTORS),
            new Refused("DYN_ROUTER_CONDITIONAL_DISAGG_POLICY", Set.of("isl_bounding"), NO_LOAD_BYPASS),
            new Refused("DYN_ROUTER_CONDITIONAL_DISAGG_PREFILL_BUSY_THRESHOLD", NOTHING, NO_LOAD_BYPASS),
            new Refused("DYN_ROUTER_CONDITIONAL_DISAGG_DECODE_BUSY_THRESHOLD", NOTHING, NO_LOAD_BYPASS),
            new Refused(
                    "DYN_ROUTER_CONDITIONAL_DISAGG_CONFIG",
                    NOTHING,
                    "--prefill-bypass-tokens and --prefill-bypass-share say it"));

    private RefusedOptions() {}

    /// A variable, and the values that ask for nothing.
    private record Refused(String variable, Set<String> harmless, String why) {}

    /// @throws io.kvepp.config.ConfigurationException when one is asked for
    static void check(Options options) {
        ALL.forEach(each -> options.refuse(each.variable(), each.harmless(), each.why()));
    }

    /// Every variable that is looked at.
    static List<String> variables() {
        return ALL.stream().map(Refused::variable).toList();
    }
}
