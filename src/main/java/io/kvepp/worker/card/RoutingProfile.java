package io.kvepp.worker.card;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a worker says of the requests it should be given.
///
/// - `routerMode`: the `router_config` mode the worker advertises, which replaces the frontend's;
///   null when absent
/// - `taints`: labels of the worker that requests may require or prefer, those of its topology
///   included
/// - `kvTransfer`: whom a prefill worker wants to hand its KV cache to
/// - `bootstrap`: where a prefill worker hands its KV cache over early; null when it does not
/// - `group`: the routing group that the worker is in; null when its role says it
///
/// Immutable.
public record RoutingProfile(
        @Nullable String routerMode,
        Set<String> taints,
        KvTransfer kvTransfer,
        @Nullable Bootstrap bootstrap,
        @Nullable String group) {
    public static final RoutingProfile NONE = tainted(Set.of());

    public RoutingProfile {
        taints = Set.copyOf(taints);
    }

    /// Of a worker whose role says its routing group.
    public RoutingProfile(
            @Nullable String routerMode, Set<String> taints, KvTransfer kvTransfer, @Nullable Bootstrap bootstrap) {
        this(routerMode, taints, kvTransfer, bootstrap, null);
    }

    /// Of a worker that hands its KV cache over when it is complete.
    public RoutingProfile(@Nullable String routerMode, Set<String> taints, KvTransfer kvTransfer) {
        this(routerMode, taints, kvTransfer, null, null);
    }

    /// Nothing but taints.
    public static RoutingProfile tainted(Set<String> taints) {
        return new RoutingProfile(null, taints, KvTransfer.ANY);
    }
}
