package io.kvepp.it;

import com.dynatrace.hash4j.hashing.Hashing;
import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/// What a dump says, free of the order in which it says it: which rank holds which block where.
///
/// Confined to one test.
public final class HeldBlocks {
    /// A block of a rank in one tier.
    ///
    /// - `path`: a hash of the local hashes from the start of the prompt to this block
    /// - `externalHash`: the engine's own
    public record Held(WorkerWithDpRank worker, StorageTier tier, long path, long externalHash) {}

    private record Known(WorkerWithDpRank worker, long externalHash) {}

    private final Map<Known, Long> paths = new HashMap<>();
    private final Set<Held> held = new HashSet<>();

    /// Events may tell of what is known.
    private final boolean repeats;

    private HeldBlocks(boolean repeats) {
        this.repeats = repeats;
    }

    /// What workers answered who were asked for all they hold. An answer may be an earlier dump and
    /// the events since; the dump holds some of these events already, so that parents and removed
    /// blocks may be gone.
    static HeldBlocks told(Iterable<RouterEvent> events) {
        HeldBlocks blocks = new HeldBlocks(true);
        events.forEach(blocks::apply);
        return blocks;
    }

    /// What a `/dump` page says about one model, in all its routing groups.
    public static HeldBlocks of(JsonNode dump, String model) {
        HeldBlocks blocks = new HeldBlocks(false);
        dump.forEachEntry((pool, held) -> {
            if (pool.startsWith(model + ":")) {
                held.required("events").forEach(event -> blocks.apply(read(event)));
            }
        });
        return blocks;
    }

    public Set<Held> all() {
        return Set.copyOf(held);
    }

    /// Where a dump has the events of a model.
    static String key(String model) {
        return model + ":default";
    }

    private void apply(RouterEvent event) {
        switch (event.event()) {
            case KvCacheEvent.Stored stored -> store(event, stored);
            case KvCacheEvent.Removed removed -> {
                for (long hash : removed.blockHashes()) {
                    remove(event, hash);
                }
            }
            case KvCacheEvent.Cleared() -> throw new AssertionError("a dump clears nothing");
        }
    }

    private void remove(RouterEvent event, long hash) {
        Long path = paths.get(new Known(event.worker(), hash));
        boolean gone = path != null && held.remove(new Held(event.worker(), event.tier(), path, hash));
        if (!gone && !repeats) {
            throw new AssertionError("removed, but not held: " + hash);
        }
    }

    private void store(RouterEvent event, KvCacheEvent.Stored stored) {
        OptionalLong parent = stored.parentHash();
        Long path = parent.isEmpty() ? Long.valueOf(0) : paths.get(new Known(event.worker(), parent.getAsLong()));
        if (path == null && !repeats) {
            throw new AssertionError("a parent that was not told before: " + parent);
        }
        if (path == null) {
            return;
        }
        for (int i = 0; i < stored.blockHashes().length; i++) {
            path = Hashing.xxh3_64(1).hashLongLongToLong(path, stored.tokensHashes()[i]);
            paths.put(new Known(event.worker(), stored.blockHashes()[i]), path);
            held.add(new Held(event.worker(), event.tier(), path, stored.blockHashes()[i]));
        }
    }

    private static RouterEvent read(JsonNode json) {
        JsonNode event = json.required("event");
        WorkerWithDpRank worker = new WorkerWithDpRank(
                bits(json.required("worker_id")), event.required("dp_rank").intValue());
        StorageTier tier =
                StorageTier.valueOf(json.required("storage_tier").asText().toUpperCase(Locale.ROOT));
        return new RouterEvent(worker, tier, bits(event.required("event_id")), change(event.required("data")));
    }

    private static KvCacheEvent change(JsonNode data) {
        if (data.has("removed")) {
            return new KvCacheEvent.Removed(longs(data.at("/removed/block_hashes")));
        }
        JsonNode stored = data.required("stored");
        JsonNode parent = stored.required("parent_hash");
        JsonNode blocks = stored.required("blocks");
        long[] blockHashes = new long[blocks.size()];
        long[] tokensHashes = new long[blocks.size()];
        for (int i = 0; i < blockHashes.length; i++) {
            blockHashes[i] = bits(blocks.get(i).required("block_hash"));
            tokensHashes[i] = bits(blocks.get(i).required("tokens_hash"));
        }
        return new KvCacheEvent.Stored(
                parent.isNull() ? OptionalLong.empty() : OptionalLong.of(bits(parent)), blockHashes, tokensHashes);
    }

    private static long[] longs(JsonNode array) {
        long[] values = new long[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = bits(array.get(i));
        }
        return values;
    }

    /// Unsigned 64-bit numbers wrap.
    private static long bits(JsonNode number) {
        return number.bigIntegerValue().longValue();
    }
}
