package io.kvepp.kvevents.engine;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.worker.EngineEvents;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Turns messages of one engine rank into events of the index: computes the local hashes from the
/// token ids, and leaves out what says nothing of a prefix that can be reused here.
///
/// Left out are blocks of layers that do not look at the whole prompt, blocks elsewhere or managed by
/// others, in media this process does not know or of another size, blocks that are their own
/// ancestors, and those whose salt cannot be known.
///
/// Source: Dynamo `lib/kv-router/src/zmq_wire`.
///
/// Confined. Remembers what the engine said of its groups and salts.
final class EngineEventDecoder {
    private static final int PAIRS_COMPARED_MAX = 64;

    private final EngineEvents engine;
    private final KvIndexer indexer;
    private final Hashers hashers;
    private final EngineEventReader events = new EngineEventReader();
    private final CacheGroups groups = new CacheGroups();
    private final CacheSalts salts = new CacheSalts();
    private int applied;
    private int ignored;

    EngineEventDecoder(EngineEvents engine, KvIndexer indexer) {
        this.engine = engine;
        this.indexer = indexer;
        hashers = new Hashers(engine.blockSizeTokens());
    }

    /// Applies the events of a message to the index, one by one, until one is malformed. A message
    /// is an array: a time, the events, and the rank where the engine names it.
    void apply(long sequence, byte[] payload) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(payload);
        int size = reader.arrayHeader();
        if (size < 2) {
            throw new MalformedMessageException("message of " + size + " elements (expected: time, events, rank)");
        }
        reader.skip();
        int count = reader.arrayHeader();
        for (int i = 0; i < count; i++) {
            apply(sequence, events.read(reader));
        }
        if (size > 2 && !reader.tryNil()) {
            checkRank(reader.bits64());
        }
        for (int i = 3; i < size; i++) {
            reader.skip();
        }
        if (reader.hasMore()) {
            throw new MalformedMessageException("message (expected: nothing after it)");
        }
    }

    /// Nothing is known of the engine's blocks any more.
    void forgetBlocks() {
        salts.clear();
    }

    /// Events applied since the last call.
    int takeApplied() {
        int count = applied;
        applied = 0;
        return count;
    }

    /// Events left out since the last call.
    int takeIgnored() {
        int count = ignored;
        ignored = 0;
        return count;
    }

    private void checkRank(long rank) throws MalformedMessageException {
        if (rank != engine.worker().dpRank()) {
            throw new MalformedMessageException("data_parallel_rank: " + rank + " (expected: "
                    + engine.worker().dpRank() + ")");
        }
    }

    private void apply(long sequence, EngineEvent event) {
        @Nullable KvCacheEvent change = change(event);
        @Nullable StorageTier tier = event.medium;
        if (change == null || tier == null) {
            ignored++;
            return;
        }
        indexer.apply(new RouterEvent(engine.worker(), tier, sequence, change));
        applied++;
    }

    private @Nullable KvCacheEvent change(EngineEvent event) {
        if (event.elsewhere || event.medium == null) {
            return null;
        }
        return switch (event.kind) {
            case STORED -> counts(event) && knowsSalt(event) ? stored(event) : null;
            case REMOVED -> counts(event) ? removed(event) : null;
            case CLEARED -> {
                salts.clear();
                yield new KvCacheEvent.Cleared();
            }
            case IGNORED -> null;
        };
    }

    /// Events of far tiers name no groups.
    private boolean counts(EngineEvent event) {
        return isFar(event) || groups.counts(event.group, event.kind == EngineEvent.Kind.STORED);
    }

    private boolean knowsSalt(EngineEvent event) {
        return isFar(event) || salts.complete(event);
    }

    private static boolean isFar(EngineEvent event) {
        return event.medium == StorageTier.DISK || event.medium == StorageTier.EXTERNAL;
    }

    private @Nullable KvCacheEvent stored(EngineEvent event) {
        int size = engine.blockSizeTokens();
        int told = (event.eagle ? event.tokenCount - 1 : event.tokenCount) / size;
        int blocks = Math.min(event.hashCount, told);
        if (event.blockSizeTokens != size || blocks <= 0 || repeatsHash(event)) {
            return null;
        }
        return new KvCacheEvent.Stored(
                event.hasParent ? OptionalLong.of(event.parent) : OptionalLong.empty(),
                Arrays.copyOf(event.hashes, blocks),
                localHashes(event, blocks));
    }

    private long[] localHashes(EngineEvent event, int blocks) {
        BlockHasher hasher = hashers.of(event);
        long[] hashes = hasher.localHashes(event.tokens, blocks);
        for (int block = 0; block < Math.min(blocks, event.media.size()); block++) {
            long[] objects = event.mediaOf(block);
            if (objects.length > 0) {
                hashes[block] = hasher.localHash(event.tokens, block, objects);
            }
        }
        return hashes;
    }

    private KvCacheEvent removed(EngineEvent event) {
        salts.removed(event);
        return new KvCacheEvent.Removed(Arrays.copyOf(event.hashes, event.hashCount));
    }

    /// True when a block would be its own ancestor.
    private static boolean repeatsHash(EngineEvent event) {
        int count = event.hashCount;
        if (count > PAIRS_COMPARED_MAX) {
            long[] sorted = Arrays.copyOf(event.hashes, event.hasParent ? count + 1 : count);
            if (event.hasParent) {
                sorted[count] = event.parent;
            }
            Arrays.sort(sorted);
            return repeatsNeighbour(sorted);
        }
        for (int i = 0; i < count; i++) {
            long hash = event.hashes[i];
            if (event.hasParent && hash == event.parent) {
                return true;
            }
            for (int j = i + 1; j < count; j++) {
                if (event.hashes[j] == hash) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean repeatsNeighbour(long[] sorted) {
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] == sorted[i - 1]) {
                return true;
            }
        }
        return false;
    }
}
