/// The pods that a gateway sends requests to: pools of them, and their ready endpoints.
///
/// Starting points: [Pools] (what is watched), [PoolMembers] (what a pool has now), [PoolConfig].
///
/// Imports `kube` and `config`. Reads only: gateways write the status of pools.
@NullMarked
package io.kvepp.pool;

import org.jspecify.annotations.NullMarked;
