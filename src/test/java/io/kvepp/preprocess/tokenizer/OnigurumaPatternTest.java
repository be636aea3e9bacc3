package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnigurumaPatternTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a{1,3}+",
                "(?i)a",
                "^a",
                "a$",
                "\\bword",
                "\\h",
                "(?<=a)b",
                "(?<!a)b",
                "(a)\\1",
                "[[:alpha:]]",
                "[a[b]]",
                "[a&&b]",
                "[]a]",
                "[a",
                "(a",
                "a)",
                "(a)+",
                "(?:ab)*",
                "(a){2,}",
                "a**",
                "a{,3}",
                "a{3,1}",
                "(?i:i)",
                "(?i:ss)",
                "(?i:\u00E9)",
                "(?i:s(?:t))",
                "(?i:[s]t)",
                "(?i:s{1}t)",
                "(?i:[a-z])",
                "(?i:[^a])",
                "(?i:\\p{L})",
                "\\p{^L}",
                "\\pL",
                "\\p{Foo}",
                "\\Z",
                "\\x80",
                "\\",
                "[\\w]",
                "[a-\\d]",
                "(?=a)*",
                "(?<n>a)",
                "*a",
                "{",
                "a]"
            })
    void refusesWhatMayMeanSomethingElseInJava(String pattern) {
        assertThatThrownBy(() -> OnigurumaPattern.compile("field", pattern))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessageStartingWith("field: " + pattern + " at ")
                .hasMessageContaining("(expected: ");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "(?i:'s), '\u017F, true",
                "(?i:[sk]), \u212A, true",
                "\\w, \u00B2, true",
                "\\w, \u200D, false",
                "\\W, \u200D, true",
                "\\W, \u00BC, false",
                "\\d, \u0663, true",
                "\\d, \u00B2, false",
                "\\D+, ab, true",
                "\\s, \u0085, true",
                "\\s, \u180E, false",
                "., \u2028, true",
                "\\u00e9\\x{1F600}, \u00E9\uD83D\uDE00, true",
                "\\p{Han}+, \u4E16\u754C, true",
                "\\P{Han}, \u4E16, false",
                "[a\\-\\]#&], ], true",
                "a{2}b{1;}, aabbb, true",
                "(?>a+?)(b)?, ab, true"
            })
    void matchesAsOnigurumaDoes(String pattern, String text, boolean matches) throws Exception {
        String source = pattern.replace(';', ',');
        assertThat(OnigurumaPattern.compile("field", source).matcher(text).matches())
                .isEqualTo(matches);
    }

    @Test
    void aDotMatchesEverythingButALineFeed() throws Exception {
        assertThat(OnigurumaPattern.compile("field", ".").matcher("\r").matches())
                .isTrue();
        assertThat(OnigurumaPattern.compile("field", ".").matcher("\n").matches())
                .isFalse();
    }
}
