package io.kvepp.routerservice;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.worker.RankSlot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Choices that were only looked at, so that they can be booked without the prompt being sent again.
///
/// Bounded in number, bytes and age; the oldest go first.
///
/// Source: Dynamo 1.6.1 `lib/kv-router/services/selection/pending`, with its limits.
///
/// Thread-safe.
final class PendingSelections {
    static final Duration AGE_MAX = Duration.ofMinutes(2);
    static final int PENDING_MAX = 4096;
    static final long PENDING_BYTES_MAX = 256L << 20;

    private static final int BYTES_EACH = 256;

    private final LongSupplier nanoClock;
    private final Map<Key, Pending> pending = new LinkedHashMap<>();
    private long bytes;

    /// The same id may be used for every pool.
    private record Key(PoolKey pool, String id) {}

    /// What is booked if it comes to that.
    ///
    /// - `session`: null for none
    /// - `sharesBlocks`: live requests share the blocks of a common prefix
    record Pending(
            PoolKey pool,
            RankSlot rank,
            BlockHashes hashes,
            int promptTokens,
            int uncachedTokens,
            boolean trackPrefillTokens,
            boolean sharesBlocks,
            int expectedOutputTokens,
            @Nullable String session,
            long sinceNanos) {
        private long bytes(String id) {
            return BYTES_EACH + 2L * id.length() + 2L * Long.BYTES * hashes.count();
        }
    }

    PendingSelections(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /// Replaces an earlier one of the same id.
    synchronized void put(String id, Pending selection) {
        remove(selection.pool(), id);
        pending.put(new Key(selection.pool(), id), selection);
        bytes += selection.bytes(id);
        while (!pending.isEmpty() && (pending.size() > PENDING_MAX || bytes > PENDING_BYTES_MAX || isOldestStale())) {
            Key oldest = pending.keySet().iterator().next();
            remove(oldest.pool(), oldest.id());
        }
    }

    /// Null when there is none, or it is too old.
    synchronized @Nullable Pending find(PoolKey pool, String id) {
        @Nullable Pending found = pending.get(new Key(pool, id));
        return found == null || isStale(found) ? null : found;
    }

    synchronized void remove(PoolKey pool, String id) {
        @Nullable Pending removed = pending.remove(new Key(pool, id));
        if (removed != null) {
            bytes -= removed.bytes(id);
        }
    }

    /// Removes it unless it was replaced meanwhile.
    @SuppressWarnings("ReferenceEquality") // the very same one
    synchronized void remove(String id, Pending selection) {
        if (pending.get(new Key(selection.pool(), id)) == selection) {
            remove(selection.pool(), id);
        }
    }

    synchronized void clear() {
        pending.clear();
        bytes = 0;
    }

    private boolean isOldestStale() {
        return isStale(pending.values().iterator().next());
    }

    private boolean isStale(Pending selection) {
        return nanoClock.getAsLong() - selection.sinceNanos() > AGE_MAX.toNanos();
    }
}
