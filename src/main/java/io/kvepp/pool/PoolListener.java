package io.kvepp.pool;

import java.util.List;

/// Hears of pools.
@FunctionalInterface
public interface PoolListener {
    /// A pool has these members now.
    ///
    /// @param pool [PoolRef#key], or [Pools#SELECTED]
    void onMembers(String pool, PoolMembers members);

    /// Gateways have taken up a pool, or let it go.
    ///
    /// @param controllers what their controllers are called, as the pool's status has it
    default void onGateways(String pool, List<String> controllers) {}
}
