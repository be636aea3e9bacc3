package io.kvepp.kvevents.engine;

import io.kvepp.kvcache.BlockHasher;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The hashers for blocks of one size, by what else makes a block what it is.
///
/// Confined.
final class Hashers {
    private static final int HASHERS_MAX = 1_024;

    private final int blockSizeTokens;
    private final BlockHasher plain;
    private final Map<Key, BlockHasher> others = new HashMap<>();

    private record Key(@Nullable String loraName, @Nullable String cacheSalt, boolean eagle) {}

    Hashers(int blockSizeTokens) {
        this.blockSizeTokens = blockSizeTokens;
        plain = new BlockHasher(blockSizeTokens, null, null, false);
    }

    BlockHasher of(EngineEvent event) {
        if (event.loraName == null && event.cacheSalt == null && !event.eagle) {
            return plain;
        }
        if (others.size() >= HASHERS_MAX) {
            others.clear();
        }
        return others.computeIfAbsent(
                new Key(event.loraName, event.cacheSalt, event.eagle),
                key -> new BlockHasher(blockSizeTokens, key.loraName, key.cacheSalt, key.eagle));
    }
}
