package io.kvepp.preprocess.tokenizer;

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
        int chars = classes.chars();
        long lettersBefore = 0;
        long numbersBefore = 0;
        long symbolsBefore = 0;
        long spacesBefore = 0;
        long lineEndsBefore = 0;
        long blanksBefore = 0;
        long aloneBefore = 0;
        long absorbedBefore = 0;
        int digits = 0;
        for (int word = 0; word < words; word++) {
            int at = word * CharPlanes.STRIDE;
            long letters = planes[at + CharPlanes.LETTERS];
            long numbers = planes[at + CharPlanes.NUMBERS];
            long spaces = planes[at + CharPlanes.SPACES];
            long lineEnds = planes[at + CharPlanes.LINE_ENDS];
            long blanks = planes[at + CharPlanes.BLANKS];
            long valid = -1L >>> Math.max(0, ((word + 1) << 6) - chars);
            long symbols = valid & ~(letters | numbers | spaces);
            long indents = spaces & ~lineEnds;
            long nextSpaces = planes[at + CharPlanes.STRIDE + CharPlanes.SPACES];
            long nextLetters = planes[at + CharPlanes.STRIDE + CharPlanes.LETTERS];
            boolean more = ((word + 1) << 6) < chars;
            long solid = (valid & ~spaces) >>> 1 | (more ? ~nextSpaces << 63 : 0);

            long behindBlank = blanks << 1 | blanksBefore;
            long symbolStarts = symbols & ~(symbols << 1 | symbolsBefore) & ~behindBlank;
            long alone = symbolStarts;
            long letterStarts = letters
                    & ~(letters << 1 | lettersBefore)
                    & ~(indents << 1 | spacesBefore & ~lineEndsBefore)
                    & ~(alone << 1 | aloneBefore);

            long absorbedStarts = lineEnds & (symbols << 1 | symbolsBefore | absorbedBefore);
            long absorbed = lineEnds & ~(lineEnds + absorbedStarts);
            long free = spaces & ~absorbed;
            long spaceStarts = free & ~(free << 1 | spacesBefore & ~absorbedBefore);
            long lastSpaces = indents & solid;
            long behindLineEnd = indents & ((lineEnds & ~absorbed) << 1 | lineEndsBefore & ~absorbedBefore);
            if (behindLineEnd != 0) {
                behindLineEnd = behindLastLineEnd(planes, word, chars, indents, behindLineEnd);
            }

            long numberStarts = numbers & ~(numbers << 1 | numbersBefore);
            if (digitsMax == 1) {
                numberStarts = numbers;
            } else if (digitsMax == 3) {
                numberStarts = triples(numbers, numberStarts, digits);
                digits = numbers < 0 ? 63 - (63 - Long.numberOfLeadingZeros(numberStarts)) + 1 : 0;
            }

            starts[word] = letterStarts | symbolStarts | numberStarts | spaceStarts | lastSpaces | behindLineEnd;
            contractions[word] = planes[at + CharPlanes.QUOTES] & symbolStarts & (letters >>> 1 | nextLetters << 63);

            lettersBefore = letters >>> 63;
            numbersBefore = numbers >>> 63;
            symbolsBefore = symbols >>> 63;
            spacesBefore = spaces >>> 63;
            lineEndsBefore = lineEnds >>> 63;
            blanksBefore = blanks >>> 63;
            aloneBefore = alone >>> 63;
            absorbedBefore = absorbed >>> 63;
        }
    }

    /// Every third number of each run. `digits` is how many numbers stand before the word in the
    /// piece that goes on in it.
    private static long triples(long numbers, long runStarts, int digits) {
        long starts = runStarts;
        if (digits > 0 && (numbers & 1) != 0) {
            long inside = -1L >>> (64 - (4 - digits));
            if ((numbers & inside) == inside) {
                starts |= 1L << (3 - digits);
            }
        }
        for (long next = starts; next != 0; starts |= next) {
            next = (((next << 1 & numbers) << 1 & numbers) << 1) & numbers;
        }
        return starts;
    }

    /// Of white space right behind a line end, what no further line end follows without something
    /// else in between.
    private static long behindLastLineEnd(long[] planes, int word, int chars, long indents, long candidates) {
        long starts = candidates;
        for (long rest = candidates; rest != 0; rest &= rest - 1) {
            int bit = Long.numberOfTrailingZeros(rest);
            if (lineEndFollows(planes, word, chars, indents, bit)) {
                starts &= ~(1L << bit);
            }
        }
        return starts;
    }

    private static boolean lineEndFollows(long[] planes, int word, int chars, long indents, int bit) {
        int run = Long.numberOfTrailingZeros(~(indents >>> bit));
        int end = (word << 6) + bit + run;
        while (run + bit == 64 && end < chars) {
            int at = (end >>> 6) * CharPlanes.STRIDE;
            long more = planes[at + CharPlanes.SPACES] & ~planes[at + CharPlanes.LINE_ENDS];
            int count = Long.numberOfTrailingZeros(~more);
            end += count;
            if (count < 64) {
                break;
            }
        }
        return end < chars && (planes[(end >>> 6) * CharPlanes.STRIDE + CharPlanes.LINE_ENDS] >>> (end & 63) & 1) != 0;
    }
}
