package io.kvepp.inference.body;

import io.kvepp.inference.json.JsonBytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// The bytes of a body as the frontend's tolerant reader takes them: what is no UTF-8 is replaced,
/// and a backslash before a raw control character stands for itself.
///
/// - `bytes`: the body's own array when nothing had to be changed
/// - `changed`: offsets count other bytes than the client's
/// - `loneSurrogate`: some escape is half of a surrogate pair, which no reader takes
///
/// Immutable; the array must not be changed.
record TolerantBytes(byte[] bytes, boolean changed, boolean loneSurrogate) {
    static TolerantBytes of(byte[] body) {
        byte[] bytes = body;
        while (true) {
            switch (JsonBytes.check(bytes)) {
                case PLAIN -> {
                    return new TolerantBytes(bytes, bytes != body, false);
                }
                case LONE_SURROGATE -> {
                    return new TolerantBytes(bytes, bytes != body, true);
                }
                case NOT_UTF8 -> bytes = JsonBytes.withoutInvalidUtf8(bytes);
                case ESCAPED_CONTROL -> bytes = withEscapedControls(bytes);
            }
        }
    }

    /// Raw control characters inside strings become escapes, wherever a string seems to be.
    private static byte[] withEscapedControls(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 16);
        boolean inString = false;
        boolean escaped = false;
        for (byte b : bytes) {
            if (inString && b >= 0 && b < 0x20) {
                String escape = (escaped ? "\\" : "") + "\\u00%02x".formatted(b);
                out.writeBytes(escape.getBytes(StandardCharsets.US_ASCII));
                escaped = false;
                continue;
            }
            out.write(b);
            if (escaped) {
                escaped = false;
            } else if (inString && b == '\\') {
                escaped = true;
            } else if (b == '"') {
                inString = !inString;
            }
        }
        return out.toByteArray();
    }
}
