package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KnownSplittersTest {
    private static final int TEXTS = 4000;

    static Stream<Arguments> splitters() {
        return Stream.of(
                Arguments.of(Gpt2Splitter.PATTERN, new Gpt2Splitter()),
                Arguments.of(Cl100kSplitter.pattern("\\p{N}"), new Cl100kSplitter(1)),
                Arguments.of(Cl100kSplitter.pattern("\\p{N}{1,3}"), new Cl100kSplitter(3)),
                Arguments.of(Cl100kSplitter.pattern("\\p{N}+"), new Cl100kSplitter(Integer.MAX_VALUE)),
                Arguments.of(O200kSplitter.PATTERN, new O200kSplitter()));
    }

    @Test
    void deepSeeksSplitterCutsWhereItsThreePatternsDoOneAfterTheOther() throws Exception {
        List<Splitter> patterns = new ArrayList<>();
        for (String pattern : DeepSeekSplitter.PATTERNS) {
            patterns.add(
                    new RegexSplitter(OnigurumaPattern.compile("pattern", pattern), SplitBehavior.ISOLATED, false));
        }
        assertSamePieces(new DeepSeekSplitter(), new SplitterChain(patterns), 21);
    }

    @Test
    void kimisSplitterCutsWhereItsPatternDoes() {
        Pattern java = Pattern.compile(
                KimiSplitter.PATTERN
                        .replace("{Han}", "{IsHan}")
                        .replace("(?i:", "(?iu:")
                        .replace("'s|'t|'re|'ve|'m|'ll|'d", "'[s\u017F]|'t|'re|'ve|'m|'ll|'d"),
                Pattern.UNICODE_CHARACTER_CLASS);
        assertSamePieces(new KimiSplitter(), new RegexSplitter(java, SplitBehavior.ISOLATED, false), 22);
    }

    private static void assertSamePieces(Splitter splitter, Splitter general, long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < TEXTS; i++) {
            String text = Fixtures.text(random, 12);
            assertThat(pieces(splitter, text)).as(text).isEqualTo(pieces(general, text));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("splitters")
    void cutsWhereThePatternDoes(String pattern, Splitter splitter) throws Exception {
        Splitter general =
                new RegexSplitter(OnigurumaPattern.compile("pattern", pattern), SplitBehavior.ISOLATED, false);
        assertSamePieces(splitter, general, 7);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("splitters")
    void looksAtNothingOutsideTheRange(String pattern, Splitter splitter) {
        Random random = new Random(8);
        for (int i = 0; i < TEXTS; i++) {
            String text = Fixtures.text(random, 8);
            String framed = "a1 \n" + text + " \n1'sa";
            List<String> pieces = new ArrayList<>();
            splitter.split(
                    framed.toCharArray(),
                    4,
                    4 + text.length(),
                    (chars, start, end) -> pieces.add(new String(chars, start, end - start)));
            assertThat(pieces).as(text).isEqualTo(pieces(splitter, text));
        }
    }

    static List<String> pieces(Splitter splitter, String text) {
        List<String> pieces = new ArrayList<>();
        splitter.split(
                text.toCharArray(),
                0,
                text.length(),
                (chars, start, end) -> pieces.add(new String(chars, start, end - start)));
        return pieces;
    }
}
