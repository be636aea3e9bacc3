package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
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

    @ParameterizedTest(name = "{0}")
    @MethodSource("splitters")
    void cutsWhereThePatternDoes(String pattern, Splitter splitter) throws Exception {
        Splitter general =
                new RegexSplitter(OnigurumaPattern.compile("pattern", pattern), SplitBehavior.ISOLATED, false);
        Random random = new Random(7);
        for (int i = 0; i < TEXTS; i++) {
            String text = Fixtures.text(random, 12);
            assertThat(pieces(splitter, text)).as(text).isEqualTo(pieces(general, text));
        }
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
