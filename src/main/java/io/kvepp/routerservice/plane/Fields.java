package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackReader.Kind;
import io.kvepp.msgpack.MsgpackWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The entries of one MessagePack map, each value as it was written: what is not looked at is passed
/// on as it is. An absent entry and nil are the same.
///
/// Confined.
final class Fields {
    private final Map<String, byte[]> values;
    private final String path;

    private Fields(Map<String, byte[]> values, String path) {
        this.values = values;
        this.path = path;
    }

    static Fields none() {
        return new Fields(new LinkedHashMap<>(), "");
    }

    static Fields read(byte[] msgpack) throws MalformedMessageException {
        return read(msgpack, "");
    }

    private static Fields read(byte[] msgpack, String path) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(msgpack);
        Map<String, byte[]> values = new LinkedHashMap<>();
        for (int left = reader.mapHeader(); left > 0; left--) {
            values.put(reader.string(), reader.raw());
        }
        if (reader.hasMore()) {
            throw new MalformedMessageException("bytes after the map (expected: its end)");
        }
        return new Fields(values, path);
    }

    /// Independent of this one.
    Fields copy() {
        return new Fields(new LinkedHashMap<>(values), path);
    }

    Fields put(String name, byte[] value) {
        values.put(name, value);
        return this;
    }

    Fields put(String name, String text) {
        return put(name, new MsgpackWriter().string(text).toBytes());
    }

    Fields putUnsigned(String name, long bits) {
        return put(name, new MsgpackWriter().unsigned(bits).toBytes());
    }

    void remove(String name) {
        values.remove(name);
    }

    byte @Nullable [] raw(String name) {
        byte[] value = values.get(name);
        return value == null || value[0] == (byte) 0xc0 ? null : value;
    }

    @Nullable
    String text(String name) throws MalformedMessageException {
        MsgpackReader reader = reader(name);
        return reader == null
                ? null
                : expect(name, reader, Kind.STRING, "a text").string();
    }

    @Nullable
    Long whole(String name) throws MalformedMessageException {
        MsgpackReader reader = reader(name);
        if (reader == null) {
            return null;
        }
        if (reader.next() != Kind.UNSIGNED && reader.next() != Kind.SIGNED) {
            throw malformed(name, "a whole number");
        }
        return reader.bits64();
    }

    /// A number of either kind.
    @Nullable
    Double decimal(String name) throws MalformedMessageException {
        MsgpackReader reader = reader(name);
        if (reader == null) {
            return null;
        }
        return switch (reader.next()) {
            case UNSIGNED, SIGNED -> (double) reader.bits64();
            case DECIMAL -> reader.decimal();
            default -> throw malformed(name, "a number");
        };
    }

    @Nullable
    Boolean flag(String name) throws MalformedMessageException {
        MsgpackReader reader = reader(name);
        return reader == null
                ? null
                : expect(name, reader, Kind.BOOL, "true or false").bool();
    }

    @Nullable
    Fields map(String name) throws MalformedMessageException {
        byte[] value = raw(name);
        if (value == null) {
            return null;
        }
        expect(name, new MsgpackReader(value), Kind.MAP, "a map");
        return read(value, pathOf(name) + ".");
    }

    List<String> texts(String name) throws MalformedMessageException {
        MsgpackReader reader = reader(name);
        List<String> texts = new ArrayList<>();
        if (reader != null) {
            for (int left = expect(name, reader, Kind.ARRAY, "an array").arrayHeader(); left > 0; left--) {
                texts.add(reader.string());
            }
        }
        return texts;
    }

    long @Nullable [] wholes(String name) throws MalformedMessageException {
        MsgpackReader reader = reader(name);
        if (reader == null) {
            return null;
        }
        long[] numbers = new long[expect(name, reader, Kind.ARRAY, "an array").arrayHeader()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = reader.bits64();
        }
        return numbers;
    }

    /// Token ids; absent is malformed.
    int[] tokenIds(String name) throws MalformedMessageException {
        byte[] value = raw(name);
        if (value == null || new MsgpackReader(value).next() != Kind.ARRAY) {
            throw malformed(name, "an array of token ids");
        }
        return tokenIds(value);
    }

    static int[] tokenIds(byte[] array) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(array);
        int[] ids = new int[reader.arrayHeader()];
        try {
            reader.unsigned32s(ids);
        } catch (MalformedMessageException e) {
            throw new MalformedMessageException("token_ids: " + e.getMessage());
        }
        return ids;
    }

    static byte[] ofTokenIds(int[] ids) {
        MsgpackWriter writer = new MsgpackWriter().array(ids.length);
        Arrays.stream(ids).forEach(id -> writer.unsigned(Integer.toUnsignedLong(id)));
        return writer.toBytes();
    }

    byte[] toBytes() {
        MsgpackWriter writer = new MsgpackWriter().map(values.size());
        values.forEach((name, value) -> writer.string(name).raw(value));
        return writer.toBytes();
    }

    MalformedMessageException malformed(String name, String expected) {
        return new MalformedMessageException(pathOf(name) + " (expected: " + expected + ")");
    }

    private MsgpackReader expect(String name, MsgpackReader reader, Kind kind, String expected)
            throws MalformedMessageException {
        if (reader.next() != kind) {
            throw malformed(name, expected);
        }
        return reader;
    }

    private @Nullable MsgpackReader reader(String name) {
        byte[] value = raw(name);
        return value == null ? null : new MsgpackReader(value);
    }

    private String pathOf(String name) {
        return path + name;
    }
}
