package io.kvepp.pool;

/// Hears of pools.
@FunctionalInterface
public interface PoolListener {
    /// A pool has these members now.
    ///
    /// @param pool [PoolRef#key], or [Pools#SELECTED]
    void onMembers(String pool, PoolMembers members);
}
