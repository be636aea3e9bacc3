package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharPlanes.BLANKS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.LETTERS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.NUMBERS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.QUOTES;
import static io.kvepp.preprocess.tokenizer.CharPlanes.SPACES;
import static io.kvepp.preprocess.tokenizer.CharPlanes.SYMBOLS;
import static io.kvepp.preprocess.tokenizer.CharPlanes.before;
import static io.kvepp.preprocess.tokenizer.CharPlanes.behind;

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
        for (int word = 0; word < words; word++) {
            int at = CharPlanes.at(word);
            long notBehindBlank = ~before(planes, at + BLANKS);
            long symbols = planes[at + SYMBOLS] & ~before(planes, at + SYMBOLS) & notBehindBlank;
            long letters = planes[at + LETTERS] & ~before(planes, at + LETTERS) & notBehindBlank;
            long numbers = planes[at + NUMBERS] & ~before(planes, at + NUMBERS) & notBehindBlank;
            long lastSpaces = planes[at + SPACES]
                    & (behind(planes, at + LETTERS) | behind(planes, at + NUMBERS) | behind(planes, at + SYMBOLS));
            long spaces = planes[at + SPACES] & ~before(planes, at + SPACES);

            starts[word] = symbols | letters | numbers | lastSpaces | spaces;
            contractions[word] = planes[at + QUOTES] & symbols & behind(planes, at + LETTERS);
        }
    }
}
