package io.kvepp.kvevents;

import io.kvepp.eventplane.Payload;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackLiteral;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWords;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Decodes the payload of a message of the topic `kv-events`: an array of RouterEvent maps.
///
/// Unknown fields are skipped. An unknown storage tier or residency domain makes the event
/// [DecodedEvent.Ignored]; anything else that is wrong makes the whole payload malformed.
///
/// Source: Dynamo `lib/kv-router/src/protocols`, RouterEvent.
///
/// Confined; used once.
final class KvEventDecoder {
    private static final int EVENTS_USUAL = 128; // the most that Dynamo's publishers put into a message
    private static final MsgpackWords EVENT = MsgpackWords.of("worker_id", "storage_tier", "residency_domain", "event");
    private static final MsgpackWords TIERS = MsgpackWords.of("device", "host_pinned", "disk", "external");
    private static final MsgpackWords WORKER_DOMAIN = MsgpackWords.of("worker");
    private static final MsgpackWords BODY = MsgpackWords.of("event_id", "dp_rank", "data");
    private static final MsgpackWords CLEARED = MsgpackWords.of("cleared");
    private static final MsgpackWords CHANGE = MsgpackWords.of("stored", "removed");
    private static final MsgpackWords STORED = MsgpackWords.of("parent_hash", "blocks");
    private static final MsgpackWords BLOCK = MsgpackWords.of("block_hash", "tokens_hash");

    /// An event as Dynamo writes it, around its numbers.
    private static final MsgpackLiteral EVENT_OF = MsgpackLiteral.of("\u0084\u00a9worker_id");

    private static final MsgpackLiteral ON_DEVICE = MsgpackLiteral.of(
            "\u00acstorage_tier\u00a6device" + "\u00b0residency_domain\u00a6worker\u00a5event\u0083\u00a8event_id");
    private static final MsgpackLiteral STORED_BEHIND =
            MsgpackLiteral.of("\u00a4data\u0081\u00a6stored\u0083\u00abparent_hash");
    private static final MsgpackLiteral START_AND_BLOCKS = MsgpackLiteral.of("\u00aestart_position\u00c0\u00a6blocks");
    private static final MsgpackLiteral REMOVED_HASHES =
            MsgpackLiteral.of("\u00a4data\u0081\u00a7removed\u0081\u00acblock_hashes");
    private static final MsgpackLiteral DP_RANK = MsgpackLiteral.of("\u00a7dp_rank");

    /// A block as Dynamo writes it, around its two numbers.
    private static final MsgpackLiteral BLOCK_HASH = MsgpackLiteral.of("\u0083\u00aablock_hash\u00cf");

    private static final MsgpackLiteral TOKENS_HASH = MsgpackLiteral.of("\u00abtokens_hash\u00cf");
    private static final MsgpackLiteral NO_EXTRA_INFO = MsgpackLiteral.of("\u00admm_extra_info\u00c0");

    private static final MsgpackWords REMOVED = MsgpackWords.of("block_hashes");

    private final MsgpackReader reader;

    // The event under way, and the worker of the one before.
    private @Nullable WorkerWithDpRank lastWorker;
    private long eventId;
    private int dpRank;
    private @Nullable KvCacheEvent change;

    private KvEventDecoder(MsgpackReader reader) {
        this.reader = reader;
    }

    static List<DecodedEvent> decode(Payload payload) throws MalformedMessageException {
        MsgpackReader reader = payload.reader();
        List<DecodedEvent> events = decodeArray(reader);
        if (reader.hasMore()) {
            throw new MalformedMessageException("payload (expected: nothing after the events)");
        }
        return events;
    }

    /// Decodes an array of RouterEvent maps that is part of something larger.
    static List<DecodedEvent> decodeArray(MsgpackReader reader) throws MalformedMessageException {
        KvEventDecoder decoder = new KvEventDecoder(reader);
        int count = reader.arrayHeader();
        List<DecodedEvent> events = new ArrayList<>(Math.min(count, EVENTS_USUAL));
        for (int i = 0; i < count; i++) {
            events.add(decoder.routerEvent());
        }
        return events;
    }

    private DecodedEvent routerEvent() throws MalformedMessageException {
        int start = reader.position();
        @Nullable DecodedEvent usual = usualEvent();
        if (usual == null) {
            reader.backTo(start);
            return anyEvent();
        }
        return usual;
    }

    /// An event in the form that is usual; null when it differs.
    private @Nullable DecodedEvent usualEvent() throws MalformedMessageException {
        if (!reader.tryLiteral(EVENT_OF)) {
            return null;
        }
        long workerId = reader.bits64();
        if (!reader.tryLiteral(ON_DEVICE)) {
            return null;
        }
        eventId = reader.bits64();
        @Nullable KvCacheEvent usual = usualChange();
        if (usual == null || !reader.tryLiteral(DP_RANK)) {
            return null;
        }
        dpRank = reader.nonNegativeInt();
        return new DecodedEvent.Applicable(new RouterEvent(worker(workerId), StorageTier.DEVICE, eventId, usual));
    }

    private @Nullable KvCacheEvent usualChange() throws MalformedMessageException {
        if (reader.tryLiteral(REMOVED_HASHES)) {
            return new KvCacheEvent.Removed(hashes());
        }
        if (!reader.tryLiteral(STORED_BEHIND)) {
            return null;
        }
        OptionalLong parent = parent();
        if (!reader.tryLiteral(START_AND_BLOCKS)) {
            return null;
        }
        Blocks blocks = blocks();
        return new KvCacheEvent.Stored(parent, blocks.blockHashes(), blocks.tokensHashes());
    }

