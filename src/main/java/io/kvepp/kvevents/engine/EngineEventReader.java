package io.kvepp.kvevents.engine;

import io.kvepp.kvcache.StorageTier;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWords;
import org.jspecify.annotations.Nullable;

/// Reads one event of an engine, which is a map with its `type`, or an array that starts with it and
/// may end early.
///
/// Unknown fields of maps and further elements of arrays are skipped.
///
/// Source: vLLM's and SGLang's `kv_events` as read by Dynamo `lib/kv-router/src/zmq_wire`.
///
/// Confined.
final class EngineEventReader {
    private static final MsgpackWords KINDS =
            MsgpackWords.of("BlockStored", "BlockRemoved", "AllBlocksCleared", "Ignored");
    private static final EngineEvent.Kind[] KIND_OF = EngineEvent.Kind.values();

    private static final MsgpackWords FIELDS = MsgpackWords.of(
            "type",
            "block_hashes",
            "parent_block_hash",
            "token_ids",
            "block_size",
            "medium",
            "lora_name",
            "cache_salt",
            "extra_keys",
            "block_mm_infos",
            "group_idx",
            "kv_cache_spec_kind",
            "locality",
            "ownership");

    private static final MsgpackWords MEDIA = MsgpackWords.of(
            "",
            "GPU",
            "DEVICE",
            "CPU",
            "CPU_PINNED",
            "CPU_TIER1",
            "CPU_TIER2",
            "DISK",
            "NVME",
            "STORAGE",
            "EXTERNAL",
            "NETWORK",
            "REMOTE",
            "SHARED");
    private static final MsgpackWords LOCAL = MsgpackWords.of("LOCAL");
    private static final MsgpackWords SALT = MsgpackWords.of("cache_salt");

    private final EngineEvent event = new EngineEvent();
    private final ExtraKeys extraKeys = new ExtraKeys();

    /// The event that starts here; overwritten by the next one.
    EngineEvent read(MsgpackReader reader) throws MalformedMessageException {
        event.clear();
        extraKeys.clear();
        if (reader.nextIsMap()) {
            readMap(reader);
        } else {
            readArray(reader);
        }
        if (event.kind == EngineEvent.Kind.STORED) {
            extraKeys.applyTo(event);
        }
        return event;
    }

