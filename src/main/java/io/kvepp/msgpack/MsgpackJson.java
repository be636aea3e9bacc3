package io.kvepp.msgpack;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;

/// The same value as MessagePack and as JSON. Binary becomes an array of numbers, as Rust's serde has
/// it.
///
/// Thread-safe.
public final class MsgpackJson {
    /// Values within values; deeper ones are malformed.
    public static final int NESTING_MAX = 64;

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonFactory JSON = new JsonFactory();
    private static final BigInteger UNSIGNED_MAX = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

    private MsgpackJson() {}

    public static byte[] toJson(byte[] msgpack) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(msgpack);
        ByteArrayOutputStream out = new ByteArrayOutputStream(2 * msgpack.length);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            copy(reader, json, 0);
        } catch (IOException e) {
            throw new IllegalStateException("writing an array failed", e);
        }
        if (reader.hasMore()) {
            throw new MalformedMessageException("bytes after the value (expected: its end)");
        }
        return out.toByteArray();
    }

    public static byte[] fromJson(byte[] json) throws MalformedMessageException {
        JsonNode tree;
        try {
            tree = MAPPER.readTree(json);
        } catch (IOException _) {
            throw new MalformedMessageException("value that is not JSON (expected: JSON)");
        }
        MsgpackWriter writer = new MsgpackWriter();
        write(tree, writer, 0);
        return writer.toBytes();
    }

    private static void copy(MsgpackReader reader, JsonGenerator json, int depth)
            throws MalformedMessageException, IOException {
        checkDepth(depth);
        switch (reader.next()) {
            case NIL -> {
                reader.skip();
                json.writeNull();
            }
            case BOOL -> json.writeBoolean(reader.bool());
            case UNSIGNED -> {
                long bits = reader.bits64();
                if (bits >= 0) {
                    json.writeNumber(bits);
                } else {
                    json.writeNumber(Long.toUnsignedString(bits));
                }
            }
            case SIGNED -> json.writeNumber(reader.bits64());
            case DECIMAL -> json.writeNumber(reader.decimal());
            case STRING -> json.writeString(reader.string());
            case BINARY -> {
                json.writeStartArray();
                for (byte each : reader.binary()) {
                    json.writeNumber(each & 0xff);
                }
                json.writeEndArray();
            }
            case ARRAY -> {
                json.writeStartArray();
                for (int left = reader.arrayHeader(); left > 0; left--) {
                    copy(reader, json, depth + 1);
                }
                json.writeEndArray();
            }
            case MAP -> {
                json.writeStartObject();
                for (int left = reader.mapHeader(); left > 0; left--) {
                    json.writeFieldName(reader.string());
                    copy(reader, json, depth + 1);
                }
                json.writeEndObject();
            }
        }
    }

    private static void write(JsonNode value, MsgpackWriter writer, int depth) throws MalformedMessageException {
        checkDepth(depth);
        switch (value.getNodeType()) {
            case BOOLEAN -> writer.bool(value.booleanValue());
            case NUMBER -> writeNumber(value, writer);
            case STRING -> writer.string(value.textValue());
            case ARRAY -> {
                writer.array(value.size());
                for (JsonNode element : value) {
                    write(element, writer, depth + 1);
                }
            }
            case OBJECT -> {
                writer.map(value.size());
                for (var member : value.properties()) {
                    writer.string(member.getKey());
                    write(member.getValue(), writer, depth + 1);
                }
            }
            case NULL, MISSING, BINARY, POJO -> writer.nil();
        }
    }

    private static void writeNumber(JsonNode value, MsgpackWriter writer) throws MalformedMessageException {
        if (!value.isIntegralNumber()) {
            writer.decimal(value.doubleValue());
        } else if (value.canConvertToLong()) {
            writer.signed(value.longValue());
        } else {
            BigInteger number = value.bigIntegerValue();
            if (number.signum() < 0 || number.compareTo(UNSIGNED_MAX) > 0) {
                throw new MalformedMessageException("whole number of more than 64 bits (expected: at most 64)");
            }
            writer.unsigned(number.longValue());
        }
    }

    private static void checkDepth(int depth) throws MalformedMessageException {
        if (depth > NESTING_MAX) {
            throw new MalformedMessageException("nesting: deeper than " + NESTING_MAX + " (expected: at most that)");
        }
    }
}
