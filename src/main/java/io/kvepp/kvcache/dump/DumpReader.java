package io.kvepp.kvcache.dump;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.worker.WorkerWithDpRank;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Reads what a [DumpWriter], or Dynamo's indexer, has written, event by event.
///
/// Fields that are not needed are skipped, in any order; events of an unknown storage tier too.
///
/// Confined; used once.
public final class DumpReader {
    private static final BigInteger U64_END = BigInteger.ONE.shiftLeft(64);

    private final JsonParser parser;
    private final Predicate<? super RouterEvent> sink;

    private DumpReader(JsonParser parser, Predicate<? super RouterEvent> sink) {
        this.parser = parser;
        this.sink = sink;
    }

    /// Tells `sink` every event, of every model, as it is read, until it has had enough.
    ///
    /// @param sink true while it wants more
    /// @throws IOException when `in` fails or holds something else; the message says where. Events
    ///     before that place were told. Also when the sink had enough
    public static void read(InputStream in, Predicate<? super RouterEvent> sink) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(in)) {
            new DumpReader(parser, sink).models();
            if (parser.nextToken() != null) {
                throw unexpected(parser, "the end");
            }
        }
    }

    private void models() throws IOException {
        expect(parser.nextToken(), JsonToken.START_OBJECT, "an object of models");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            expect(parser.nextToken(), JsonToken.START_OBJECT, "an object with block_size and events");
            for (@Nullable String name = nextField(); name != null; name = nextField()) {
                if (name.equals("events")) {
                    expect(parser.currentToken(), JsonToken.START_ARRAY, "an array of events");
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        routerEvent();
                    }
                } else {
                    parser.skipChildren();
                }
            }
        }
    }

    private void routerEvent() throws IOException {
        expect(parser.currentToken(), JsonToken.START_OBJECT, "an event");
        @Nullable Long workerId = null;
        String tier = "device";
        @Nullable Body body = null;
        for (@Nullable String name = nextField(); name != null; name = nextField()) {
            switch (name) {
                case "worker_id" -> workerId = unsigned();
                case "storage_tier" -> tier = parser.getText();
                case "event" -> body = body();
                default -> parser.skipChildren();
            }
        }
        if (workerId == null || body == null) {
            throw unexpected(parser, "worker_id and event");
        }
        WorkerWithDpRank worker = new WorkerWithDpRank(workerId, body.dpRank);
        for (StorageTier each : StorageTier.values()) {
            if (DumpWriter.word(each).equals(tier)
                    && !sink.test(new RouterEvent(worker, each, body.eventId, body.change))) {
                throw new IOException("dump: not read to its end");
            }
        }
    }

    private record Body(long eventId, int dpRank, KvCacheEvent change) {}

    private Body body() throws IOException {
        expect(parser.currentToken(), JsonToken.START_OBJECT, "event_id, data and dp_rank");
        long eventId = 0;
        int dpRank = 0;
        @Nullable KvCacheEvent change = null;
        for (@Nullable String name = nextField(); name != null; name = nextField()) {
            switch (name) {
                case "event_id" -> eventId = unsigned();
                case "dp_rank" -> dpRank = dpRank();
                case "data" -> change = change();
                default -> parser.skipChildren();
            }
        }
        if (change == null) {
            throw unexpected(parser, "data");
        }
        return new Body(eventId, dpRank, change);
    }

    private KvCacheEvent change() throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_STRING && parser.getText().equals("cleared")) {
            return new KvCacheEvent.Cleared();
        }
        expect(parser.currentToken(), JsonToken.START_OBJECT, "stored, removed or cleared");
        @Nullable KvCacheEvent change = null;
        for (@Nullable String name = nextField(); name != null; name = nextField()) {
            change = switch (name) {
                case "stored" -> stored();
                case "removed" -> removed();
                default -> throw unexpected(parser, "stored, removed or cleared");
            };
        }
        if (change == null) {
            throw unexpected(parser, "stored, removed or cleared");
        }
        return change;
    }

    private KvCacheEvent stored() throws IOException {
        expect(parser.currentToken(), JsonToken.START_OBJECT, "parent_hash and blocks");
        OptionalLong parent = OptionalLong.empty();
        Longs blockHashes = new Longs();
        Longs tokensHashes = new Longs();
        for (@Nullable String name = nextField(); name != null; name = nextField()) {
            switch (name) {
                case "parent_hash" ->
                    parent = parser.currentToken() == JsonToken.VALUE_NULL
                            ? OptionalLong.empty()
                            : OptionalLong.of(unsigned());
                case "blocks" -> blocks(blockHashes, tokensHashes);
                default -> parser.skipChildren();
            }
        }
        if (blockHashes.count != tokensHashes.count) {
            throw unexpected(parser, "block_hash and tokens_hash of each block");
        }
        return new KvCacheEvent.Stored(parent, blockHashes.toArray(), tokensHashes.toArray());
    }

    private void blocks(Longs blockHashes, Longs tokensHashes) throws IOException {
        expect(parser.currentToken(), JsonToken.START_ARRAY, "an array of blocks");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken(), JsonToken.START_OBJECT, "a block");
            for (@Nullable String name = nextField(); name != null; name = nextField()) {
                switch (name) {
                    case "block_hash" -> blockHashes.add(unsigned());
                    case "tokens_hash" -> tokensHashes.add(unsigned());
                    default -> parser.skipChildren();
                }
            }
        }
    }

    private KvCacheEvent removed() throws IOException {
        expect(parser.currentToken(), JsonToken.START_OBJECT, "block_hashes");
        Longs hashes = new Longs();
        for (@Nullable String name = nextField(); name != null; name = nextField()) {
            if (name.equals("block_hashes")) {
                expect(parser.currentToken(), JsonToken.START_ARRAY, "an array of hashes");
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    hashes.add(unsigned());
                }
            } else {
                parser.skipChildren();
            }
        }
        return new KvCacheEvent.Removed(hashes.toArray());
    }

    /// The next field's name, with its value as the current token; null at the object's end.
    private @Nullable String nextField() throws IOException {
        if (parser.nextToken() == JsonToken.END_OBJECT) {
            return null;
        }
        String name = parser.currentName();
        if (parser.nextToken() == null) {
            throw unexpected(parser, "the rest of an object");
        }
        return name;
    }

    private long unsigned() throws IOException {
        expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, "an unsigned 64-bit number");
        BigInteger value = parser.getBigIntegerValue();
        if (value.signum() < 0 || value.compareTo(U64_END) >= 0) {
            throw unexpected(parser, "an unsigned 64-bit number");
        }
        return value.longValue();
    }

    private int dpRank() throws IOException {
        long value = unsigned();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw unexpected(parser, "a rank");
        }
        return (int) value;
    }

    private void expect(@Nullable JsonToken found, JsonToken wanted, String expected) throws IOException {
        if (found != wanted) {
            throw unexpected(parser, expected);
        }
    }

    private static IOException unexpected(JsonParser parser, String expected) {
        return new IOException(
                "dump: byte " + parser.currentLocation().getByteOffset() + " (expected: " + expected + ")");
    }

    private static final class Longs {
        private long[] values = new long[16];
        private int count;

        void add(long value) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = value;
        }

        long[] toArray() {
            return Arrays.copyOf(values, count);
        }
    }
}
