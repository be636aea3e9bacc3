package io.kvepp.inference.json;

import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.json.UTF8StreamJsonParser;
import com.fasterxml.jackson.core.sym.ByteQuadsCanonicalizer;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Jackson's parser, but for the strings, which are most of a body: eight bytes are looked at in one
/// step, and no characters are put aside, as all of the text is there already. What is rare in them
/// is left to Jackson: `\\u`, control characters, and all that is wrong.
///
/// Confined to one thread.
final class BodyJsonParser extends UTF8StreamJsonParser {
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LOW_BITS = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final int SHORT_BYTES_MAX = 128;

    /// Room that Jackson keeps for the next body; for larger ones it is taken anew.
    private static final int KEPT_BYTES = 1 << 18;
    private static final int KEPT_CHARS = 1 << 17;

    private static final byte[] NOTHING = {};

    /// What each byte means behind a backslash; 0 is left to Jackson.
    private static final byte[] MEANINGS = meanings();

    private byte @Nullable [] lentBytes;
    private char @Nullable [] lentChars;
    private @Nullable CharsetDecoder decoder;
    private byte[] unescaped = NOTHING;
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
        int end = ordinaryUntil(_inputBuffer, start, _inputEnd);
        String value = null;
        if (isAt('"', end)) {
            value = string(_inputBuffer, start, end - start);
        } else if (isAt('\\', end)) {
            end = unescape(start, end);
            value = isAt('"', end) ? string(unescaped, 0, unescapedLength) : null;
        }
        if (value == null) {
            return super._finishAndReturnString();
        }
        _inputPtr = end + 1;
        _textBuffer.resetWithString(value);
        return value;
    }

    private boolean isAt(char wanted, int at) {
        return at < _inputEnd && _inputBuffer[at] == wanted;
    }

    private String string(byte[] bytes, int start, int length) {
        if (high == 0) {
            return new String(bytes, start, length, StandardCharsets.ISO_8859_1);
        }
        String text = decoded(bytes, start, length);
        return text == null ? new String(bytes, start, length, StandardCharsets.UTF_8) : text;
    }

    /// By way of lent characters, as a string otherwise takes room three times until it knows how wide
    /// its characters are; null if it is no UTF-8.
    private @Nullable String decoded(byte[] bytes, int start, int length) {
        if (lentChars == null) {
            lentChars = _ioContext.allocNameCopyBuffer(KEPT_CHARS);
            decoder = StandardCharsets.UTF_8.newDecoder();
        }
        CharsetDecoder decoding = Objects.requireNonNull(decoder).reset();
        ByteBuffer from = ByteBuffer.wrap(bytes, start, length);
        CharBuffer chars = CharBuffer.wrap(lentChars);
        CoderResult result = decoding.decode(from, chars, true);
        if (result.isUnderflow()) {
            return new String(lentChars, 0, chars.position());
        }
        List<String> parts = new ArrayList<>();
        while (result.isOverflow()) {
            parts.add(new String(lentChars, 0, chars.position()));
            result = decoding.decode(from, chars.clear(), true);
        }
        parts.add(new String(lentChars, 0, chars.position()));
        return result.isUnderflow() ? String.join("", parts) : null;
    }

    @Override
    protected void _releaseBuffers() throws IOException {
        super._releaseBuffers();
        if (lentBytes != null) {
            _ioContext.releaseReadIOBuffer(lentBytes);
            lentBytes = null;
        }
        if (lentChars != null) {
            _ioContext.releaseNameCopyBuffer(lentChars);
            lentChars = null;
        }
        unescaped = NOTHING;
    }

    /// Where the next quote, backslash or control character is; the end of the text if nowhere.
    private int ordinaryUntil(byte[] text, int start, int textEnd) {
        long all = 0;
        int at = start;
        for (; at + Long.BYTES <= textEnd; at += Long.BYTES) {
            long eight = (long) EIGHT.get(text, at);
            all |= eight;
            long odd = odd(eight);
            if (odd != 0) {
                high |= all & HIGH_BITS;
                return at + (Long.numberOfTrailingZeros(odd) >>> 3);
            }
        }
        for (; at < textEnd && odd(alone(text[at])) == 0; at++) {
            all |= alone(text[at]);
        }
        high |= all & HIGH_BITS;
        return at;
    }

    /// The byte among seven others that are ordinary.
    private static long alone(byte b) {
        return b & 0xFF | ' ' * (LOW_BITS << Byte.SIZE);
    }

    /// Marks quotes, backslashes and control characters. Only the lowest mark is exact.
    private static long odd(long eight) {
        long noQuote = eight ^ '"' * LOW_BITS;
        long noBackslash = eight ^ '\\' * LOW_BITS;
        return (noQuote - LOW_BITS & ~noQuote | noBackslash - LOW_BITS & ~noBackslash | eight - ' ' * LOW_BITS & ~eight)
                & HIGH_BITS;
    }

    /// Writes to `unescaped` what the string says whose first backslash is at `backslash`, up to the
    /// first byte that is neither ordinary nor escaped in the usual way; where that is.
    private int unescape(int start, int backslash) {
        byte[] text = _inputBuffer;
        int textEnd = _inputEnd;
        int from = start;
        int at = backslash;
        int length = 0;
        byte meant = meaning(text, at, textEnd);
        makeRoom(textEnd - start);
        while (meant != 0) {
            int span = at - from;
            copy(text, from, unescaped, length, span);
            length += span;
            unescaped[length++] = meant;
            from = at + 2;
            at = ordinaryUntil(text, from, textEnd);
            meant = meaning(text, at, textEnd);
        }
        System.arraycopy(text, from, unescaped, length, at - from);
        unescapedLength = length + at - from;
        return at;
    }

    /// What is left of the text holds no longer string than so many bytes.
    private void makeRoom(int bytesLeft) {
        if (unescaped.length >= bytesLeft + Long.BYTES) {
            return;
        }
        if (bytesLeft + Long.BYTES <= KEPT_BYTES) {
            lentBytes = _ioContext.allocReadIOBuffer(KEPT_BYTES);
            unescaped = lentBytes;
        } else {
            unescaped = new byte[bytesLeft + Long.BYTES];
        }
    }

    /// Texts are often escaped once a line: less than what a call to copy them takes. May write up to
    /// seven bytes more.
    private static void copy(byte[] from, int start, byte[] to, int at, int length) {
        if (length > SHORT_BYTES_MAX || start + length + Long.BYTES > from.length) {
            System.arraycopy(from, start, to, at, length);
            return;
        }
        for (int i = 0; i < length; i += Long.BYTES) {
            EIGHT.set(to, at + i, (long) EIGHT.get(from, start + i));
        }
    }

    /// What a backslash at `at` and the byte behind it mean; 0 if there is none, or Jackson knows.
    private static byte meaning(byte[] text, int at, int textEnd) {
        return at + 1 < textEnd && text[at] == '\\' ? MEANINGS[text[at + 1] & 0xFF] : 0;
    }

    private static byte[] meanings() {
        byte[] meanings = new byte[1 << Byte.SIZE];
        String escaped = "\"\\/ntrbf";
        String meant = "\"\\/\n\t\r\b\f";
        for (int i = 0; i < escaped.length(); i++) {
            meanings[escaped.charAt(i)] = (byte) meant.charAt(i);
        }
        return meanings;
    }
}
