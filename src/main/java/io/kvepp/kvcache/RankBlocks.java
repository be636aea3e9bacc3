package io.kvepp.kvcache;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What one rank holds: the engine's own hash of a block -> its place in the prefix tree and its
/// tiers.
///
/// Confined to the index's writer.
final class RankBlocks {
    /// A block the rank holds in at least one tier.
    static final class Held {
        final long externalHash;
        final long localHash;
        final long sequenceHash;
        final OptionalLong parent;
        final int depth;
        private int tiers;

        Held(long externalHash, long localHash, long sequenceHash, @Nullable Held parent) {
            this.externalHash = externalHash;
            this.localHash = localHash;
            this.sequenceHash = sequenceHash;
            this.parent = parent == null ? OptionalLong.empty() : OptionalLong.of(parent.externalHash);
            depth = parent == null ? 1 : parent.depth + 1;
        }

        boolean isIn(StorageTier tier) {
            return (tiers & tier.bit()) != 0;
        }

        boolean isNowhere() {
            return tiers == 0;
        }

        void add(StorageTier tier) {
            tiers |= tier.bit();
        }

        void remove(StorageTier tier) {
            tiers &= ~tier.bit();
        }
    }

    private final Map<Long, Held> byExternalHash = new HashMap<>();
    /// How many further external hashes stand for a block of a tier; no entry for none.
    private final Map<Copy, Integer> furtherCopies = new HashMap<>();

    private record Copy(long sequenceHash, StorageTier tier) {}

    @Nullable
    Held find(long externalHash) {
        return byExternalHash.get(externalHash);
    }

    Iterable<Held> all() {
        return byExternalHash.values();
    }

    boolean isEmpty() {
        return byExternalHash.isEmpty();
    }

    Held add(Held held) {
        byExternalHash.put(held.externalHash, held);
        return held;
    }

    void drop(long externalHash) {
        byExternalHash.remove(externalHash);
    }

    /// Notes a further external hash for a block that the rank holds in `tier` already.
    void addCopy(long sequenceHash, StorageTier tier) {
        furtherCopies.merge(new Copy(sequenceHash, tier), 1, Integer::sum);
    }

    /// Takes one external hash of a block away; false if there was only one.
    boolean removeCopy(long sequenceHash, StorageTier tier) {
        Copy copy = new Copy(sequenceHash, tier);
        if (!furtherCopies.containsKey(copy)) {
            return false;
        }
        furtherCopies.computeIfPresent(copy, (key, count) -> count == 1 ? null : count - 1);
        return true;
    }
}
