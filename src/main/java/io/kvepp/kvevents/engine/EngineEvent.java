package io.kvepp.kvevents.engine;

import io.kvepp.kvcache.StorageTier;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One event of an engine, as it was on the wire. An instance is filled again and again.
///
/// - `hashes[0 .. hashCount)`: blocks stored or removed
/// - `tokens`: ids of all stored blocks, little-endian 32-bit numbers, `tokenCount` of them
/// - `eagle`: the ids came as pairs; block `i` covers one id more than its size
/// - `medium`: where the blocks are; null when the engine's word for it is unknown
/// - `media`: by block, the media objects that stand in it; empty when there are none
///
/// Confined.
final class EngineEvent {
    private static final long[] NO_HASHES = new long[0];
    private static final byte[] NO_TOKENS = new byte[0];

    Kind kind = Kind.IGNORED;
    long[] hashes = NO_HASHES;
    int hashCount;
    boolean hasParent;
    long parent;
    byte[] tokens = NO_TOKENS;
    int tokenCount;
    boolean eagle;
    int blockSizeTokens;

    @Nullable
    StorageTier medium = StorageTier.DEVICE;

    @Nullable
    String loraName;

    @Nullable
    String cacheSalt;

    final List<long[]> media = new ArrayList<>();
    CacheGroup group = CacheGroup.NONE;
    boolean elsewhere;

    enum Kind {
        STORED,
        REMOVED,
        CLEARED,
        IGNORED
    }

    void clear() {
        kind = Kind.IGNORED;
        hashCount = 0;
        hasParent = false;
        tokenCount = 0;
        eagle = false;
        blockSizeTokens = 0;
        medium = StorageTier.DEVICE;
        loraName = null;
        cacheSalt = null;
        media.clear();
        group = CacheGroup.NONE;
        elsewhere = false;
    }

    long[] roomForHashes(int count) {
        if (hashes.length < count) {
            hashes = new long[Math.max(count, 2 * hashes.length)];
        }
        return hashes;
    }

    byte[] roomForTokens(int count) {
        int bytes = Math.multiplyExact(count, Integer.BYTES);
        if (tokens.length < bytes) {
            tokens = new byte[Math.max(bytes, 2 * tokens.length)];
        }
        return tokens;
    }

    long[] mediaOf(int block) {
        return block < media.size() ? media.get(block) : NO_HASHES;
    }
}
