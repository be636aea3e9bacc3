package io.kvepp.preprocess.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The classes of the characters in a stretch of UTF-8: per class one bit a character, 64 to a
/// word.
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

    /// First bytes of U+5000 to U+9FFF, all letters, without their top bits.
    private static final char IDEOGRAPHS_FIRST = 0x65;

    private static final char IDEOGRAPHS_LAST = 0x69;

    private final long[] mixed = new long[STRIDE];
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
            long blank = equal(bytes, ' ');
            letters |= Long.compress(letters(bytes), TOPS) << shift;
            numbers |= Long.compress(between(bytes, '0', '9'), TOPS) << shift;
            spaces |= Long.compress(blank | between(bytes, '\t', '\r'), TOPS) << shift;
            lineEnds |= Long.compress(equal(bytes, '\n') | equal(bytes, '\r'), TOPS) << shift;
            blanks |= Long.compress(blank, TOPS) << shift;
            quotes |= Long.compress(equal(bytes, '\''), TOPS) << shift;
        }
        int bit = chars & (BITS - 1);
        int word = at(chars >>> WORD_BITS);
        append(word + LETTERS, bit, letters);
        append(word + NUMBERS, bit, numbers);
        append(word + SPACES, bit, spaces);
        append(word + LINE_ENDS, bit, lineEnds);
        append(word + BLANKS, bit, blanks);
        append(word + QUOTES, bit, quotes);
        append(word + SYMBOLS, bit, ~(letters | numbers | spaces));
        chars += BITS;
    }

    // Of eight ASCII bytes, the top bit of each which is a letter, in a range, or the same.

    private static long letters(long bytes) {
        return between(bytes | 0x20 * ONES, 'a', 'z');
    }

    private static long between(long bytes, char first, char last) {
        return (bytes + (0x80 - first) * ONES) & ~(bytes + (0x80 - last - 1) * ONES);
    }

    private static long equal(long bytes, char c) {
        return TOPS - (bytes ^ c * ONES);
    }

    /// Classifies up to 64 bytes of any kind and returns which of them start a character.
    private long any(byte[] text, int from, int to) {
        Arrays.fill(mixed, 0);
        long high = 0;
        long inside = 0;
        long ideographs = 0;
        for (int shift = 0; shift < BITS; shift += Long.BYTES) {
            long all = (long) LONG.get(text, from + shift);
            long tops = all & TOPS;
            long bytes = all & ~TOPS;
            long blank = equal(bytes, ' ') & ~tops;
            high |= Long.compress(tops, TOPS) << shift;
            inside |= Long.compress(tops & ~(all << 1), TOPS) << shift;
            ideographs |= Long.compress(tops & between(bytes, IDEOGRAPHS_FIRST, IDEOGRAPHS_LAST), TOPS) << shift;
            mixed[LETTERS] |= Long.compress(letters(bytes) & ~tops, TOPS) << shift;
            mixed[NUMBERS] |= Long.compress(between(bytes, '0', '9') & ~tops, TOPS) << shift;
            mixed[SPACES] |= Long.compress(blank | (between(bytes, '\t', '\r') & ~tops), TOPS) << shift;
            mixed[LINE_ENDS] |= Long.compress((equal(bytes, '\n') | equal(bytes, '\r')) & ~tops, TOPS) << shift;
            mixed[BLANKS] |= Long.compress(blank, TOPS) << shift;
            mixed[QUOTES] |= Long.compress(equal(bytes, '\'') & ~tops, TOPS) << shift;
        }
        long starts = ~inside & (-1L >>> (BITS - (to - from)));
        mixed[LETTERS] |= ideographs;
        other(text, from, starts & high & ~ideographs);
        append(starts);
        return starts;
    }

    /// Classifies characters one by one.
    private void other(byte[] text, int from, long starts) {
        for (long rest = starts; rest != 0; rest &= rest - 1) {
            int bit = Long.numberOfTrailingZeros(rest);
            long classes = CharClasses.ofUtf8(text, from + bit);
            mixed[LETTERS] |= ((classes & CharClasses.LETTER) / CharClasses.LETTER) << bit;
            mixed[NUMBERS] |= ((classes & CharClasses.NUMBER) / CharClasses.NUMBER) << bit;
            mixed[SPACES] |= ((classes & CharClasses.SPACE) / CharClasses.SPACE) << bit;
            mixed[LINE_ENDS] |= ((classes & CharClasses.LINE_END) / CharClasses.LINE_END) << bit;
        }
    }

    /// Appends the classes of the bytes that start a character.
    private void append(long starts) {
        int bit = chars & (BITS - 1);
        int word = at(chars >>> WORD_BITS);
        mixed[SYMBOLS] = ~(mixed[LETTERS] | mixed[NUMBERS] | mixed[SPACES]);
        for (int c = 0; c <= SYMBOLS; c++) {
            append(word + c, bit, Long.compress(mixed[c], starts));
        }
        chars += Long.bitCount(starts);
    }

    private void append(int word, int shift, long bits) {
        planes[word] |= bits << shift;
        planes[word + STRIDE] = (bits >>> 1) >>> (BITS - 1 - shift);
    }
}
