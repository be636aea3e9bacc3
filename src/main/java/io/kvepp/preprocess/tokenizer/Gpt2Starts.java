package io.kvepp.preprocess.tokenizer;

/// The starts of [Gpt2Splitter]'s pieces.
///
/// Immutable, thread-safe.
final class Gpt2Starts implements StartRules {
    /*
     * Letters, numbers, spaces and the rest form runs. A piece starts with each run; a run of spaces leaves its last
     * character to what follows, which takes it along if it is a blank.
     */
    @Override
    public int contraction(byte[] text, int at, int end) {
        return Contractions.length(text, at, end);
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
        long blanksBefore = 0;
        for (int word = 0; word < words; word++) {
            int at = word * CharPlanes.STRIDE;
            long letters = planes[at + CharPlanes.LETTERS];
            long numbers = planes[at + CharPlanes.NUMBERS];
            long spaces = planes[at + CharPlanes.SPACES];
            long blanks = planes[at + CharPlanes.BLANKS];
            long valid = -1L >>> Math.max(0, ((word + 1) << 6) - chars);
            long symbols = valid & ~(letters | numbers | spaces);
            boolean more = ((word + 1) << 6) < chars;
            long nextSpaces = planes[at + CharPlanes.STRIDE + CharPlanes.SPACES];
            long solid = (valid & ~spaces) >>> 1 | (more ? ~nextSpaces << 63 : 0);

            long symbolRuns = symbols & ~(symbols << 1 | symbolsBefore);
            long wordRuns =
                    letters & ~(letters << 1 | lettersBefore) | numbers & ~(numbers << 1 | numbersBefore) | symbolRuns;
            long behindBlank = blanks << 1 | blanksBefore;
            long spaceRuns = spaces & ~(spaces << 1 | spacesBefore);

            starts[word] = wordRuns & ~behindBlank | spaceRuns | spaces & solid;
            contractions[word] = planes[at + CharPlanes.QUOTES]
                    & symbolRuns
                    & ~behindBlank
                    & (letters >>> 1 | planes[at + CharPlanes.STRIDE + CharPlanes.LETTERS] << 63);

            lettersBefore = letters >>> 63;
            numbersBefore = numbers >>> 63;
            symbolsBefore = symbols >>> 63;
            spacesBefore = spaces >>> 63;
            blanksBefore = blanks >>> 63;
        }
    }
}
