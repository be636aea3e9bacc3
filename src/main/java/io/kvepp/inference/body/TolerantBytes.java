package io.kvepp.inference.body;

import io.kvepp.inference.json.JsonBytes;
import io.kvepp.inference.json.JsonBytes.Verdict;
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
@SuppressWarnings("ReferenceEquality") // the very same object is meant
record TolerantBytes(byte[] bytes, boolean changed, boolean loneSurrogate) {
    private static final byte[] ESCAPE = {'\\', 'u', '0', '0'};
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    static TolerantBytes of(byte[] body) {
        Verdict verdict = JsonBytes.check(body);
        boolean changed = verdict == Verdict.NOT_UTF8 || verdict == Verdict.ESCAPED_CONTROL;
        byte[] bytes = body;
        if (verdict == Verdict.NOT_UTF8) {
            bytes = JsonBytes.withoutInvalidUtf8(bytes);
            verdict = JsonBytes.check(bytes);
        }
        if (verdict == Verdict.ESCAPED_CONTROL) {
            bytes = withEscapedControls(bytes);
            verdict = JsonBytes.check(bytes); // one outside of strings is left, and is no JSON
        }
        return new TolerantBytes(bytes, changed, verdict == Verdict.LONE_SURROGATE);
    }

    /// Raw control characters inside strings become escapes, wherever a string seems to be.
    private static byte[] withEscapedControls(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + ESCAPE.length);
        boolean inString = false;
        boolean escaped = false;
        for (byte b : bytes) {
            boolean control = inString && b >= 0 && b < 0x20;
            if (control && escaped) {
                out.write('\\');
            }
            if (control) {
                out.writeBytes(ESCAPE);
                out.write(HEX[b >> 4]);
                out.write(HEX[b & 0xF]);
            } else {
                out.write(b);
                inString ^= b == '"' && !escaped;
            }
            escaped = !escaped && inString && b == '\\';
        }
        return out.toByteArray();
    }
}
