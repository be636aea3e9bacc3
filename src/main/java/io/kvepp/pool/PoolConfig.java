package io.kvepp.pool;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which pods requests go to.
///
/// - `pools`: InferencePools; each port at most once
/// - `selector`: labels of pods that make a pool without such an object; empty: there is none
/// - `targetPorts`: of those pods, 1 to 8
///
/// Immutable.
public record PoolConfig(List<PoolRef> pools, Map<String, String> selector, List<Integer> targetPorts) {
    static final int TARGET_PORTS_MAX = 8;

    private static final String SELECTOR = "endpoint-selector";
    private static final String TARGET_PORTS = "endpoint-target-ports";
    private static final String TARGET_PORTS_EXPECTED = "1 to " + TARGET_PORTS_MAX + " different ports";

    public PoolConfig {
        pools = List.copyOf(pools);
        selector = Map.copyOf(selector);
        targetPorts = List.copyOf(targetPorts);
        Set<Integer> ports = new HashSet<>();
        for (PoolRef pool : pools) {
            check(ports.add(pool.port()), "pool", pool.key(), "a port of its own for each pool: name@port");
        }
        check(
                selector.isEmpty() || pools.stream().noneMatch(PoolRef::isMain),
                SELECTOR,
                selector,
                "none beside a pool without a port of its own");
        boolean distinct = targetPorts.size() == new HashSet<>(targetPorts).size();
        boolean inRange = targetPorts.stream().allMatch(port -> port >= 1 && port <= 65_535);
        check(
                distinct && inRange && !targetPorts.isEmpty() && targetPorts.size() <= TARGET_PORTS_MAX,
                TARGET_PORTS,
                targetPorts,
                TARGET_PORTS_EXPECTED);
    }

    public static PoolConfig from(Options options) {
        List<PoolRef> pools = new ArrayList<>();
        options.option(
                        "pool",
                        "InferencePool whose pods requests go to: [namespace/]name; @port: asked for there, and not on --port")
                .env("DYN_EPP_INFERENCE_POOL_NAME")
                .strings()
                .forEach(text -> pools.add(PoolRef.of("pool", text)));
        return new PoolConfig(
                pools,
                selector(options.option(SELECTOR, "labels (name=value) of the pods requests go to, without a pool")
                        .strings()),
                options.option(TARGET_PORTS, "their ports").strings("8000").stream()
                        .map(PoolConfig::port)
                        .toList());
    }

    /// Whether requests go to pods at all, and not to frontends that are named.
    public boolean isUsed() {
        return !pools.isEmpty() || !selector.isEmpty();
    }

    private static Map<String, String> selector(List<String> items) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (String item : items) {
            int equals = item.indexOf('=');
            check(equals > 0, SELECTOR, item, "name=value");
            labels.put(item.substring(0, equals), item.substring(equals + 1));
        }
        return labels;
    }

    private static int port(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw ConfigurationException.of(TARGET_PORTS, text, TARGET_PORTS_EXPECTED);
        }
    }
}
