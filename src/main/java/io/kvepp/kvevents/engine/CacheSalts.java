package io.kvepp.kvevents.engine;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The cache salt of each block that has one. Only the first block of a prompt tells it; those that
/// follow have that of their parent.
///
/// A block of two salts is ambiguous, and nothing is known of what follows it.
///
/// Confined.
final class CacheSalts {
    private static final int BLOCKS_MAX = 1 << 20;
    private static final String AMBIGUOUS = "";

    private final Map<Long, String> byHash = new HashMap<>();

    /// Completes an event that stores blocks by the salt of its parent, and remembers it for what
    /// follows; false when the salt cannot be known.
    boolean complete(EngineEvent event) {
        if (byHash.isEmpty() && event.cacheSalt == null) {
            return true;
        }
        if (event.cacheSalt == null && event.hasParent) {
            @Nullable String inherited = byHash.get(event.parent);
            if (AMBIGUOUS.equals(inherited)) {
                return false;
            }
            event.cacheSalt = inherited;
        }
        @Nullable String salt = event.cacheSalt;
        if (salt != null && byHash.size() + event.hashCount > BLOCKS_MAX) {
            return false;
        }
        for (int i = 0; i < event.hashCount; i++) {
            remember(event.hashes[i], salt);
        }
        return true;
    }

    void removed(EngineEvent event) {
        if (byHash.isEmpty()) {
            return;
        }
        for (int i = 0; i < event.hashCount; i++) {
            long hash = event.hashes[i];
            if (!AMBIGUOUS.equals(byHash.get(hash))) {
                byHash.remove(hash);
            }
        }
    }

    void clear() {
        byHash.clear();
    }

    private void remember(long hash, @Nullable String salt) {
        @Nullable String known = byHash.get(hash);
        if (known == null) {
            if (salt != null) {
                byHash.put(hash, salt);
            }
        } else if (!known.equals(salt)) {
            byHash.put(hash, AMBIGUOUS);
        }
    }
}
