package io.kvepp.msgpack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads MessagePack values one after another out of a slice of bytes.
///
/// - Every read is checked against the end of the slice, and every count against the bytes that are
///   left, so no allocation exceeds a small multiple of the input.
/// - [#skip] is a loop: nesting costs no stack.
/// - A wrong type or a truncated value is a [MalformedMessageException]; nothing else is thrown.
///
/// Source: the MessagePack specification.
///
/// Confined.
public final class MsgpackReader {
    private static final int NIL = 0xc0;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT_LE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /// The types of values; whole numbers by how they are written.
    public enum Kind {
        NIL,
        BOOL,
        UNSIGNED,
        SIGNED,
        DECIMAL,
        STRING,
        BINARY,
        ARRAY,
        MAP
    }

    private final byte[] bytes;
    private final int end;
    private int at;

    /// Reads `bytes[from .. to)`.
    public MsgpackReader(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        at = from;
        end = to;
    }

    public MsgpackReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    public boolean hasMore() {
        return at < end;
    }

    /// Where the next value starts, to come back to.
    public int position() {
        return at;
    }

    /// Comes back to where it was.
    ///
    /// @param position as [#position] told it
    public void backTo(int position) {
        if (position < 0 || position > at) {
            throw new IllegalArgumentException("position: " + position + " (expected: 0 .. " + at + ")");
        }
        at = position;
    }

    /// Entries of the map that starts here; key and value of each follow.
    public int mapHeader() throws MalformedMessageException {
        int tag = tag();
        if ((tag & 0xf0) == 0x80) {
            return counted(tag & 0x0f, 2, "map");
        }
        return switch (tag) {
            case 0xde -> counted(big(2), 2, "map");
            case 0xdf -> counted(big(4), 2, "map");
            default -> throw unexpected(tag, "a map");
        };
    }

    /// Elements of the array that starts here.
    public int arrayHeader() throws MalformedMessageException {
        int tag = tag();
        if ((tag & 0xf0) == 0x90) {
            return counted(tag & 0x0f, 1, "array");
        }
        return switch (tag) {
            case 0xdc -> counted(big(2), 1, "array");
            case 0xdd -> counted(big(4), 1, "array");
            default -> throw unexpected(tag, "an array");
        };
    }

    /// A whole number in any of its forms, as 64 bits: an unsigned one above 2^63 and a negative
    /// one with the same bits are the same.
    public long bits64() throws MalformedMessageException {
        if (end - at > Long.BYTES && bytes[at] == (byte) 0xcf) {
            at += 1 + Long.BYTES;
            return (long) LONG.get(bytes, at - Long.BYTES);
        }
        int tag = tag();
        if (tag <= 0x7f || tag >= 0xe0) {
            return (byte) tag;
        }
        return switch (tag) {
            case 0xcc -> big(1);
            case 0xcd -> big(2);
            case 0xce -> big(4);
            case 0xcf, 0xd3 -> big(8);
            case 0xd0 -> (byte) big(1);
            case 0xd1 -> (short) big(2);
            case 0xd2 -> (int) big(4);
            default -> throw unexpected(tag, "a whole number");
        };
    }

    /// Reads `count` whole numbers from 0 to 2^32 - 1 and writes them as little-endian 32-bit
    /// numbers to the start of `target`, which has room for them.
    public void unsigned32s(int count, byte[] target) throws MalformedMessageException {
        for (int i = 0; i < count; i++) {
            INT_LE.set(target, i * Integer.BYTES, likelyUnsigned32());
        }
    }

    /// Fills `target` with whole numbers from 0 to 2^32 - 1, each as its 32 bits.
    public void unsigned32s(int[] target) throws MalformedMessageException {
        for (int i = usualUnsigned32s(target); i < target.length; i++) {
            target[i] = likelyUnsigned32();
        }
    }

