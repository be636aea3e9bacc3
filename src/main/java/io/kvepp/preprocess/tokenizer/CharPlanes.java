package io.kvepp.preprocess.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The classes of the characters in a stretch of UTF-8: per class one bit a character, 64 to a word.
///
/// Confined: one thread at a time.
final class CharPlanes {
    /// Readable bytes that must follow the classified ones; their values do not matter.
    static final int SPARE_BYTES = 64;

    static final int LETTERS = 0;
    static final int NUMBERS = 1;
    /// White space, line ends included.
    static final int SPACES = 2;
    static final int LINE_ENDS = 3;
    /// U+0020.
    static final int BLANKS = 4;
    static final int QUOTES = 5;
    /// What is no letter, number or white space.
    static final int SYMBOLS = 6;

    private static final int STRIDE = 8;

    /*
     * Eight bytes at a time: a range test is two additions, an equality one subtraction, each leaving its answer in
     * the top bit of every byte; Long.compress (PEXT) gathers the eight bits. The sums cannot carry into the next
     * byte, because the bytes are ASCII: 64 bytes that are not all ASCII go through a table, in a method of its own.
     *
     * Characters are packed densely, whatever their length, so that rules about neighbouring characters are shifts
     * by one. `leads` has a bit for each byte that starts a character: Long.expand (PDEP) leads back to bytes.
     */
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long TOPS = 0x8080808080808080L;
    private static final long ONES = 0x0101010101010101L;
    private static final int WORD_BITS = 6;
    private static final int BITS = 1 << WORD_BITS;

    private long[] planes;
    private long[] leads;
    private int[] firstChars;
    private int chars;
    private int byteWords;

    CharPlanes(int bytes) {
        int words = (bytes >>> WORD_BITS) + 2;
        planes = new long[at(words + 1)];
        leads = new long[words];
        firstChars = new int[words];
    }

    /// Characters classified last.
    int chars() {
        return chars;
    }

    /// Words of 64 characters that hold a character.
    int charWords() {
        return (chars + BITS - 1) >>> WORD_BITS;
    }

    /// Words of 64 bytes that hold a byte.
    int byteWords() {
        return byteWords;
    }

    /// The words of all classes, zeros before the first and behind the last characters.
    long[] planes() {
        return planes;
    }

    /// Index in [#planes] of the words for characters from `64 * word` on; add a class.
    static int at(int word) {
        return (word + 1) * STRIDE;
    }

    /// A class, each bit at the character behind the one it is of.
    static long before(long[] planes, int index) {
        return (planes[index] << 1) | (planes[index - STRIDE] >>> (BITS - 1));
    }

    /// A class, each bit at the character before the one it is of.
    static long behind(long[] planes, int index) {
        return (planes[index] >>> 1) | (planes[index + STRIDE] << (BITS - 1));
    }

    /// Whether a character is of a class.
    static boolean is(long[] planes, int character, int ofClass) {
        return ((planes[at(character >>> WORD_BITS) + ofClass] >>> character) & 1) != 0;
    }

    /// Which of 64 bytes start a character.
    long leads(int byteWord) {
        return leads[byteWord];
    }

    /// Index of the first character that starts in a word of bytes.
    int firstChar(int byteWord) {
        return firstChars[byteWord];
    }

    /// Classifies whole characters from `from` to `to`.
    void classify(byte[] text, int from, int to) {
        byteWords = (to - from + BITS - 1) >>> WORD_BITS;
        if (byteWords + 2 > leads.length) {
            grow(byteWords + 2);
        }
        chars = 0;
        Arrays.fill(planes, at(0), at(1), 0);
        for (int word = 0, at = from; at < to; word++, at += BITS) {
            firstChars[word] = chars;
            if (at + BITS <= to && isAscii(text, at)) {
                leads[word] = -1;
                ascii(text, at);
            } else {
                leads[word] = any(text, at, Math.min(to, at + BITS));
            }
        }
        Arrays.fill(planes, at(charWords()), at(charWords() + 1), 0);
    }

