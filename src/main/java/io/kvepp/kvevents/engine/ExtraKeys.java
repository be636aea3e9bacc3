package io.kvepp.kvevents.engine;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWords;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What beside its token ids makes a block what it is, as vLLM tells it block by block: hashes of
/// media objects, and in a prompt's first block the names of a LoRA adapter and of a cache salt.
///
/// - A text of 64 hexadecimal digits is a media object; the first 16 are its hash.
/// - Any other text of the first block is the salt, unless it is the adapter's name; with Dynamo
///   before the engine it has a prefix.
/// - Numbers, floats, truth values and bytes (embeddings) are skipped.
///
/// Confined.
final class ExtraKeys {
    private static final String SALT_PREFIX = "dynamo-cache-salt:";
    private static final int MEDIA_HASH_CHARS = 64;
    private static final int MEDIA_HASH_CHARS_USED = 16;
    private static final MsgpackWords OBJECTS = MsgpackWords.of("mm_objects");
    private static final MsgpackWords HASH = MsgpackWords.of("mm_hash");
    private static final long[] NONE = new long[0];

    private final List<String> firstBlockTexts = new ArrayList<>();
    private final List<long[]> keys = new ArrayList<>();
    private final List<long[]> infos = new ArrayList<>();

    void clear() {
        firstBlockTexts.clear();
        keys.clear();
        infos.clear();
    }

    /// Reads `extra_keys`: nil, or for each block nil or a list.
    void read(MsgpackReader reader) throws MalformedMessageException {
        if (reader.tryNil()) {
            return;
        }
        int blocks = reader.arrayHeader();
        for (int block = 0; block < blocks; block++) {
            keys.add(reader.tryNil() ? NONE : readBlock(reader, block == 0));
        }
    }

    /// Reads `block_mm_infos`, the older form: nil, or for each block nil or a map.
    void readMediaInfos(MsgpackReader reader) throws MalformedMessageException {
        if (reader.tryNil()) {
            return;
        }
        int blocks = reader.arrayHeader();
        for (int block = 0; block < blocks; block++) {
            List<Long> hashes = new ArrayList<>();
            if (!reader.tryNil()) {
                readInfo(reader, hashes);
            }
            infos.add(toArray(hashes));
        }
    }

    /// Gives the event what was read, once everything else of it is known.
    void applyTo(EngineEvent event) {
        event.media.addAll(infos.isEmpty() ? keys : infos);
        if (event.cacheSalt == null && !firstBlockTexts.isEmpty()) {
            event.cacheSalt = salt(event.loraName);
        }
    }

    private @Nullable String salt(@Nullable String loraName) {
        boolean adapterSeen = loraName == null;
        for (String text : firstBlockTexts) {
            if (!adapterSeen && text.equals(loraName)) {
                adapterSeen = true;
            } else {
                String salt = text.startsWith(SALT_PREFIX) ? text.substring(SALT_PREFIX.length()) : text;
                return salt.isEmpty() ? null : salt;
            }
        }
        return null;
    }

    private long[] readBlock(MsgpackReader reader, boolean first) throws MalformedMessageException {
        List<Long> hashes = new ArrayList<>();
        int count = reader.arrayHeader();
        for (int i = 0; i < count; i++) {
            if (reader.nextIsString()) {
                text(reader.string(), first, hashes);
            } else if (reader.nextIsArray()) {
                readWithOffset(reader, hashes);
            } else {
                reader.skip();
            }
        }
        return toArray(hashes);
    }

    private void text(String text, boolean first, List<Long> hashes) {
        if (isMediaHash(text)) {
            hashes.add(Long.parseUnsignedLong(text.substring(0, MEDIA_HASH_CHARS_USED), 16));
        } else if (first) {
            firstBlockTexts.add(text);
        }
    }

    /// A media object and where in the block it starts.
    private static void readWithOffset(MsgpackReader reader, List<Long> hashes) throws MalformedMessageException {
        int count = reader.arrayHeader();
        for (int i = 0; i < count; i++) {
            if (i == 0 && reader.nextIsString()) {
                String text = reader.string();
                if (isMediaHash(text)) {
                    hashes.add(Long.parseUnsignedLong(text.substring(0, MEDIA_HASH_CHARS_USED), 16));
                }
            } else {
                reader.skip();
            }
        }
    }

    private static void readInfo(MsgpackReader reader, List<Long> hashes) throws MalformedMessageException {
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            if (reader.word(OBJECTS) == MsgpackWords.OTHER) {
                reader.skip();
            } else {
                int objects = reader.arrayHeader();
                for (int object = 0; object < objects; object++) {
                    readObject(reader, hashes);
                }
            }
        }
    }

    private static void readObject(MsgpackReader reader, List<Long> hashes) throws MalformedMessageException {
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            if (reader.word(HASH) == MsgpackWords.OTHER) {
                reader.skip();
            } else {
                hashes.add(reader.bits64());
            }
        }
    }

    private static boolean isMediaHash(String text) {
        return text.length() == MEDIA_HASH_CHARS
                && text.chars().limit(MEDIA_HASH_CHARS_USED).allMatch(c -> Character.digit(c, 16) >= 0 && c < 0x80);
    }

    private static long[] toArray(List<Long> hashes) {
        return hashes.isEmpty()
                ? NONE
                : hashes.stream().mapToLong(Long::longValue).toArray();
    }
}