    /// Reads as many as have the forms that such numbers mostly have and are not the last bytes; how
    /// many. The place is kept in a register meanwhile.
    private int usualUnsigned32s(int[] target) {
        int from = at;
        int count = 0;
        while (count < target.length && end - from > Integer.BYTES) {
            int tag = bytes[from];
            if (tag == (byte) 0xcd) {
                target[count] = (short) SHORT.get(bytes, from + 1) & 0xffff;
                from += 1 + Short.BYTES;
            } else if (tag >= 0) {
                target[count] = tag;
                from++;
            } else if (tag == (byte) 0xce) {
                target[count] = (int) INT.get(bytes, from + 1);
                from += 1 + Integer.BYTES;
            } else {
                break;
            }
            count++;
        }
        at = from;
        return count;
    }

    /// As [#unsigned32], fast for the forms that such numbers mostly have.
    private int likelyUnsigned32() throws MalformedMessageException {
        int left = end - at;
        int tag = left > 0 ? bytes[at] : Byte.MIN_VALUE;
        if (tag >= 0) {
            at++;
            return tag;
        }
        if (tag == (byte) 0xcd && left > Short.BYTES) {
            at += 1 + Short.BYTES;
            return (short) SHORT.get(bytes, at - Short.BYTES) & 0xffff;
        }
        if (tag == (byte) 0xce && left > Integer.BYTES) {
            at += 1 + Integer.BYTES;
            return (int) INT.get(bytes, at - Integer.BYTES);
        }
        return unsigned32();
    }

    /// A whole number from 0 to 2^32 - 1, as its 32 bits.
    public int unsigned32() throws MalformedMessageException {
        long value = bits64();
        if (value >>> 32 != 0) {
            throw new MalformedMessageException(Long.toUnsignedString(value) + " (expected: 0 .. 4294967295)");
        }
        return (int) value;
    }