    private void readMap(MsgpackReader reader) throws MalformedMessageException {
        int seen = 0;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            int field = reader.word(FIELDS);
            if (field == MsgpackWords.OTHER) {
                reader.skip();
            } else {
                seen |= 1 << field;
                readField(field, reader);
            }
        }
        boolean complete = switch (event.kind) {
            case STORED -> (seen & 0b11011) == 0b11011;
            case REMOVED -> (seen & 0b11) == 0b11;
            case CLEARED, IGNORED -> (seen & 1) == 1;
        };
        if (!complete) {
            throw new MalformedMessageException("event (expected: type, and what an event of the type needs)");
        }
    }

    private void readField(int field, MsgpackReader reader) throws MalformedMessageException {
        switch (field) {
            case 0 -> event.kind = kind(reader);
            case 1 -> readHashes(reader);
            case 2 -> readParent(reader);
            case 3 -> readTokens(reader);
            case 4 -> event.blockSizeTokens = reader.nonNegativeInt();
            case 5 -> readMedium(reader);
            case 6 -> event.loraName = text(reader);
            case 7 -> event.cacheSalt = text(reader);
            case 8 -> extraKeys.read(reader);
            case 9 -> extraKeys.readMediaInfos(reader);
            case 10 -> event.group = new CacheGroup(number(reader), event.group.kind());
            case 11 -> event.group = new CacheGroup(event.group.index(), groupKind(reader));
            case 12 -> event.elsewhere |= !reader.tryNil() && reader.word(LOCAL) == MsgpackWords.OTHER;
            default -> event.elsewhere |= isOwnedByOthers(reader);
        }
    }

    private void readArray(MsgpackReader reader) throws MalformedMessageException {
        int size = reader.arrayHeader();
        if (size == 0) {
            throw new MalformedMessageException("event of no elements (expected: its type first)");
        }
        event.kind = kind(reader);
        int read = switch (event.kind) {
            case STORED -> readStored(reader, size);
            case REMOVED -> readRemoved(reader, size);
            case CLEARED -> {
                event.elsewhere = size > 1 && isOwnedByOthers(reader);
                yield Math.min(size, 2);
            }
            case IGNORED -> 1;
        };
        for (int i = read; i < size; i++) {
            reader.skip();
        }
    }

    /// How many elements were read.
    private int readStored(MsgpackReader reader, int size) throws MalformedMessageException {
        if (size < 5) {
            throw new MalformedMessageException("BlockStored of " + size + " elements (expected: at least 5)");
        }
        readHashes(reader);
        readParent(reader);
        readTokens(reader);
        event.blockSizeTokens = reader.nonNegativeInt();
        if (size > 5) {
            reader.skip();
        }
        if (size > 6) {
            readMedium(reader);
        }
        if (size > 7) {
            readNamespace(reader);
        }
        if (size > 8) {
            extraKeys.read(reader);
        }
        return size <= 9 ? size : 9 + EventTail.read(reader, size - 9, event, extraKeys);
    }

    private int readRemoved(MsgpackReader reader, int size) throws MalformedMessageException {
        if (size < 2) {
            throw new MalformedMessageException("BlockRemoved of 1 element (expected: at least 2)");
        }
        readHashes(reader);
        if (size > 2) {
            readMedium(reader);
        }
        return size <= 3 ? size : 3 + EventTail.read(reader, size - 3, event, extraKeys);
    }

    /// vLLM says the name of a LoRA adapter here, SGLang a map with the cache salt.
    private void readNamespace(MsgpackReader reader) throws MalformedMessageException {
        if (!reader.nextIsMap()) {
            event.loraName = text(reader);
            return;
        }
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            if (reader.word(SALT) == MsgpackWords.OTHER) {
                reader.skip();
            } else {
                event.cacheSalt = text(reader);
            }
        }
    }

    private void readHashes(MsgpackReader reader) throws MalformedMessageException {
        int count = reader.arrayHeader();
        long[] hashes = event.roomForHashes(count);
        for (int i = 0; i < count; i++) {
            hashes[i] = hash(reader);
        }
        event.hashCount = count;
    }

    private void readParent(MsgpackReader reader) throws MalformedMessageException {
        event.hasParent = !reader.tryNil();
        if (event.hasParent) {
            event.parent = hash(reader);
        }
    }

    private void readTokens(MsgpackReader reader) throws MalformedMessageException {
        int count = reader.arrayHeader();
        event.eagle = count > 0 && reader.nextIsArray();
        if (!event.eagle) {
            reader.unsigned32s(count, event.roomForTokens(count));
            event.tokenCount = count;
            return;
        }
        TokenPairs.read(reader, count, event.roomForTokens(count + 1));
        event.tokenCount = count + 1;
    }

    private void readMedium(MsgpackReader reader) throws MalformedMessageException {
        event.medium = reader.tryNil()
                ? StorageTier.DEVICE
                : switch (reader.word(MEDIA)) {
                    case 0, 1, 2 -> StorageTier.DEVICE;
                    case 3, 4, 5 -> StorageTier.HOST_PINNED;
                    case 6, 7, 8, 9 -> StorageTier.DISK;
                    case 10, 11, 12, 13 -> StorageTier.EXTERNAL;
                    default -> null;
                };
    }

    private static EngineEvent.Kind kind(MsgpackReader reader) throws MalformedMessageException {
        int kind = reader.word(KINDS);
        if (kind == MsgpackWords.OTHER) {
            throw new MalformedMessageException(
                    "event type (expected: BlockStored, BlockRemoved, AllBlocksCleared or Ignored)");
        }
        return KIND_OF[kind];
    }

    private static CacheGroup.Kind groupKind(MsgpackReader reader) throws MalformedMessageException {
        return reader.tryNil() ? CacheGroup.Kind.UNTOLD : CacheGroup.kindOf(reader.string());
    }

    /// Blocks that some other program than the engine manages.
    private static boolean isOwnedByOthers(MsgpackReader reader) throws MalformedMessageException {
        if (reader.tryNil()) {
            return false;
        }
        reader.skip();
        return true;
    }

    private static long hash(MsgpackReader reader) throws MalformedMessageException {
        return reader.nextIsBinary() ? reader.binaryTail64() : reader.bits64();
    }

    private static int number(MsgpackReader reader) throws MalformedMessageException {
        return reader.tryNil() ? -1 : reader.nonNegativeInt();
    }

    private static @Nullable String text(MsgpackReader reader) throws MalformedMessageException {
        @Nullable String text = reader.tryNil() ? null : reader.string();
        return text == null || text.isEmpty() ? null : text;
    }
}
