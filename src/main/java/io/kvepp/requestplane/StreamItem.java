package io.kvepp.requestplane;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One message of an answer: `{"data": <item>, "complete_final": false}`, and at the end
/// `{"complete_final": true}`. The item stays as it was written; unknown keys are passed over.
///
/// Immutable; the array belongs to whoever reads the message.
record StreamItem(byte @Nullable [] data, boolean last) {
    private static final JsonFactory JSON = new JsonFactory();

    static StreamItem read(byte[] body, PayloadCodec codec) throws MalformedMessageException {
        StreamItem item = switch (codec) {
            case MSGPACK -> readMsgpack(new MsgpackReader(body));
            case JSON -> readJson(body);
        };
        if (item.data == null && !item.last) {
            throw new MalformedMessageException("message with neither data nor the end (expected: one of them)");
        }
        return item;
    }

    private static StreamItem readMsgpack(MsgpackReader reader) throws MalformedMessageException {
        byte[] data = null;
        boolean last = false;
        int entries = reader.mapHeader();
        for (int i = 0; i < entries; i++) {
            switch (reader.string()) {
                case "data" -> data = reader.raw();
                case "complete_final" -> last = reader.bool();
                default -> reader.skip();
            }
        }
        if (reader.hasMore()) {
            throw new MalformedMessageException("bytes after the message (expected: its end)");
        }
        return new StreamItem(data, last);
    }

    private static StreamItem readJson(byte[] body) throws MalformedMessageException {
        try (JsonParser parser = JSON.createParser(body)) {
            return readJson(parser, body);
        } catch (IOException _) {
            // The parser's own text quotes the message, which may hold content.
            throw new MalformedMessageException("message that is not JSON (expected: an object)");
        }
    }

    private static StreamItem readJson(JsonParser parser, byte[] body) throws IOException, MalformedMessageException {
        byte[] data = null;
        boolean last = false;
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new MalformedMessageException("message that is no object (expected: an object)");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals("data")) {
                data = raw(parser, body);
            } else if (name.equals("complete_final")) {
                last = parser.getBooleanValue();
            } else {
                parser.skipChildren();
            }
        }
        if (parser.nextToken() != null) {
            throw new MalformedMessageException("bytes after the message (expected: its end)");
        }
        return new StreamItem(data, last);
    }

    private static byte[] raw(JsonParser parser, byte[] body) throws IOException {
        int start = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        // A string is read only when it is asked for; the place behind it is known afterwards.
        parser.finishToken();
        return Arrays.copyOfRange(body, start, (int) parser.currentLocation().getByteOffset());
    }
}
