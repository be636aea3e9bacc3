package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharPlanes.BLANKS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.LETTERS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.LINE_ENDS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.NUMBERS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.QUOTES;
import static io.kvepp.preprocess.tokenizer.CharPlanes.SPACES;
import static io.kvepp.preprocess.tokenizer.CharPlanes.SYMBOLS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.before;
import static io.kvepp.preprocess.tokenizer.CharPlanes.behind;

/// The starts of [Cl100kSplitter]'s pieces.
///
/// Immutable, thread-safe.
final class Cl100kStarts implements StartRules {
    /*
     * Letters, numbers, spaces and the rest ("symbols") form runs. A piece starts
     *
     * - with a run of letters, or with the one character before it that belongs to it: white space other than a line
     *   end, or a symbol with no symbol and no blank before it
     * - with a run of symbols, or with the blank before it
     * - with every number, every third of a run or the first of a run
     * - with white space, but line ends right behind symbols belong to the symbols. Inside a run: behind its last line
     *   end, and with its last character if that is no line end and something follows
     *
     * "Behind the last line end" would need a look back from the end of the run. White space between two line ends is
     * rare, so each such place is looked at alone: does a line end follow the white space behind this line end?
     */
    private static final int TRIPLE = 3;

    private final int digitsMax;

    Cl100kStarts(int digitsMax) {
        this.digitsMax = digitsMax;
    }

    @Override
    public int contraction(byte[] text, int at, int end) {
        return Contractions.lengthIgnoringCase(text, at, end);
    }

    @Override
    public void find(CharPlanes classes, long[] starts, long[] contractions) {
        long[] planes = classes.planes();
        int words = classes.charWords();
        long symbolStartBefore = 0;
        long absorbedBefore = 0;
        int digits = 0;
        for (int word = 0; word < words; word++) {
            int at = CharPlanes.at(word);
            long numbers = planes[at + NUMBERS];
            long lineEnds = planes[at + LINE_ENDS];
            long indents = planes[at + SPACES] & ~lineEnds;
            long spaceBefore = before(planes, at + SPACES);
            long lineEndBefore = before(planes, at + LINE_ENDS);
            long symbolBefore = before(planes, at + SYMBOLS);

            long symbolStarts = planes[at + SYMBOLS] & ~(symbolBefore | before(planes, at + BLANKS));
            long prefixBefore = (spaceBefore & ~lineEndBefore) | (symbolStarts << 1) | symbolStartBefore;
            long letterStarts = planes[at + LETTERS] & ~(before(planes, at + LETTERS) | prefixBefore);
            symbolStartBefore = symbolStarts >>> 63;

            long absorbed = lineEnds & ~(lineEnds + (lineEnds & (symbolBefore | absorbedBefore)));
            long freeSpaceBefore = spaceBefore & ~((absorbed << 1) | absorbedBefore);
            absorbedBefore = absorbed >>> 63;
            long spaceStarts = planes[at + SPACES] & ~absorbed & ~freeSpaceBefore;
            long lastSpaces = indents
                    & (behind(planes, at + LETTERS) | behind(planes, at + NUMBERS) | behind(planes, at + SYMBOLS));
            long behindLineEnd = indents & lineEndBefore & freeSpaceBefore;
            if (behindLineEnd != 0) {
                behindLineEnd = behindLastLineEnd(planes, word, indents, behindLineEnd);
            }

            long numberStarts = digitsMax == 1 ? numbers : numbers & ~before(planes, at + NUMBERS);
            if (digitsMax == TRIPLE) {
                numberStarts = triples(numbers, numberStarts, digits);
                digits = numbers < 0 ? Long.numberOfLeadingZeros(numberStarts) + 1 : 0;
            }
            starts[word] = letterStarts | symbolStarts | numberStarts | spaceStarts | lastSpaces | behindLineEnd;
            contractions[word] = planes[at + QUOTES] & symbolStarts & behind(planes, at + LETTERS);
        }
    }

    /// Every third number of each run. `digits` is how many numbers stand before the word in the
    /// piece that goes on in it.
    private static long triples(long numbers, long runStarts, int digits) {
        long starts = runStarts;
        if (digits > 0 && (numbers & 1) != 0) {
            long inside = -1L >>> (64 - (TRIPLE + 1 - digits));
            if ((numbers & inside) == inside) {
                starts |= 1L << (TRIPLE - digits);
            }
        }
        for (long next = starts; next != 0; starts |= next) {
            next = (((((next << 1) & numbers) << 1) & numbers) << 1) & numbers;
        }
        return starts;
    }

    /// Of white space right behind a line end, what no further line end follows without something
    /// else in between.
    private static long behindLastLineEnd(long[] planes, int word, long indents, long candidates) {
        long starts = candidates;
        for (long rest = candidates; rest != 0; rest &= rest - 1) {
            int bit = Long.numberOfTrailingZeros(rest);
            int end = bit + Long.numberOfTrailingZeros(~(indents >>> bit));
            if (lineEndFollows(planes, word, Math.min(end, Long.SIZE))) {
                starts &= ~(1L << bit);
            }
        }
        return starts;
    }

    /// Whether a line end stands at a bit of a word, or, at the end of the word, behind the white
    /// space that goes on in the next one.
    private static boolean lineEndFollows(long[] planes, int word, int bit) {
        int end = (word << 6) + bit;
        while (bit == Long.SIZE && CharPlanes.is(planes, end, SPACES) && !CharPlanes.is(planes, end, LINE_ENDS)) {
            end++;
        }
        return CharPlanes.is(planes, end, LINE_ENDS);
    }
}