    /// A whole number from 0 to 2^31 - 1.
    public int nonNegativeInt() throws MalformedMessageException {
        long value = bits64();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new MalformedMessageException(Long.toUnsignedString(value) + " (expected: 0 .. 2147483647)");
        }
        return (int) value;
    }

    public String string() throws MalformedMessageException {
        int length = stringLength(tag());
        int start = at;
        at += length;
        return new String(bytes, start, length, StandardCharsets.UTF_8);
    }

    /// Which of the words the string that starts here is; [MsgpackWords#OTHER] when none.
    public int word(MsgpackWords words) throws MalformedMessageException {
        int tag = tag();
        int length = (tag & 0xe0) == 0xa0 ? checked(tag & 0x1f) : stringLength(tag);
        int start = at;
        at += length;
        return words.indexOf(bytes, start, length);
    }

    /// Passes over the literal when its bytes are next; false, and nothing is passed, when others are.
    public boolean tryLiteral(MsgpackLiteral literal) {
        boolean there = end - at >= literal.length && literal.standsAt(bytes, at);
        if (there) {
            at += literal.length;
        }
        return there;
    }

    /// Eight bytes without a tag, as a big-endian number: what follows a literal that ends in one.
    public long untagged64() throws MalformedMessageException {
        return big(Long.BYTES);
    }

    /// The bytes of a binary that starts here, as the number that its last eight are, big-endian.
    /// Fewer are malformed.
    public long binaryTail64() throws MalformedMessageException {
        int length = binaryLength();
        if (length < Long.BYTES) {
            throw new MalformedMessageException("binary of " + length + " bytes (expected: at least 8)");
        }
        at += length;
        return (long) LONG.get(bytes, at - Long.BYTES);
    }

    /// Passes over a binary; how many bytes of it end at [#position].
    public int passBinary() throws MalformedMessageException {
        int length = binaryLength();
        at += length;
        return length;
    }

    public byte[] binary() throws MalformedMessageException {
        int length = passBinary();
        return Arrays.copyOfRange(bytes, at - length, at);
    }

    /// A number with a fraction, of 32 or 64 bits.
    public double decimal() throws MalformedMessageException {
        int tag = tag();
        return switch (tag) {
            case 0xca -> Float.intBitsToFloat((int) big(4));
            case 0xcb -> Double.longBitsToDouble(big(8));
            default -> throw unexpected(tag, "a number with a fraction");
        };
    }

    /// What the next value is.
    public Kind next() throws MalformedMessageException {
        int tag = peek();
        if (tag <= 0x7f || tag >= 0xe0) {
            return tag <= 0x7f ? Kind.UNSIGNED : Kind.SIGNED;
        }
        if (tag <= 0xbf) {
            return tag <= 0x8f ? Kind.MAP : tag <= 0x9f ? Kind.ARRAY : Kind.STRING;
        }
        return switch (tag) {
            case NIL -> Kind.NIL;
            case 0xc2, 0xc3 -> Kind.BOOL;
            case 0xc4, 0xc5, 0xc6 -> Kind.BINARY;
            case 0xca, 0xcb -> Kind.DECIMAL;
            case 0xcc, 0xcd, 0xce, 0xcf -> Kind.UNSIGNED;
            case 0xd0, 0xd1, 0xd2, 0xd3 -> Kind.SIGNED;
            case 0xd9, 0xda, 0xdb -> Kind.STRING;
            case 0xdc, 0xdd -> Kind.ARRAY;
            case 0xde, 0xdf -> Kind.MAP;
            default -> throw unexpected(tag, "a value JSON has too");
        };
    }

    public boolean bool() throws MalformedMessageException {
        int tag = tag();
        return switch (tag) {
            case 0xc2 -> false;
            case 0xc3 -> true;
            default -> throw unexpected(tag, "true or false");
        };
    }

    /// The bytes of one value of any type, with all it contains.
    public byte[] raw() throws MalformedMessageException {
        int start = at;
        skip();
        return Arrays.copyOfRange(bytes, start, at);
    }

    /// Consumes a nil if one is next.
    public boolean tryNil() throws MalformedMessageException {
        if (peek() != NIL) {
            return false;
        }
        at++;
        return true;
    }

    public boolean nextIsNil() throws MalformedMessageException {
        return peek() == NIL;
    }

    public boolean nextIsArray() throws MalformedMessageException {
        int tag = peek();
        return (tag & 0xf0) == 0x90 || tag == 0xdc || tag == 0xdd;
    }

    public boolean nextIsMap() throws MalformedMessageException {
        int tag = peek();
        return (tag & 0xf0) == 0x80 || tag == 0xde || tag == 0xdf;
    }

    public boolean nextIsBinary() throws MalformedMessageException {
        int tag = peek();
        return tag >= 0xc4 && tag <= 0xc6;
    }

    /// True before a whole number in any of its forms.
    public boolean nextIsNumber() throws MalformedMessageException {
        int tag = peek();
        return tag <= 0x7f || tag >= 0xe0 || (tag >= 0xcc && tag <= 0xd3);
    }

    public boolean nextIsString() throws MalformedMessageException {
        int tag = peek();
        return (tag & 0xe0) == 0xa0 || (tag >= 0xd9 && tag <= 0xdb);
    }

    /// Passes over one value of any type, with all it contains.
    public void skip() throws MalformedMessageException {
        if (tryNil()) {
            return;
        }
        long pending = 1;
        while (pending > 0) {
            pending += skipHead() - 1;
            pending -= passNumbers(pending);
            if (pending > end - at) {
                throw new MalformedMessageException(pending + " values (expected: at most " + (end - at) + " left)");
            }
        }
    }

    /// Passes over whole numbers of the forms that lists of them mostly have, at most so many; how many.
    private long passNumbers(long most) {
        int from = at;
        long passed = 0;
        while (passed < most && from < end) {
            int tag = bytes[from];
            int next =
                    from + (tag >= 0 ? 1 : tag == (byte) 0xcd ? 3 : tag == (byte) 0xce ? 5 : Integer.MAX_VALUE - from);
            if (next > end) {
                break;
            }
            from = next;
            passed++;
        }
        at = from;
        return passed;
    }

    /// Passes over a scalar, or over the head of a container; how many values that contains.
    private long skipHead() throws MalformedMessageException {
        int tag = tag();
        if (tag <= 0x7f || tag >= 0xe0) {
            return 0;
        }
        if (tag <= 0x8f) {
            return 2L * (tag & 0x0f);
        }
        if (tag <= 0x9f) {
            return tag & 0x0f;
        }
        if (tag <= 0xbf) {
            return pass(checked(tag & 0x1f));
        }
        return switch (tag) {
            case 0xc0, 0xc2, 0xc3 -> 0;
            case 0xc4, 0xd9 -> pass(length(1));
            case 0xc5, 0xda -> pass(length(2));
            case 0xc6, 0xdb -> pass(length(4));
            case 0xc7 -> pass(checked(length(1) + 1L));
            case 0xc8 -> pass(checked(length(2) + 1L));
            case 0xc9 -> pass(checked(length(4) + 1L));
            case 0xcc, 0xd0 -> pass(checked(1));
            case 0xcd, 0xd1, 0xd4 -> pass(checked(2));
            case 0xd5 -> pass(checked(3));
            case 0xca, 0xce, 0xd2 -> pass(checked(4));
            case 0xd6 -> pass(checked(5));
            case 0xcb, 0xcf, 0xd3 -> pass(checked(8));
            case 0xd7 -> pass(checked(9));
            case 0xd8 -> pass(checked(17));
            case 0xdc -> big(2);
            case 0xdd -> big(4);
            case 0xde -> 2 * big(2);
            case 0xdf -> 2 * big(4);
            default -> throw unexpected(tag, "a value");
        };
    }

    private long pass(int length) {
        at += length;
        return 0;
    }

    private int peek() throws MalformedMessageException {
        checked(1);
        return bytes[at] & 0xff;
    }

    private int tag() throws MalformedMessageException {
        int tag = peek();
        at++;
        return tag;
    }

    private int stringLength(int tag) throws MalformedMessageException {
        return switch (tag) {
            case 0xd9 -> length(1);
            case 0xda -> length(2);
            case 0xdb -> length(4);
            default -> {
                if ((tag & 0xe0) != 0xa0) {
                    throw unexpected(tag, "a string");
                }
                yield checked(tag & 0x1f);
            }
        };
    }

    private int binaryLength() throws MalformedMessageException {
        int tag = tag();
        return switch (tag) {
            case 0xc4 -> length(1);
            case 0xc5 -> length(2);
            case 0xc6 -> length(4);
            default -> throw unexpected(tag, "binary");
        };
    }

    private int length(int width) throws MalformedMessageException {
        return checked(big(width));
    }

    private int checked(long length) throws MalformedMessageException {
        if (length > end - at) {
            throw new MalformedMessageException(length + " bytes (expected: at most " + (end - at) + " left)");
        }
        return (int) length;
    }

    private int counted(long count, int valuesEach, String what) throws MalformedMessageException {
        if (count * valuesEach > end - at) {
            throw new MalformedMessageException(
                    what + " of " + count + " (expected: at most " + (end - at) + " bytes left)");
        }
        return (int) count;
    }

    /// The next `width` bytes as a big-endian number; unsigned below eight bytes.
    private long big(int width) throws MalformedMessageException {
        checked(width);
        int from = at;
        at += width;
        return switch (width) {
            case 1 -> bytes[from] & 0xff;
            case 2 -> (short) SHORT.get(bytes, from) & 0xffff;
            case 4 -> (int) INT.get(bytes, from) & 0xffff_ffffL;
            default -> (long) LONG.get(bytes, from);
        };
    }

    private static MalformedMessageException unexpected(int tag, String expected) {
        return new MalformedMessageException("type 0x" + Integer.toHexString(tag) + " (expected: " + expected + ")");
    }
}
