package io.kvepp;

import io.kvepp.config.ConfigurationException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Flags of Dynamo's router for parts that are missing here, and why they are: whoever gives one
/// with a value that asks for the part is told so, by the flag's name.
///
/// Source: Dynamo 1.6.1 `dynamo/router/args.py`, `dynamo/common/configuration/groups`.
///
/// Immutable.
final class RefusedFlags {
    private static final Set<String> OFF = Set.of("false", "0", "no", "off");
    private static final Set<String> NEVER = Set.of();

    private static final String NO_REPLICAS = "replicas do not tell each other of their load";
    private static final String NO_SNAPSHOTS = "no snapshots are kept: workers are asked what they hold";
    private static final String OWN_INDEX = "the index is always this process's own";
    private static final String NO_SESSION_INDEX = "blocks of sessions are not told apart in the index";
    private static final String NO_KEYS = "blocks in use are told apart by the public hash";
    private static final String NO_PREFILL_TIMES = "there is no model of prefill times";
    private static final String NO_SHARED_CACHE = "caches that workers share are not looked at";
    private static final String NO_SELECTORS = "custom selection policies are Dynamo plug-ins";

    private static final Map<String, Refused> ALL = all();

    private RefusedFlags() {}

    /// Why a flag is refused, and which of its values ask for nothing.
    ///
    /// - `isSwitch`: it stands alone, and `--no-...` turns it off
    private record Refused(boolean isSwitch, Set<String> harmless, String why) {
        String expected() {
            return harmless.isEmpty() || isSwitch ? "unset" : String.join(" or ", new TreeSet<>(harmless));
        }
    }

    private static Map<String, Refused> all() {
        Map<String, Refused> all = new TreeMap<>(Map.ofEntries(
                Map.entry("router-replica-sync", new Refused(true, OFF, NO_REPLICAS)),
                Map.entry("serve-indexer", new Refused(true, OFF, OWN_INDEX)),
                Map.entry("use-remote-indexer", new Refused(true, OFF, OWN_INDEX)),
                Map.entry("enable-session-prefix-index", new Refused(true, OFF, NO_SESSION_INDEX)),
                Map.entry("router-snapshot-threshold", new Refused(false, NEVER, NO_SNAPSHOTS)),
                Map.entry("router-event-threads", new Refused(false, Set.of("1", "4"), "one thread keeps the index")),
                Map.entry("router-tracking-hash", new Refused(false, Set.of("public-xxh3-v1"), NO_KEYS)),
                Map.entry("router-tracking-key-file", new Refused(false, NEVER, NO_KEYS)),
                Map.entry("router-tracking-key-id", new Refused(false, NEVER, NO_KEYS)),
                Map.entry("router-prefill-load-model", new Refused(false, Set.of("none"), NO_PREFILL_TIMES)),
                Map.entry(
                        "router-approximate-cache-policy",
                        new Refused(false, Set.of("ttl"), "decisions are forgotten by age")),
                Map.entry(
                        "router-conditional-disagg-config",
                        new Refused(false, NEVER, "--prefill-bypass-tokens and --prefill-bypass-share say it")),
                Map.entry("shared-cache-type", new Refused(false, Set.of("none"), NO_SHARED_CACHE)),
                Map.entry("shared-cache-multiplier", new Refused(false, Set.of("0", "0.0"), NO_SHARED_CACHE)),
                Map.entry("router-prefill-policy", new Refused(false, Set.of("default"), NO_SELECTORS)),
                Map.entry("router-decode-policy", new Refused(false, Set.of("default"), NO_SELECTORS)),
                Map.entry("ais-perf-config", new Refused(false, NEVER, NO_PREFILL_TIMES))));
        for (String simulated : Set.of(
                "backend",
                "system",
                "backend-version",
                "tp-size",
                "model-path",
                "moe-tp-size",
                "moe-ep-size",
                "attention-dp-size",
                "nextn",
                "nextn-accept-rates")) {
            all.put("ais-" + simulated, new Refused(false, NEVER, NO_PREFILL_TIMES));
            all.put("aic-" + simulated, new Refused(false, NEVER, NO_PREFILL_TIMES));
        }
        all.put("ais-mtp-seed", new Refused(false, Set.of("42"), NO_PREFILL_TIMES));
        all.put("aic-mtp-seed", new Refused(false, Set.of("42"), NO_PREFILL_TIMES));
        return Map.copyOf(all);
    }

    /// How many arguments from `index` on ask for nothing in the words of such a flag: the flag, and
    /// its value where that stands by itself. 0: it is no flag of these.
    ///
    /// @throws ConfigurationException when it asks for a missing part
    static int harmless(String[] arguments, int index) {
        String[] parts = arguments[index].split("=", 2);
        if (!parts[0].startsWith("--")) {
            return 0;
        }
        String name = parts[0].substring("--".length());
        boolean negated = name.startsWith("no-");
        Refused refused = ALL.get(negated ? name.substring("no-".length()) : name);
        if (refused == null || (negated && !refused.isSwitch())) {
            return 0;
        }
        if (negated) {
            return 1;
        }
        boolean apart = parts.length == 1 && index + 1 < arguments.length && !arguments[index + 1].startsWith("--");
        String value = parts.length == 2 ? parts[1] : apart ? arguments[index + 1] : "";
        if (!refused.harmless().contains(value.toLowerCase(Locale.ROOT))) {
            throw ConfigurationException.of(
                    name,
                    value.isEmpty() || refused.isSwitch() ? "set" : value,
                    refused.expected() + ": " + refused.why());
        }
        return apart ? 2 : 1;
    }
}
