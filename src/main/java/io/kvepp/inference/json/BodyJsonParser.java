package io.kvepp.inference.json;

import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.json.UTF8StreamJsonParser;
import com.fasterxml.jackson.core.sym.ByteQuadsCanonicalizer;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Jackson's parser, but for the strings, which are most of a body: eight bytes are looked at in one
/// step, and no characters are put aside, as all of the text is there already. What is rare in them
/// is left to Jackson: `\\u`, control characters, and all that is wrong.
///
/// Confined to one thread.
final class BodyJsonParser extends UTF8StreamJsonParser {
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LOW_BITS = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final int UNESCAPED_BYTES_MIN = 4096;

    private byte[] unescaped = {};
    private int unescapedLength;

    /// High bits of bytes that were looked at: 0 only if the string is ASCII.
    private long high;

    BodyJsonParser(IOContext context, int features, ByteQuadsCanonicalizer symbols, byte[] text, int start, int end) {
        super(context, features, null, null, symbols, text, start, end, 0, false);
    }

    @Override
    protected String _finishAndReturnString() throws IOException {
        int start = _inputPtr;
        high = 0;
        int end = ordinaryUntil(start);
        String value = null;
        if (end < _inputEnd && _inputBuffer[end] == '"') {
            value = new String(
                    _inputBuffer, start, end - start, high == 0 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
        } else if (end < _inputEnd && _inputBuffer[end] == '\\') {
            end = unescape(start, end);
            value = end < 0
                    ? null
                    : new String(
                            unescaped,
                            0,
                            unescapedLength,
                            high == 0 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
        }
        if (value == null) {
            return super._finishAndReturnString();
        }
        _inputPtr = end + 1;
        _textBuffer.resetWithString(value);
        return value;
    }

    /// Where the next quote, backslash or control character is; the end of the text if nowhere.
    private int ordinaryUntil(int start) {
        byte[] text = _inputBuffer;
        int at = start;
        for (; at + Long.BYTES <= _inputEnd; at += Long.BYTES) {
            long eight = (long) EIGHT.get(text, at);
            high |= eight & HIGH_BITS;
            long odd = odd(eight);
            if (odd != 0) {
                return at + (Long.numberOfTrailingZeros(odd) >>> 3);
            }
        }
        while (at < _inputEnd && odd(text[at] & 0xFF | ' ' * (LOW_BITS << Byte.SIZE)) == 0) {
            high |= text[at++] & HIGH_BITS;
        }
        return at;
    }

    /// Marks quotes, backslashes and control characters. Only the lowest mark is exact.
    private static long odd(long eight) {
        long noQuote = eight ^ '"' * LOW_BITS;
        long noBackslash = eight ^ '\\' * LOW_BITS;
        return (noQuote - LOW_BITS & ~noQuote | noBackslash - LOW_BITS & ~noBackslash | eight - ' ' * LOW_BITS & ~eight)
                & HIGH_BITS;
    }

    /// Writes to `unescaped` what the string says whose first backslash is at `backslash`; where it
    /// ends, or -1 if it is for Jackson.
    private int unescape(int start, int backslash) {
        unescapedLength = 0;
        int from = start;
        int at = backslash;
        while (at + 1 < _inputEnd && _inputBuffer[at] == '\\') {
            byte meant = meaning(_inputBuffer[at + 1]);
            if (meant == 0) {
                return -1;
            }
            append(from, at);
            unescaped[unescapedLength++] = meant;
            from = at + 2;
            at = ordinaryUntil(from);
        }
        if (at >= _inputEnd || _inputBuffer[at] != '"') {
            return -1;
        }
        append(from, at);
        return at;
    }

    /// Leaves room for one byte more.
    private void append(int from, int to) {
        int length = to - from;
        if (unescapedLength + length >= unescaped.length) {
            unescaped = Arrays.copyOf(unescaped, Math.max(UNESCAPED_BYTES_MIN, 2 * (unescapedLength + length)));
        }
        System.arraycopy(_inputBuffer, from, unescaped, unescapedLength, length);
        unescapedLength += length;
    }

    private static byte meaning(byte escaped) {
        return switch (escaped) {
            case '"', '\\', '/' -> escaped;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> 0;
        };
    }
}