    private OptionalLong parent() throws MalformedMessageException {
        return reader.tryNil() ? OptionalLong.empty() : OptionalLong.of(reader.bits64());
    }

    private DecodedEvent anyEvent() throws MalformedMessageException {
        boolean named = false;
        long workerId = 0;
        change = null;
        dpRank = 0;
        @Nullable StorageTier tier = StorageTier.DEVICE;
        boolean own = true;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.word(EVENT)) {
                case 0 -> {
                    workerId = reader.bits64();
                    named = true;
                }
                case 1 -> tier = tier();
                case 2 -> own = reader.word(WORKER_DOMAIN) != MsgpackWords.OTHER;
                case 3 -> readBody();
                default -> reader.skip();
            }
        }
        KvCacheEvent changed = change;
        if (!named || changed == null) {
            throw missing("worker_id and event");
        }
        WorkerWithDpRank worker = worker(workerId);
        return tier == null || !own
                ? new DecodedEvent.Ignored(worker, eventId)
                : new DecodedEvent.Applicable(new RouterEvent(worker, tier, eventId, changed));
    }

    private WorkerWithDpRank worker(long workerId) {
        WorkerWithDpRank last = lastWorker;
        if (last != null && last.workerId() == workerId && last.dpRank() == dpRank) {
            return last;
        }
        WorkerWithDpRank worker = new WorkerWithDpRank(workerId, dpRank);
        lastWorker = worker;
        return worker;
    }

    private void readBody() throws MalformedMessageException {
        boolean numbered = false;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.word(BODY)) {
                case 0 -> {
                    eventId = reader.bits64();
                    numbered = true;
                }
                case 1 -> dpRank = reader.nonNegativeInt();
                case 2 -> change = change();
                default -> reader.skip();
            }
        }
        if (!numbered || change == null) {
            throw missing("event_id and data");
        }
    }

    private KvCacheEvent change() throws MalformedMessageException {
        if (reader.nextIsString()) {
            if (reader.word(CLEARED) != MsgpackWords.OTHER) {
                return new KvCacheEvent.Cleared();
            }
        } else if (reader.mapHeader() == 1) {
            int kind = reader.word(CHANGE);
            if (kind != MsgpackWords.OTHER) {
                return kind == 0 ? stored() : removed();
            }
        }
        throw missing("data that is stored, removed or cleared");
    }

    private KvCacheEvent stored() throws MalformedMessageException {
        OptionalLong parent = OptionalLong.empty();
        @Nullable Blocks blocks = null;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.word(STORED)) {
                case 0 -> parent = parent();
                case 1 -> blocks = blocks();
                default -> reader.skip();
            }
        }
        if (blocks == null) {
            throw missing("blocks");
        }
        return new KvCacheEvent.Stored(parent, blocks.blockHashes(), blocks.tokensHashes());
    }

    private record Blocks(long[] blockHashes, long[] tokensHashes) {}

    private Blocks blocks() throws MalformedMessageException {
        int count = reader.arrayHeader();
        Blocks blocks = new Blocks(new long[count], new long[count]);
        for (int block = 0; block < count; block++) {
            readUsual(blocks, block);
        }
        return blocks;
    }

    /// A block in the form that is usual; from where it differs on field by field.
    private void readUsual(Blocks blocks, int block) throws MalformedMessageException {
        if (!reader.tryLiteral(BLOCK_HASH)) {
            readFields(blocks, block, reader.mapHeader(), 0);
            return;
        }
        blocks.blockHashes[block] = reader.untagged64();
        if (!reader.tryLiteral(TOKENS_HASH)) {
            readFields(blocks, block, 2, 1);
            return;
        }
        blocks.tokensHashes[block] = reader.untagged64();
        if (!reader.tryLiteral(NO_EXTRA_INFO)) {
            readFields(blocks, block, 1, 3);
        }
    }

    /// @param seen what was read already: bit 0 the block hash, bit 1 the tokens hash
    private void readFields(Blocks blocks, int block, int fields, int seen) throws MalformedMessageException {
        int found = seen;
        for (int i = 0; i < fields; i++) {
            switch (reader.word(BLOCK)) {
                case 0 -> {
                    blocks.blockHashes[block] = reader.bits64();
                    found |= 1;
                }
                case 1 -> {
                    blocks.tokensHashes[block] = reader.bits64();
                    found |= 2;
                }
                default -> reader.skip();
            }
        }
        if (found != 3) {
            throw missing("block_hash and tokens_hash");
        }
    }

    private KvCacheEvent removed() throws MalformedMessageException {
        long @Nullable [] hashes = null;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            if (reader.word(REMOVED) != MsgpackWords.OTHER) {
                hashes = hashes();
            } else {
                reader.skip();
            }
        }
        if (hashes == null) {
            throw missing("block_hashes");
        }
        return new KvCacheEvent.Removed(hashes);
    }

    private long[] hashes() throws MalformedMessageException {
        long[] hashes = new long[reader.arrayHeader()];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = reader.bits64();
        }
        return hashes;
    }

    /// Null for a tier this process does not know.
    private @Nullable StorageTier tier() throws MalformedMessageException {
        return switch (reader.word(TIERS)) {
            case 0 -> StorageTier.DEVICE;
            case 1 -> StorageTier.HOST_PINNED;
            case 2 -> StorageTier.DISK;
            case 3 -> StorageTier.EXTERNAL;
            default -> null;
        };
    }

    private static MalformedMessageException missing(String expected) {
        return new MalformedMessageException("KV event (expected: " + expected + ")");
    }
}
