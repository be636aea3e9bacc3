package io.kvepp.kvevents;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
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
    private static final String DEVICE = "device";
    private static final String WORKER_DOMAIN = "worker";

    private final MsgpackReader reader;

    private KvEventDecoder(MsgpackReader reader) {
        this.reader = reader;
    }

    static List<DecodedEvent> decode(byte[] payload) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(payload);
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
        List<DecodedEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(decoder.routerEvent());
        }
        return events;
    }

    private DecodedEvent routerEvent() throws MalformedMessageException {
        @Nullable Long workerId = null;
        @Nullable Body body = null;
        String tier = DEVICE;
        String domain = WORKER_DOMAIN;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.string()) {
                case "worker_id" -> workerId = reader.bits64();
                case "storage_tier" -> tier = reader.string();
                case "residency_domain" -> domain = reader.string();
                case "event" -> body = body();
                default -> reader.skip();
            }
        }
        if (workerId == null || body == null) {
            throw missing("worker_id and event");
        }
        WorkerWithDpRank worker = new WorkerWithDpRank(workerId, body.dpRank());
        @Nullable StorageTier knownTier = tierOf(tier);
        return knownTier == null || !domain.equals(WORKER_DOMAIN)
                ? new DecodedEvent.Ignored(worker, body.eventId())
                : new DecodedEvent.Applicable(new RouterEvent(worker, knownTier, body.eventId(), body.change()));
    }

    private record Body(long eventId, int dpRank, KvCacheEvent change) {}

    private Body body() throws MalformedMessageException {
        @Nullable Long eventId = null;
        @Nullable KvCacheEvent change = null;
        int dpRank = 0;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.string()) {
                case "event_id" -> eventId = reader.bits64();
                case "dp_rank" -> dpRank = reader.nonNegativeInt();
                case "data" -> change = change();
                default -> reader.skip();
            }
        }
        if (eventId == null || change == null) {
            throw missing("event_id and data");
        }
        return new Body(eventId, dpRank, change);
    }

    private KvCacheEvent change() throws MalformedMessageException {
        String kind;
        if (reader.nextIsString()) {
            kind = reader.string();
            if (kind.equals("cleared")) {
                return new KvCacheEvent.Cleared();
            }
        } else if (reader.mapHeader() == 1) {
            kind = reader.string();
            if (kind.equals("stored")) {
                return stored();
            }
            if (kind.equals("removed")) {
                return removed();
            }
        }
        throw missing("data that is stored, removed or cleared");
    }

    private KvCacheEvent stored() throws MalformedMessageException {
        OptionalLong parent = OptionalLong.empty();
        @Nullable Blocks blocks = null;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.string()) {
                case "parent_hash" ->
                    parent = reader.tryNil() ? OptionalLong.empty() : OptionalLong.of(reader.bits64());
                case "blocks" -> blocks = blocks();
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
        long[] blockHashes = new long[count];
        long[] tokensHashes = new long[count];
        for (int block = 0; block < count; block++) {
            int seen = 0;
            int fields = reader.mapHeader();
            for (int i = 0; i < fields; i++) {
                switch (reader.string()) {
                    case "block_hash" -> {
                        blockHashes[block] = reader.bits64();
                        seen |= 1;
                    }
                    case "tokens_hash" -> {
                        tokensHashes[block] = reader.bits64();
                        seen |= 2;
                    }
                    default -> reader.skip();
                }
            }
            if (seen != 3) {
                throw missing("block_hash and tokens_hash");
            }
        }
        return new Blocks(blockHashes, tokensHashes);
    }

    private KvCacheEvent removed() throws MalformedMessageException {
        long @Nullable [] hashes = null;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            if (reader.string().equals("block_hashes")) {
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

    private static @Nullable StorageTier tierOf(String name) {
        return switch (name) {
            case DEVICE -> StorageTier.DEVICE;
            case "host_pinned" -> StorageTier.HOST_PINNED;
            case "disk" -> StorageTier.DISK;
            case "external" -> StorageTier.EXTERNAL;
            default -> null;
        };
    }

    private static MalformedMessageException missing(String expected) {
        return new MalformedMessageException("KV event (expected: " + expected + ")");
    }
}