    private void grow(int words) {
        planes = new long[at(words + 1)];
        leads = new long[words];
        firstChars = new int[words];
    }

    private static boolean isAscii(byte[] text, int at) {
        long all = (long) LONG.get(text, at)
                | (long) LONG.get(text, at + 8)
                | (long) LONG.get(text, at + 16)
                | (long) LONG.get(text, at + 24)
                | (long) LONG.get(text, at + 32)
                | (long) LONG.get(text, at + 40)
                | (long) LONG.get(text, at + 48)
                | (long) LONG.get(text, at + 56);
        return (all & TOPS) == 0;
    }

    private void ascii(byte[] text, int at) {
        long letters = 0;
        long numbers = 0;
        long spaces = 0;
        long lineEnds = 0;
        long blanks = 0;
        long quotes = 0;
        for (int shift = 0; shift < BITS; shift += Long.BYTES) {
            long bytes = (long) LONG.get(text, at + shift);
            long lower = bytes | 0x20 * ONES;
            long blank = TOPS - (bytes ^ ' ' * ONES);
            letters |= Long.compress((lower + (0x80 - 'a') * ONES) & ~(lower + (0x80 - 'z' - 1) * ONES), TOPS) << shift;
            numbers |= Long.compress((bytes + (0x80 - '0') * ONES) & ~(bytes + (0x80 - '9' - 1) * ONES), TOPS) << shift;
            spaces |=
                    Long.compress(blank | ((bytes + (0x80 - '\t') * ONES) & ~(bytes + (0x80 - '\r' - 1) * ONES)), TOPS)
                            << shift;
            lineEnds |= Long.compress((TOPS - (bytes ^ '\n' * ONES)) | (TOPS - (bytes ^ '\r' * ONES)), TOPS) << shift;
            blanks |= Long.compress(blank, TOPS) << shift;
            quotes |= Long.compress(TOPS - (bytes ^ '\'' * ONES), TOPS) << shift;
        }
        append(BITS, letters, numbers, spaces, lineEnds, blanks, quotes);
    }

    /// Classifies up to 64 bytes of any kind and returns which of them start a character.
    private long any(byte[] text, int from, int to) {
        long starts = 0;
        long letters = 0;
        long numbers = 0;
        long spaces = 0;
        long lineEnds = 0;
        long blanks = 0;
        long quotes = 0;
        int count = 0;
        for (int i = from; i < to; i++) {
            int first = text[i];
            if (first < -0x40) {
                continue;
            }
            starts |= 1L << (i - from);
            long classes = CharClasses.ofUtf8(text, i);
            letters |= ((classes & CharClasses.LETTER) / CharClasses.LETTER) << count;
            numbers |= ((classes & CharClasses.NUMBER) / CharClasses.NUMBER) << count;
            spaces |= ((classes & CharClasses.SPACE) / CharClasses.SPACE) << count;
            lineEnds |= ((classes & CharClasses.LINE_END) / CharClasses.LINE_END) << count;
            blanks |= (first == ' ' ? 1L : 0L) << count;
            quotes |= (first == '\'' ? 1L : 0L) << count;
            count++;
        }
        append(count, letters, numbers, spaces, lineEnds, blanks, quotes);
        return starts;
    }

    private void append(int count, long letters, long numbers, long spaces, long lineEnds, long blanks, long quotes) {
        int shift = chars & (BITS - 1);
        int word = at(chars >>> WORD_BITS);
        long all = count == 0 ? 0 : -1L >>> (BITS - count);
        append(word + LETTERS, shift, letters);
        append(word + NUMBERS, shift, numbers);
        append(word + SPACES, shift, spaces);
        append(word + LINE_ENDS, shift, lineEnds);
        append(word + BLANKS, shift, blanks);
        append(word + QUOTES, shift, quotes);
        append(word + SYMBOLS, shift, all & ~(letters | numbers | spaces));
        chars += count;
    }

    private void append(int word, int shift, long bits) {
        planes[word] |= bits << shift;
        planes[word + STRIDE] = (bits >>> 1) >>> (BITS - 1 - shift);
    }
}
